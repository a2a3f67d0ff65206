import type { Core } from '../../core.ts';
import { notFound } from '../../errors.ts';
import { writeJson } from '../../http/reply.ts';
import type { GroupId } from '../../ids.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import { readPage, type Window } from '../../log/history.ts';
import type { CallContext } from './authenticate.ts';
import { type CampfireContext, messagesJson } from './presenter.ts';

/** Messages per page, as in Campfire (app/models/message/pagination.rb). */
const PAGE_SIZE = 40;
/** The maximum number of reads for one page. Where almost all messages are erased, a page may be shorter. */
const MAX_WINDOWS = 25;

/** A page of messages, oldest first; without a cursor the newest. `Link` has the next page: older messages, or newer ones with `after`. */
export async function listMessages(ctx: CallContext, campfire: CampfireContext): Promise<void> {
  const { core, at } = campfire;
  const window = windowOf(ctx);
  await requireKnown(core, at.group.id, window);
  const [{ shown, total, next }, erased] = await Promise.all([
    readShown(core, at.group.id, window),
    core.store.log.countErased(at.group.id),
  ]);
  ctx.set('X-Total-Count', String(Math.max(0, total - erased)));
  if (next !== undefined) {
    const { room = '', key = '' } = ctx.params;
    const path = `/rooms/${encodeURIComponent(room)}/${key}/messages?${window.after === undefined ? 'before' : 'after'}=${next}`;
    ctx.set('Link', `<${campfire.origin}${path}>; rel="next"`);
  }
  writeJson(ctx, await messagesJson(campfire, shown));
}

/** The window of a query. `before` takes precedence over `after`; empty ones are ignored. Errors: `notFound` for a value that is not a number. */
function windowOf({ query }: CallContext): Window {
  const [name, given] = query.before ? ['before', query.before] : ['after', query.after];
  if (!given) return { limit: PAGE_SIZE };
  if (typeof given !== 'string' || !/^\d{1,10}$/.test(given)) throw notFound();
  return { [name]: Number(given), limit: PAGE_SIZE };
}

/** A cursor names a message of this group, erased or not: `Link` may name one that was erased since. After 0 is from the start. Errors: `notFound`. */
async function requireKnown(core: Core, group: GroupId, { before, after }: Window): Promise<void> {
  const id = before ?? after;
  if (id !== undefined && after !== 0 && !(await core.store.log.message(group, id)))
    throw notFound('There is no such message in this room.');
}

type Shown = { readonly shown: readonly FoldedMessage[]; readonly total: number; readonly next: number | undefined };

/** Reads a full page of messages without erased ones, which do not exist for Campfire's bots. */
async function readShown(core: Core, group: GroupId, window: Window): Promise<Shown> {
  const isForward = window.after !== undefined;
  let shown: FoldedMessage[] = [];
  let [total, next, ask]: [number, number | undefined, Window] = [0, undefined, window];
  for (let read = 0; read < MAX_WINDOWS; read += 1) {
    const page = await readPage(core, group, ask);
    const found = page.lines.flatMap((line) => (line.type === 'message' && !isErased(line.folded) ? [line.folded] : []));
    shown = isForward ? [...shown, ...found] : [...found, ...shown];
    total = page.head.n;
    next = isForward ? page.newer : page.older;
    if (next === undefined || shown.length >= PAGE_SIZE || page.isCut) break;
    ask = isForward ? { after: next, limit: PAGE_SIZE } : { before: next, limit: PAGE_SIZE };
  }
  return cut(shown, total, next, isForward);
}

/** Cuts the found messages to one page, with the cursor of the next one. */
function cut(found: readonly FoldedMessage[], total: number, next: number | undefined, isForward: boolean): Shown {
  const shown = isForward ? found.slice(0, PAGE_SIZE) : found.slice(-PAGE_SIZE);
  const isMore = next !== undefined || found.length > PAGE_SIZE;
  const edge = isForward ? shown.at(-1) : shown[0];
  const from = found.length < PAGE_SIZE ? next : edge?.message.seq;
  return { shown, total, next: isMore ? from : undefined };
}
