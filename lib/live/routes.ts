import type { Context } from 'koa';
import { z } from 'zod';
import { notFound } from '../errors.ts';
import { moveMark } from '../groups/membership.ts';
import { groupAccess, openGroup } from '../groups/operations.ts';
import { type GroupAccess, mayRead } from '../groups/rules.ts';
import { stateOf } from '../http/context.ts';
import type { FastRoute } from '../http/fast-path.ts';
import { wholeNumber } from '../http/fields.ts';
import { languageFor } from '../http/format.ts';
import { lookOf } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { checkOrigin } from '../http/security.ts';
import { currentLanguage, setLanguage } from '../language/current.ts';
import { type Line, type Page, readPage } from '../log/history.ts';
import { presentLines } from '../messages/presenter.ts';
import { dateFields } from '../messages/system-message.ts';
import { unreadFromSeq } from '../messages/unread.ts';
import { openAllGroups } from './all-groups/routes.ts';
import { formatIn, frameFor } from './formats.ts';
import { SSE_COMMENT } from './frame.ts';
import { filterIn, filterQuery, lastEventId, queryOf, requireViewer, respondToHead, startStream, typeOf } from './open-stream.ts';
import { MAX_SEQ, POSITION, parsePosition } from './position.ts';

export const streamQuery = z.object({
  after: z
    .union([z.int().min(0).max(MAX_SEQ), z.string().regex(POSITION)], 'must be the id of an event, or a seq')
    .transform((given) => parsePosition(String(given)))
    .optional()
    .describe('The id of an event, or a seq. Sends all later entries first.'),
  as: z
    .enum(['html', 'json', 'text'], 'must be html, json or text')
    .optional()
    .describe('Default: json with a token, html with a session.'),
  ...filterQuery,
});
const frameQuery = z.object({ unread: wholeNumber('The seq before which the "new messages" line is shown.').optional() });
const FRAME_MESSAGES = 50;

const HTML = 'text/html; charset=utf-8';

/** The streams as Koa routes: for HEAD, and for paths that the fast path does not match. */
export function liveRoutes(deps: RouteContext): Router {
  const router = new Router();
  for (const [kind, open] of Object.entries(STREAMS)) router.get(`/groups/:slug/${kind}`, (ctx) => open(deps, ctx, ctx.params.slug ?? ''));
  router.get('/events', (ctx) => openAllGroups(deps, ctx));
  return router;
}

/** `GET /groups/:slug/events`: a group's new entries, or those after a cursor. Errors: `unauthenticated`, `notFound`, `malformed`, `forbidden`, `tooMany`. */
async function openEvents(deps: RouteContext, ctx: Context, slug: string): Promise<void> {
  const { core, hub } = deps;
  checkOrigin(ctx, core.config);
  const stamp = core.lookupCache.stamp();
  const viewer = await requireViewer(ctx, deps, core.lookupCache); // checked again by `authorise`
  const at = await openGroup(core, viewer.user, slug, core.lookupCache);
  const query = queryOf(ctx, streamQuery);
  const last = lastEventId(ctx, (text) => parsePosition(text) !== undefined);
  const asked = query.as ?? (viewer.via === 'token' ? 'json' : 'html');
  const type = typeOf(asked);
  const format = asked === 'html' ? formatIn('html', languageFor(ctx, viewer.user)) : asked;
  if (ctx.method === 'HEAD') return respondToHead(ctx, type);
  await hub.open({
    group: at.group,
    listener: { user: viewer.user.id, ref: viewer.ref, until: viewer.until, format, filter: filterIn(query) },
    after: last === undefined ? query.after : parsePosition(last),
    response: ctx.res,
    authorise: () => checkStillAllowed(ctx, deps, at, stamp),
    start: (response, isChunked) =>
      startStream(ctx, response, { type, isChunked, first: format === 'text' ? '' : SSE_COMMENT, config: core.config }),
  });
}

/** `GET /groups/:slug/live`: the newest messages and all that follow, as a streamed HTML document. Errors: as openEvents. */
async function openFrame(deps: RouteContext, ctx: Context, slug: string): Promise<void> {
  const { core, hub } = deps;
  checkOrigin(ctx, core.config);
  const stamp = core.lookupCache.stamp();
  const viewer = await requireViewer(ctx, deps, core.lookupCache.fresh());
  const at = await openGroup(core, viewer.user, slug, core.lookupCache.fresh());
  if (ctx.method === 'HEAD') return respondToHead(ctx, HTML);
  const { unread } = queryOf(ctx, frameQuery);
  const page = await readPage(core, at.group.id, { limit: FRAME_MESSAGES });
  setLanguage(languageFor(ctx, viewer.user));
  const html = await frameStart(ctx, deps, at, page, unread);
  noteRead(deps, at, page.head.n);
  await hub.open({
    group: at.group,
    listener: { user: viewer.user.id, ref: viewer.ref, until: viewer.until, format: frameFor(lookOf(at.user), currentLanguage()) },
    after: { seq: page.head.seq },
    response: ctx.res,
    authorise: () => checkStillAllowed(ctx, deps, at, stamp),
    start: (response) => startStream(ctx, response, { type: HTML, isChunked: false, first: html, config: core.config }),
  });
}

/** The handlers, by the last segment of their path. */
const STREAMS = { events: openEvents, live: openFrame } as const;

/** The streams as fast-path routes. */
export const fastStreams: readonly FastRoute[] = [
  ...Object.entries(STREAMS).map(([name, handle]) => ({
    method: 'GET' as const,
    path: new RegExp(`^/groups/([^/?#%]+)/${name}(?:\\?|$)`),
    pattern: `/groups/:slug/${name}`,
    kind: name === 'live' ? ('document' as const) : ('stream' as const),
    handle,
  })),
  { method: 'GET', path: /^\/(events)(?:\?|$)/, pattern: '/events', kind: 'stream', handle: openAllGroups },
];

/** Checks identity and membership again, now that a revocation would find the stream. */
async function checkStillAllowed(ctx: Context, deps: RouteContext, at: GroupAccess, stamp: number): Promise<void> {
  const { lookupCache } = deps.core;
  if (await lookupCache.isCurrent(stamp)) return;
  const lookups = lookupCache.fresh();
  const viewer = await requireViewer(ctx, deps, lookups);
  if (!mayRead(await groupAccess(deps.core, viewer.user, at.group, lookups))) throw notFound();
}

async function frameStart(
  ctx: Context,
  { core, views }: RouteContext,
  at: GroupAccess,
  { lines, previous }: Page,
  unread: number | undefined,
): Promise<string> {
  const rows = await presentLines(core, lines, at.group, previous);
  const { nonce } = stateOf(ctx);
  const locals = { viewer: { id: at.user.id }, nonce, group: at.group, look: lookOf(at.user) };
  return (
    views.render('messages/frame.njk', locals) +
    views.render('messages/_rows.njk', { rows, unread: lineAt(lines, unread), look: locals.look })
  );
}

function lineAt(lines: readonly Line[], seq: number | undefined) {
  const unread = seq === undefined ? undefined : unreadFromSeq(lines, seq);
  return unread ? { seq: unread.seq, ...dateFields(unread.at) } : null;
}

/** Moves the read mark, since a page without JavaScript cannot. The response does not wait for it. */
function noteRead({ core }: RouteContext, at: GroupAccess, n: number): void {
  moveMark(core, at.group.id, at.user.id, n).catch((error) => core.logger.debug({ err: error }, 'moving the read mark failed'));
}
