import type { IncomingMessage, RequestListener } from 'node:http';
import type Koa from 'koa';
import type { Context, Middleware } from 'koa';
import { within } from '../trace.ts';
import { type State, stateOf } from './context.ts';
import { hasValidHost } from './host.ts';
import { identifyRequest, logRequest, REQUEST_ID } from './request-log.ts';
import type { RouteContext } from './route-context.ts';
import { setDataHeaders, setSecureHeaders } from './security.ts';

/**
 * A route that is taken before the layers. `path` has one group in brackets, what `handle` is given; `pattern` is the route's name in metrics.
 * `handle` answers whole: it checks the origin and who asks by itself, and sets a body of text or JSON, unless it keeps the connection.
 */
export type FastRoute = {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly pattern: string;
  /** An HTML document and text or JSON get their headers before `handle`; a stream of events, which sends its head by itself, gets none. */
  readonly kind: 'document' | 'data' | 'stream';
  /** Other requests to the same path go through the layers. */
  readonly isFor?: (ctx: Context) => boolean;
  readonly handle: (web: RouteContext, ctx: Context, captured: string) => Promise<void>;
};

/** Why a hot route refused a request, and which it was. */
type Refusal = { readonly error: unknown; readonly route: FastRoute; readonly state: State };
export type Refusals = WeakMap<IncomingMessage, Refusal>;

/**
 * Takes the requests that come by the thousand before the layers that all others pass: each layer costs, and what they keep of a stream's
 * request they would keep for hours. What a hot route refuses goes through them after all, where `throwRefusals` throws the reason: so it is said
 * as every error is.
 */
export function fastPath(app: Koa, web: RouteContext, routes: readonly FastRoute[], refusals: Refusals): RequestListener {
  const others = app.callback();
  return (request, response) => {
    const found = hasValidHost(request) ? find(routes, request) : undefined; // the layers refuse it
    const ctx = found && app.createContext(request, response);
    if (!ctx || found.route.isFor?.(ctx) === false) return void others(request, response);
    take(web, ctx, found).catch((error: unknown) => {
      refusals.set(request, { error, route: found.route, state: stateOf(ctx) });
      void others(request, response);
    });
  };
}

type Found = { readonly route: FastRoute; readonly captured: string };

function find(routes: readonly FastRoute[], { method, url = '' }: IncomingMessage): Found | undefined {
  for (const route of routes) {
    const captured = method === route.method ? route.path.exec(url)?.[1] : undefined;
    if (captured !== undefined) return { route, captured };
  }
  return undefined;
}

async function take(web: RouteContext, ctx: Context, { route, captured }: Found): Promise<void> {
  const startedAt = performance.now();
  const { core } = web;
  const line = identifyRequest(ctx, core);
  if (route.kind !== 'stream') ctx.res.setHeader(REQUEST_ID, line.request);
  if (route.kind === 'document') setSecureHeaders(ctx);
  if (route.kind === 'data') setDataHeaders(ctx);
  await within(line.trace, () => route.handle(web, ctx, captured));
  if (ctx.respond !== false) send(web, ctx);
  const status = `${Math.floor(ctx.res.statusCode / 100)}xx`;
  core.meters.requested({ method: route.method, route: route.pattern, status }, (performance.now() - startedAt) / 1000);
  // Now, not when the answer is out: a stream's request would have to be kept until then.
  logRequest(core, { ...line, path: route.pattern, user: stateOf(ctx).viewer?.user.id, status: ctx.res.statusCode, startedAt });
}

function send({ hub }: RouteContext, ctx: Context): void {
  if (hub.isClosing) ctx.res.setHeader('Connection', 'close'); // as the layers do: the client should make its next one elsewhere
  const body = typeof ctx.body === 'string' ? ctx.body : ctx.body === undefined ? '' : JSON.stringify(ctx.body);
  if (ctx.res.statusCode !== 204 && !ctx.res.hasHeader('Content-Length')) ctx.res.setHeader('Content-Length', Buffer.byteLength(body));
  ctx.res.end(body);
}

/** The layer that says what a hot route refused. What that had read of the request is not read again. */
export const throwRefusals =
  (refusals: Refusals): Middleware =>
  (ctx, next) => {
    const refusal = refusals.get(ctx.req);
    if (!refusal) return next();
    Object.assign(ctx, { _matchedRoute: refusal.route.pattern }); // for the metrics, as the router does
    Object.assign(ctx.state, { viewer: refusal.state.viewer, fields: refusal.state.fields });
    throw refusal.error;
  };
