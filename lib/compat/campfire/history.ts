import type { Core } from '../../core.ts';
import { notFound } from '../../errors.ts';
import type { GroupId } from '../../ids.ts';
import { type FoldedMessage, isErased } from '../../log/fold.ts';
import { readPage, type Window } from '../../log/history.ts';
import type { CallContext } from './authenticate.ts';
import { type CampfireContext, messagesJson } from './presenter.ts';

/** Messages on a page (app/models/message/pagination.rb). */
const MOST = 40;
/** A page is looked for over so many windows at most: where nearly everything was erased, it may be shorter. */
const MAX_WINDOWS = 25;

/** A page of what was said, oldest first, the newest without a cursor. `Link` leads on: to what is older, or with `after` to what is newer. */
export async function listMessages(ctx: CallContext, desk: CampfireContext): Promise<void> {
  const { core, at } = desk;
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
    ctx.set('Link', `<${desk.origin}${path}>; rel="next"`);
  }
  ctx.body = await messagesJson(desk, shown);
}

/** `before` goes before `after`, and an empty one is none. Errors: `notFound` for what is no number. */
function windowOf({ query }: CallContext): Window {
  const [name, given] = query.before ? ['before', query.before] : ['after', query.after];
  if (!given) return { limit: MOST };
  if (typeof given !== 'string' || !/^\d{1,10}$/.test(given)) throw notFound();
  return { [name]: Number(given), limit: MOST };
}

/** A cursor names a message of this group, erased or not: `Link` may name one that was erased since. After 0 is from the start. Errors: `notFound`. */
async function requireKnown(core: Core, group: GroupId, { before, after }: Window): Promise<void> {
  const id = before ?? after;
  if (id !== undefined && after !== 0 && !(await core.store.log.message(group, id)))
    throw notFound('There is no such message in this room.');
}

type Shown = { readonly shown: readonly FoldedMessage[]; readonly total: number; readonly next: number | undefined };

/** A whole page of messages that are not erased: for Campfire's bots, those were never there. */
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
    if (next === undefined || shown.length >= MOST) break;
    ask = isForward ? { after: next, limit: MOST } : { before: next, limit: MOST };
  }
  return cut(shown, total, next, isForward);
}

/** Of what was found too much the part that belongs to this page, and where the next one begins. */
function cut(found: readonly FoldedMessage[], total: number, next: number | undefined, isForward: boolean): Shown {
  const shown = isForward ? found.slice(0, MOST) : found.slice(-MOST);
  const isMore = next !== undefined || found.length > MOST;
  const edge = isForward ? shown.at(-1) : shown[0];
  const from = found.length < MOST ? next : edge?.message.seq;
  return { shown, total, next: isMore ? from : undefined };
}
