import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import type { GroupId } from '../ids.ts';
import type { Entry, FollowUp, Head, Message } from './entry.ts';
import { type FoldedMessage, fold, wantsSnapshot } from './fold.ts';
import { foldMessages, type Numbers, readWindow } from './window.ts';

export { foldMessages } from './window.ts';

/** A row of a page: a folded message, or the entry of a system message. */
export type Line = { readonly type: 'message'; readonly folded: FoldedMessage } | { readonly type: 'line'; readonly entry: Entry };

export type Window = {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly around?: number | undefined;
  readonly limit: number;
};

/**
 * `older`, `newer`: cursors (seq) for `before` and `after`; undefined at the ends. `head`: the end of the log when the page was read. `isCut`: whether the
 * page has fewer messages than were asked for and exist, since they are heavy.
 */
export type Page = {
  readonly lines: readonly Line[];
  readonly head: Head;
  readonly older: number | undefined;
  readonly newer: number | undefined;
  readonly isCut: boolean;
  /** The message before the first one of the page. */
  readonly previous: Message | undefined;
};

const MAX_PER_PAGE = 200;
/** System messages are read only from this number of entries before the end of a page. */
const MAX_SPAN = 800;

/**
 * At most `limit` messages, as long as they weigh PAGE_WEIGHT together at most, and one at least: around seq `around` (half before it, half after it, where
 * possible), or after seq `after`, or before seq `before`, else the newest; with the system messages between them. Following `older` and `newer` from any
 * page visits every message once. The cost does not depend on the length of the log.
 */
export async function readPage(core: Core, group: GroupId, window: Window): Promise<Page> {
  const head = await core.store.log.head(group);
  const numbers = await numbersOf(core, group, head, window);
  const { folded, previous, isCut, isCutAtEnd } = await readWindow(core, group, numbers);
  const [oldest, newest] = [folded[0]?.message, folded.at(-1)?.message];
  const isNewest = numbers.to >= head.n && !isCutAtEnd;
  const first = Math.max((previous?.seq ?? 0) + 1, (window.after ?? 0) + 1);
  const last = Math.min(isNewest ? head.seq : (newest?.seq ?? 0), (window.before ?? Number.POSITIVE_INFINITY) - 1);
  return {
    lines: await withSystemLines(core, group, folded, first, last),
    head,
    older: oldest && oldest.n > 1 ? oldest.seq : undefined,
    newer: isNewest ? undefined : newest?.seq,
    isCut,
    previous,
  };
}

/** The message numbers of a window. */
async function numbersOf(core: Core, group: GroupId, head: Head, { before, after, around, limit }: Window): Promise<Numbers> {
  const size = Math.min(Math.max(1, limit), MAX_PER_PAGE);
  if (around !== undefined) {
    const middle = await messageNumberAt(core, group, head, around);
    const from = Math.max(1, Math.min(middle - Math.floor(size / 2), head.n - size + 1));
    return { from, middle, to: Math.min(head.n, from + size - 1) };
  }
  if (after !== undefined) {
    const n = await messageNumberAt(core, group, head, after);
    return { from: n + 1, middle: n, to: Math.min(head.n, n + size) };
  }
  const last = before === undefined ? head.n : await messageNumberAt(core, group, head, before - 1);
  return { from: Math.max(1, last - size + 1), middle: last, to: last };
}

/** The number of messages up to and including seq. */
export async function messageNumberAt(core: Core, group: GroupId, head: Head, seq: number): Promise<number> {
  if (seq >= head.seq) return head.n;
  if (seq < 1) return 0;
  const [entry] = await core.store.log.range(group, seq, seq);
  return entry?.n ?? head.n;
}

/** Adds the system messages from seq `first` to `last`, within MAX_SPAN of `last`. */
async function withSystemLines(
  { store }: Core,
  group: GroupId,
  folded: readonly FoldedMessage[],
  first: number,
  last: number,
): Promise<Line[]> {
  const from = Math.max(first, last - MAX_SPAN + 1);
  const entries = from > last ? [] : await store.log.systemEntries(group, from, last);
  const system: Line[] = entries.map((entry) => ({ type: 'line', entry }));
  return [...folded.map((one): Line => ({ type: 'message', folded: one })), ...system].sort((a, b) => seqOf(a) - seqOf(b));
}

const seqOf = (line: Line): number => (line.type === 'message' ? line.folded.message.seq : line.entry.seq);

/** One folded message. Errors: `notFound`. */
export async function readMessage(core: Core, group: GroupId, seq: number): Promise<FoldedMessage> {
  const message = await core.store.log.message(group, seq);
  if (!message) throw notFound();
  const followUps: FollowUp[] = await core.store.log.followUps(group, [{ seq, after: message.folded?.upto ?? 0 }]);
  const folded = fold(message, followUps);
  if (wantsSnapshot(message, followUps)) await storeSnapshot(core, group, seq, folded);
  return folded;
}

/** The fold of a message returned by `post`; a repeated post (`isNew` false) reads its current state. Errors: StoreUnavailable. */
export const readPosted = async (core: Core, message: Message, isNew: boolean): Promise<FoldedMessage> =>
  isNew ? fold(message, []) : readMessage(core, message.group, message.seq);

/** A failure does not fail the reader; the next reader tries again. */
async function storeSnapshot(core: Core, group: GroupId, seq: number, { state }: FoldedMessage): Promise<void> {
  await core.store.log.snapshot(group, seq, state).catch((error) => core.logger.debug({ err: error, group }, 'snapshot not stored'));
}

/** The entries of a window that follow seq `after` without a gap: a read during a write may have gaps. */
export function contiguous(window: readonly Entry[], after: number): readonly Entry[] {
  const gap = window.findIndex((entry, index) => entry.seq !== after + 1 + index);
  return gap === -1 ? window : window.slice(0, gap);
}

/** Message number `n` of a group; undefined for 0. */
export async function lastMessage(core: Core, group: GroupId, n: number): Promise<FoldedMessage | undefined> {
  const messages = n === 0 ? [] : await core.store.log.messages(group, n, n);
  const [folded] = await foldMessages(core, group, messages);
  return folded;
}

/** The message before this one in its group. */
export async function messageBefore({ store }: Pick<Core, 'store'>, { group, n }: Message): Promise<Message | undefined> {
  const [previous] = n > 1 ? await store.log.messages(group, n - 1, n - 1) : [];
  return previous;
}
