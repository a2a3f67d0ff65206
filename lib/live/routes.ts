import type { Context } from 'koa';
import { z } from 'zod';
import { invalid, notFound } from '../errors.ts';
import { moveMark } from '../groups/membership.ts';
import { groupAccess, openGroup } from '../groups/operations.ts';
import { type GroupAccess, mayManage, mayRead } from '../groups/rules.ts';
import { stateOf } from '../http/context.ts';
import type { FastRoute } from '../http/fast-path.ts';
import { wholeNumber } from '../http/fields.ts';
import { languageFor } from '../http/format.ts';
import { lookOf } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { checkOrigin } from '../http/security.ts';
import { currentLanguage, setLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import { type Line, type Page, readPage } from '../log/history.ts';
import { presentLines } from '../messages/presenter.ts';
import { seqOf } from '../messages/responses.ts';
import { dateFields } from '../messages/system-message.ts';
import { readThreadPage } from '../messages/threads/read-page.ts';
import { rootOf } from '../messages/threads/related.ts';
import { unreadFromSeq } from '../messages/unread.ts';
import { openAllGroups } from './all-groups/routes.ts';
import { SLOTS } from './drafts/frames.ts';
import { filterOf } from './filter.ts';
import { formatIn, frameFor } from './formats.ts';
import { SSE_COMMENT } from './frame.ts';
import {
  draftsQuery,
  filterIn,
  filterQuery,
  lastEventId,
  queryOf,
  requireViewer,
  respondToHead,
  startStream,
  typeOf,
} from './open-stream.ts';
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
  ...draftsQuery,
  thread: wholeNumber('The seq of a message: only messages of its thread, and changes to them.').optional(),
});
/** Of a thread's own stream. */
export const threadStreamQuery = streamQuery.omit({ thread: true });
const frameQuery = z.object({ unread: wholeNumber('The seq before which the "new messages" line is shown.').optional() });
const FRAME_MESSAGES = 50;

const HTML = 'text/html; charset=utf-8';

/** The streams as Koa routes: for HEAD, and for paths that the fast path does not match. */
export function liveRoutes(deps: RouteContext): Router {
  const router = new Router();
  for (const [kind, open] of Object.entries(STREAMS)) {
    router.get(`/groups/:slug/${kind}`, (ctx) => open(deps, ctx, { slug: ctx.params.slug ?? '' }));
    router.get(`/groups/:slug/messages/:seq/thread/${kind}`, (ctx) => open(deps, ctx, { slug: ctx.params.slug ?? '', seq: seqOf(ctx) }));
  }
  router.get('/events', (ctx) => openAllGroups(deps, ctx));
  return router;
}

/** `seq`: of any message of the thread that the stream is of. */
type StreamPath = { readonly slug: string; readonly seq?: number | undefined };

/**
 * `GET /groups/:slug/events` and `…/messages/:seq/thread/events`: new entries of a group or thread, or those after a cursor.
 * Errors: `unauthenticated`, `notFound`, `malformed`, `invalid` (thread), `forbidden`, `tooMany`.
 */
async function openEvents(deps: RouteContext, ctx: Context, { slug, seq }: StreamPath): Promise<void> {
  const { core, hub } = deps;
  checkOrigin(ctx, core.config);
  const stamp = core.lookupCache.stamp();
  const viewer = await requireViewer(ctx, deps, core.lookupCache); // checked again by `authorise`
  const at = await openGroup(core, viewer.user, slug, core.lookupCache);
  const query = queryOf(ctx, streamQuery);
  const thread = await threadIn(deps, at, seq, query.thread);
  const last = lastEventId(ctx, (text) => parsePosition(text) !== undefined);
  const asked = query.as ?? (viewer.via === 'token' ? 'json' : 'html');
  const type = typeOf(asked);
  const format = asked === 'html' ? formatIn('html', languageFor(ctx, viewer.user)) : asked;
  if (ctx.method === 'HEAD') return respondToHead(ctx, type);
  await hub.open({
    group: at.group,
    listener: {
      ...{ user: viewer.user.id, ref: viewer.ref, until: viewer.until, format },
      ...{ filter: filterIn(query, thread), drafts: query.drafts === '1' },
    },
    after: last === undefined ? query.after : parsePosition(last),
    response: ctx.res,
    authorise: () => checkStillAllowed(ctx, deps, at, stamp),
    start: (response, isChunked) =>
      startStream(ctx, response, { type, isChunked, first: format === 'text' ? '' : SSE_COMMENT, config: core.config }),
  });
}

/** The root of the thread that a stream is of, by the seq of any message in it; undefined: of the whole group. Errors: `notFound`, `invalid` (thread). */
async function threadIn({ core }: RouteContext, { group }: GroupAccess, inPath?: number, inQuery?: number): Promise<number | undefined> {
  const seq = inPath ?? inQuery;
  if (seq === undefined) return undefined;
  const message = await core.store.log.message(group.id, seq);
  if (message) return rootOf(message);
  throw inPath === undefined ? invalid('thread', t`There is no message ${seq} in this group.`) : notFound();
}

/** `GET /groups/:slug/live` and `…/messages/:seq/thread/live`: the newest messages and all that follow, as a streamed HTML document. Errors: as openEvents. */
async function openFrame(deps: RouteContext, ctx: Context, { slug, seq }: StreamPath): Promise<void> {
  const { core, hub } = deps;
  checkOrigin(ctx, core.config);
  const stamp = core.lookupCache.stamp();
  const viewer = await requireViewer(ctx, deps, core.lookupCache.fresh());
  const at = await openGroup(core, viewer.user, slug, core.lookupCache.fresh());
  const thread = seq === undefined ? undefined : await readThreadPage(core, at.group.id, seq);
  if (ctx.method === 'HEAD') return respondToHead(ctx, HTML);
  const { unread } = queryOf(ctx, frameQuery);
  const page = thread ?? (await readPage(core, at.group.id, { limit: FRAME_MESSAGES }));
  const root = thread?.root.message.seq;
  setLanguage(languageFor(ctx, viewer.user));
  const html = await frameStart(ctx, deps, at, page, { unread, root });
  if (!thread) noteRead(deps, at, page.head.n);
  const format = frameFor(lookOf(at.user), currentLanguage());
  await hub.open({
    group: at.group,
    listener: { user: viewer.user.id, ref: viewer.ref, until: viewer.until, format, filter: filterOf(undefined, [], root) },
    after: { seq: page.head.seq },
    response: ctx.res,
    authorise: () => checkStillAllowed(ctx, deps, at, stamp),
    start: (response) => startStream(ctx, response, { type: HTML, isChunked: false, first: html, config: core.config }),
  });
}

/** `<slug>`, or `<slug>/messages/<seq>`. */
function streamPath(captured: string): StreamPath {
  const [slug = '', , seq] = captured.split('/');
  return { slug, ...(seq === undefined ? {} : { seq: Number(seq) }) };
}

/** The handlers, by the last segment of their path. */
const STREAMS = { events: openEvents, live: openFrame } as const;

/** The streams as fast-path routes. */
export const fastStreams: readonly FastRoute[] = [
  ...Object.entries(STREAMS).flatMap(([name, open]) => {
    const kind = name === 'live' ? ('document' as const) : ('stream' as const);
    const handle: FastRoute['handle'] = (deps, ctx, path) => open(deps, ctx, streamPath(path));
    return [
      { path: new RegExp(`^/groups/([^/?#%]+)/${name}(?:\\?|$)`), pattern: `/groups/:slug/${name}` },
      {
        path: new RegExp(`^/groups/([^/?#%]+/messages/[1-9]\\d{0,9})/thread/${name}(?:\\?|$)`),
        pattern: `/groups/:slug/messages/:seq/thread/${name}`,
      },
    ].map((route) => ({ ...route, method: 'GET' as const, kind, handle }));
  }),
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
  { lines, previous }: Pick<Page, 'lines' | 'previous'>,
  { unread, root }: { readonly unread: number | undefined; readonly root: number | undefined },
): Promise<string> {
  const rows = await presentLines(core, lines, at.group, previous);
  const { nonce } = stateOf(ctx);
  const reader = { viewer: { id: at.user.id }, moderator: mayManage(at), look: lookOf(at.user) };
  const locals = { ...reader, nonce, group: at.group, root: root ?? null, slots: SLOTS };
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
