import { readFile } from 'node:fs/promises';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Context } from 'koa';
import { accessTokenOf, accessViewer } from '../accounts/oauth/access.ts';
import { challengeOf } from '../accounts/oauth/endpoints.ts';
import { unauthenticated } from '../errors.ts';
import { readRaw } from '../http/body.ts';
import { siteUrlOf, stateOf, type Viewer } from '../http/context.ts';
import { authenticate } from '../http/identity.ts';
import type { RouteContext } from '../http/route-context.ts';
import { checkOrigin } from '../http/security.ts';
import { SSE_COMMENT } from '../live/frame.ts';
import { startStream } from '../live/open-stream.ts';
import { setActor } from '../request-scope.ts';
import type { Lookups } from '../store/lookup-cache.ts';
import { type Caller, groupOf } from './caller.ts';
import { type Incoming, listenFilterOf, parseIncoming, refusal, toolIn, withUris } from './incoming.ts';
import { createServer } from './server.ts';
import { changedUris, Notifier, type Subscription, subscriptionOf } from './subscriptions.ts';

const EVENTS = 'text/event-stream';
/** The headers of a request that the protocol reads; the token stays here. */
const READ = /^(?:accept|content-type|mcp-.*)$/;

/** What handles the requests of the protocol. `version`: of Parley, which clients are told. */
type Parts = RouteContext & { readonly version: string };

/** Reads what is the same for all requests. Resolves to the function that handles one. */
export async function openHandler(deps: RouteContext): Promise<(ctx: Context) => Promise<void>> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return (ctx) => handleMcp(ctx, { ...deps, version });
}

/**
 * Handles one request of the protocol: checks its origin and its token, as the API does, and lets the library answer it.
 * Errors: `forbidden` (origin), `unauthenticated`, `tooLarge`, `tooMany` (streams).
 */
async function handleMcp(ctx: Context, deps: Parts): Promise<void> {
  const { core } = deps;
  checkOrigin(ctx, core.config);
  stateOf(ctx).challenge = challengeOf(ctx, core.config, ctx.get('Authorization') !== '');
  const viewer = await bearerOf(ctx, deps, core.lookupCache.fresh());
  const incoming = ctx.method === 'POST' ? parseIncoming(await readRaw(ctx.req)) : undefined;
  const refused = refusal(incoming);
  if (refused) return reply(ctx, refused);
  stateOf(ctx).mcp = { tool: toolIn(incoming) };
  const caller: Caller = { core, user: viewer.user, ref: viewer.ref, request: stateOf(ctx).requestId };
  const filter = listenFilterOf(incoming);
  if (incoming && filter) await openSubscription(ctx, deps, { caller, viewer, incoming, filter });
  else await reply(ctx, await answer(ctx, caller, deps.version, incoming));
}

/** The owner of the token: an API token, or an access token of a connected program. A browser's session does not count. Errors: `unauthenticated`. */
async function bearerOf(ctx: Context, { core }: RouteContext, lookups: Lookups): Promise<Viewer> {
  const access = accessTokenOf(ctx);
  if (access) return admit(ctx, await accessViewer(ctx, core, access));
  const viewer = ctx.get('Authorization') === '' ? undefined : await authenticate(ctx, core, lookups);
  if (!viewer) throw unauthenticated('Send the header Authorization: Bearer with an API token or an OAuth access token.');
  return admit(ctx, viewer);
}

function admit(ctx: Context, viewer: Viewer): Viewer {
  stateOf(ctx).viewer = viewer;
  setActor({ user: viewer.user.id, via: 'token' });
  return viewer;
}

/** What the library answers. Why it refuses a request may quote the body, so only what it failed at is logged. */
async function answer(ctx: Context, caller: Caller, version: string, incoming: Incoming | undefined, bus?: Notifier): Promise<Response> {
  let failure: Error | undefined;
  const handler = createMcpHandler(({ era }) => createServer(caller, version, era === 'modern'), {
    onerror: (error) => {
      failure = error;
    },
    keepAliveMs: 0, // the hub has heartbeats of its own
    ...(bus ? { bus } : {}),
  });
  const headers = Object.entries(ctx.req.headers).flatMap(([name, value]): [string, string][] =>
    READ.test(name) && typeof value === 'string' ? [[name, value]] : [],
  );
  const request = new Request(`${siteUrlOf(ctx, { publicUrl: undefined })}/mcp`, {
    ...{ method: ctx.method, headers },
    ...(incoming ? { body: incoming.text } : {}),
  });
  const response = await handler.fetch(request, incoming?.message === undefined ? {} : { parsedBody: incoming.message });
  if (response.status >= 500) caller.core.logger.error({ err: failure, request: caller.request }, 'unexpected error');
  return response;
}

/** Sends a complete response. */
async function reply(ctx: Context, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  ctx.status = response.status;
  for (const [name, value] of response.headers) if (/^(?:content-type|allow|mcp-.*)$/.test(name)) ctx.set(name, value);
  ctx.body = body.length === 0 ? null : body;
  ctx.status = response.status; // Koa makes 204 of a response without a body
}

type Listening = {
  readonly caller: Caller;
  readonly viewer: Viewer;
  readonly incoming: Incoming;
  readonly filter: { readonly uris: readonly unknown[]; readonly isOfGroups: boolean };
};

/** Opens a stream of notifications: ended by revocations, limited in number and kept alive as the other streams. */
async function openSubscription(ctx: Context, deps: Parts, { caller, viewer, incoming, filter }: Listening): Promise<void> {
  const { core, hub } = deps;
  const subscription = await subscriptionOf(caller, filter.uris);
  const bus = new Notifier();
  const response = await answer(ctx, caller, deps.version, withUris(incoming, subscription.uris), bus);
  const { body } = response;
  if (!body || !response.headers.get('content-type')?.startsWith(EVENTS)) return reply(ctx, response);
  await hub.openChanges({
    listener: { user: viewer.user.id, ref: viewer.ref, until: viewer.until, format: 'changes' },
    response: ctx.res,
    authorise: () => checkStillAllowed(ctx, deps, caller, subscription),
    start: (res, isChunked) => startStream(ctx, res, { type: EVENTS, isChunked, first: SSE_COMMENT, config: core.config }),
    changes: {
      groups: [...subscription.groups.values()].map(({ at }) => at.group),
      onEntries: (group, entries) => {
        for (const uri of changedUris(subscription, group, entries)) bus.publish({ kind: 'resource_updated', uri });
      },
      onGroups: filter.isOfGroups ? () => bus.publish({ kind: 'resources_list_changed' }) : undefined,
      source: body,
    },
  });
}

/** Checks token and memberships again, now that a revocation would find the stream. Errors: `unauthenticated`, `notFound`. */
async function checkStillAllowed(ctx: Context, deps: RouteContext, caller: Caller, { groups }: Subscription): Promise<void> {
  await bearerOf(ctx, deps, deps.core.lookupCache.fresh());
  for (const { at } of groups.values()) await groupOf(caller, at.group.slug);
}
