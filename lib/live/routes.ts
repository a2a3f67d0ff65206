import type { ServerResponse } from 'node:http';
import { parse as parseQueryString } from 'node:querystring';
import type { Context } from 'koa';
import { z } from 'zod';
import { notFound, unauthenticated } from '../errors.ts';
import { openGroup, standing } from '../groups/operations.ts';
import { roster } from '../groups/roster.ts';
import { mayManage, mayRead, type Standing } from '../groups/rules.ts';
import { stateOf, type Viewer } from '../http/context.ts';
import type { HotRoute } from '../http/door.ts';
import { whoAsks } from '../http/identity.ts';
import { check } from '../http/input.ts';
import { Router } from '../http/router.ts';
import { checkOrigin } from '../http/security.ts';
import type { Web } from '../http/web.ts';
import { readPage } from '../messages/history.ts';
import { presentLines } from '../messages/presenter.ts';
import type { Lookups } from '../store/recent.ts';
import type { StreamFormat } from './batch.ts';
import { SSE_COMMENT } from './frame.ts';

const cursor = z.coerce.number('must be a number').int('must be a whole number').min(0).max(9_999_999_999);
const streamQuery = z.object({ after: cursor.optional(), as: z.enum(['html', 'json', 'text'], 'must be html, json or text').optional() });
const FRAME_MESSAGES = 50;

const HTML = 'text/html; charset=utf-8';

/** The endless answers as routes: for HEAD, and for paths that the hot routes do not know. */
export function liveRoutes(web: Web): Router {
  const router = new Router();
  for (const [kind, open] of Object.entries(STREAMS)) router.get(`/groups/:slug/${kind}`, (ctx) => open(web, ctx, ctx.params.slug ?? ''));
  return router;
}

/** `GET /groups/:slug/events`: what happens in a group from now on, or after a cursor, for pages, programs or shells. Errors: `unauthenticated`, `notFound`, `malformed`, `forbidden`, `tooMany`. */
async function openEvents(web: Web, ctx: Context, slug: string): Promise<void> {
  const { core, hub } = web;
  checkOrigin(ctx, core.config);
  const stamp = core.recent.stamp();
  const viewer = await requireViewer(ctx, web, core.recent); // asked again by `authorise`
  const at = await openGroup(core, viewer.user, slug, core.recent);
  const query = queryOf(ctx);
  const format: StreamFormat = query.as ?? (viewer.via === 'token' ? 'json' : 'html');
  const type = format === 'text' ? 'text/plain; charset=utf-8' : 'text/event-stream; charset=utf-8';
  if (ctx.method === 'HEAD') return answerHead(ctx, type);
  await hub.open({
    group: at.group,
    listener: { user: viewer.user.id, ref: viewer.ref, format },
    after: lastEventId(ctx) ?? query.after,
    response: ctx.res,
    authorise: () => checkStillAllowed(ctx, web, at, stamp),
    start: (response) => startStream(ctx, response, type, format === 'text' ? '' : SSE_COMMENT),
  });
}

/** `GET /groups/:slug/live`: the newest messages and what follows, as an HTML document that never ends. Errors: as above. */
async function openFrame(web: Web, ctx: Context, slug: string): Promise<void> {
  const { core, hub } = web;
  checkOrigin(ctx, core.config);
  const stamp = core.recent.stamp();
  const viewer = await requireViewer(ctx, web, core.recent.fresh());
  const at = await openGroup(core, viewer.user, slug, core.recent.fresh());
  if (ctx.method === 'HEAD') return answerHead(ctx, HTML);
  const page = await readPage(core, at.group.id, { limit: FRAME_MESSAGES });
  const html = await frameStart(ctx, web, at, page.lines);
  await hub.open({
    group: at.group,
    listener: { user: viewer.user.id, ref: viewer.ref, format: 'frame' },
    after: page.head.seq,
    response: ctx.res,
    authorise: () => checkStillAllowed(ctx, web, at, stamp),
    start: (response) => startStream(ctx, response, HTML, html),
  });
}

/** By the last part of their path. */
const STREAMS = { events: openEvents, live: openFrame } as const;

/** The same, taken before all layers. */
export const hotStreams: readonly HotRoute[] = Object.entries(STREAMS).map(([kind, handle]) => ({
  method: 'GET',
  path: new RegExp(`^/groups/([^/?#%]+)/${kind}(?:\\?|$)`),
  pattern: `/groups/:slug/${kind}`,
  handle,
}));

async function requireViewer(ctx: Context, { core }: Web, look: Lookups): Promise<Viewer> {
  const viewer = await whoAsks(ctx, core, look);
  if (!viewer) throw unauthenticated();
  stateOf(ctx).viewer = viewer;
  return viewer;
}

/** Everything again, once a revocation would find the stream. */
async function checkStillAllowed(ctx: Context, web: Web, at: Standing, stamp: number): Promise<void> {
  const { recent } = web.core;
  if (await recent.stillStands(stamp)) return;
  const look = recent.fresh();
  const viewer = await requireViewer(ctx, web, look);
  if (!mayRead(await standing(web.core, viewer.user, at.group, look))) throw notFound();
}

/** Not `ctx.query`: what that parses is kept with the request, which is kept as long as the stream. Errors: `malformed`. */
function queryOf({ req: { url = '' } }: Context): z.infer<typeof streamQuery> {
  const start = url.indexOf('?');
  return check(streamQuery, { ...parseQueryString(start === -1 ? '' : url.slice(start + 1)) });
}

/** Undefined when the header is absent or not one of ours. */
function lastEventId(ctx: Context): number | undefined {
  const given = ctx.get('Last-Event-ID');
  return /^\d{1,10}$/.test(given) ? Number(given) : undefined;
}

/** What a stream would be. It has no body, and so would never end. */
function answerHead(ctx: Context, type: string): void {
  ctx.status = 200;
  ctx.set({ ...Object.fromEntries(SAME_HEADERS), 'Content-Type': type });
}

const SAME_HEADERS = Object.entries({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no', Vary: 'Accept, Cookie' });

/**
 * Without chunks or a length the end of the connection is the end of the answer (RFC 9112, section 6.3). For a live document that is how the refresh
 * in its head runs, however the server died; for every stream it is what lets one Buffer go to a thousand sockets as it is.
 */
function startStream(ctx: Context, response: ServerResponse, type: string, first: string): void {
  ctx.respond = false; // the hub writes to the socket from now on
  response.statusCode = 200;
  response.removeHeader('Transfer-Encoding');
  response.shouldKeepAlive = false; // nothing follows a stream: its end lets go of the connection at once
  response.setHeader('Content-Type', type);
  for (const [name, value] of SAME_HEADERS) response.setHeader(name, value);
  if (first === '') response.socket?.setKeepAlive(true, 15_000); // text has no heartbeat
  if (first === '') response.flushHeaders();
  else response.write(first);
}

async function frameStart(ctx: Context, { core, views }: Web, at: Standing, lines: Parameters<typeof presentLines>[1]): Promise<string> {
  const [rows, members] = await Promise.all([presentLines(core, lines, at.group), roster(core, at.group.id)]);
  const { nonce } = stateOf(ctx);
  const locals = { viewer: { id: at.user.id }, moderator: mayManage(at), nonce, members, group: at.group, rows };
  return views.render('messages/frame.njk', locals) + views.render('messages/_rows.njk', { rows });
}
