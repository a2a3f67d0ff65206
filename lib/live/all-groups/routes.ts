import type { Context } from 'koa';
import { z } from 'zod';
import { DomainError } from '../../errors.ts';
import { languageFor } from '../../http/format.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { checkOrigin } from '../../http/security.ts';
import type { UserId } from '../../ids.ts';
import { formatIn } from '../formats.ts';
import { SSE_COMMENT } from '../frame.ts';
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
} from '../open-stream.ts';
import { Cursor, parseCursor } from './cursor.ts';

/** The cursor that starts at the first entry of each group. */
const START = '0';

export const allGroupsQuery = z.object({
  after: z
    .string('must be a cursor')
    .refine((text) => text === START || parseCursor(text) !== undefined, 'must be 0, or the id of an event of this stream')
    .optional()
    .describe('The id of an event: the entries after it are sent first. 0: all entries from the start.'),
  as: z
    .enum(['json', 'text', 'sidebar'], 'must be json, text or sidebar')
    .default('json')
    .describe('sidebar: unread counts as HTML, for pages.'),
  hidden: z.enum(['1'], 'must be 1').optional().describe('With `as=sidebar`: nobody sees the page, so its reader is not online.'),
  ...filterQuery,
  ...draftsQuery,
});

/**
 * `GET /events`: new entries of all groups of the viewer, or those after a cursor, as JSON or text; as `sidebar` only their unread counts.
 * Errors: `unauthenticated`, `malformed`, `forbidden`, `tooMany`, `gone` (a cursor that is too old, or not this user's).
 */
export async function openAllGroups(deps: RouteContext, ctx: Context): Promise<void> {
  const { core, hub } = deps;
  checkOrigin(ctx, core.config);
  const stamp = core.lookupCache.stamp();
  const viewer = await requireViewer(ctx, deps, core.lookupCache); // checked again by `authorise`
  const query = queryOf(ctx, allGroupsQuery);
  const { as: kind, hidden } = query;
  const type = typeOf(kind);
  const format = kind === 'sidebar' ? formatIn(kind, languageFor(ctx, viewer.user)) : kind;
  if (ctx.method === 'HEAD') return respondToHead(ctx, type);
  const opening = {
    listener: {
      ...{ user: viewer.user.id, ref: viewer.ref, until: viewer.until, format },
      ...{ filter: filterIn(query), drafts: query.drafts === '1' },
    },
    response: ctx.res,
    authorise: async () => {
      if (!(await core.lookupCache.isCurrent(stamp))) await requireViewer(ctx, deps, core.lookupCache.fresh());
    },
    start: (response: Context['res'], isChunked: boolean) =>
      startStream(ctx, response, { type, isChunked, first: kind === 'text' ? '' : SSE_COMMENT, config: core.config }),
  };
  if (kind === 'sidebar') return hub.openSidebar({ ...opening, isSeen: hidden === undefined });
  const after = lastEventId(ctx, (text) => parseCursor(text) !== undefined) ?? query.after;
  const begin = after === undefined ? 'now' : after === START ? 'start' : 'join';
  await hub.openAllGroups({ ...opening, begin, cursor: await cursorAt(deps, viewer.user.id, after) });
}

/** Errors: `gone`, the same whether the set never existed, has expired, or is another user's. */
async function cursorAt({ core }: RouteContext, user: UserId, text: string | undefined): Promise<Cursor> {
  const parsed = text === undefined ? undefined : parseCursor(text);
  if (!parsed) return new Cursor();
  const { set, moves } = parsed;
  if (set === undefined) return new Cursor(undefined, undefined, moves);
  const positions = await core.store.cursors.use(user, set, core.now());
  if (!positions) throw new DomainError('gone', 'This cursor is unknown or has expired. Reconnect without a cursor, or with after=0.');
  return new Cursor(set, positions, moves);
}
