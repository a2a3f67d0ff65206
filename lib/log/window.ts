import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import { weightOf } from '../markup/cost.ts';
import type { Message } from './entry.ts';
import { type FoldedMessage, foldAll } from './fold.ts';
import { PAGE_WEIGHT, weightOfMessage } from './weight.ts';

/** Message numbers of a page: those up to `middle` are read backward from it, those after it forward. `middle` is from `from` − 1 to `to`. */
export type Numbers = { readonly from: number; readonly middle: number; readonly to: number };

/** `previous`: the message before them. `isCutAtEnd`: whether newer ones are missing, since they are heavy. */
type ReadWindow = {
  readonly folded: readonly FoldedMessage[];
  readonly previous: Message | undefined;
  readonly isCut: boolean;
  readonly isCutAtEnd: boolean;
};

/** `kept`: in the order of reading. `next`: the first that is not kept. `left`: of the weight. */
type Part = { readonly kept: readonly FoldedMessage[]; readonly next: Message | undefined; readonly left: number };

/** Messages read at a time, so that a page of heavy ones takes little memory: all of a default page, with the message before it. */
const READ_TOGETHER = 51;

/** Reads the messages around the middle of a window, as long as they weigh PAGE_WEIGHT together at most; one at least. */
export async function readWindow(core: Core, group: GroupId, { from, middle, to }: Numbers): Promise<ReadWindow> {
  const lowest = Math.max(1, from - 1); // with the message before them: system messages between the two belong to the page
  const backward = { group, first: middle, last: lowest, weight: middle < to ? PAGE_WEIGHT / 2 : PAGE_WEIGHT, atLeast: 1 };
  const before: Part = middle < from ? { kept: [], next: undefined, left: PAGE_WEIGHT / 2 } : await readPart(core, backward);
  const older = before.kept.toReversed();
  const previous = older[0] && older[0].message.n < from ? older.shift()?.message : before.next;
  const forward = { group, first: middle + 1, last: to, weight: PAGE_WEIGHT / 2 + before.left, atLeast: older.length > 0 ? 0 : 1 };
  const after: Part = middle < to ? await readPart(core, forward) : { kept: [], next: undefined, left: 0 };
  const isCutAtStart = previous !== undefined && previous.n >= from;
  const isCutAtEnd = after.next !== undefined;
  return { folded: [...older, ...after.kept], previous, isCut: isCutAtStart || isCutAtEnd, isCutAtEnd };
}

/** The messages with numbers from `first` to `last`, which may be lower. */
type Span = { readonly group: GroupId; readonly first: number; readonly last: number; readonly weight: number; readonly atLeast: number };

/** Reads messages in the order of their numbers, or in the reverse order, as long as they fit; `atLeast` of them in any case. */
async function readPart(core: Core, { group, first, last, weight, atLeast }: Span): Promise<Part> {
  const isBackward = last < first;
  const ordered = <T>(items: readonly T[]): readonly T[] => (isBackward ? items.toReversed() : items);
  const count = Math.abs(last - first) + 1;
  const kept: FoldedMessage[] = [];
  let left = weight;
  for (let read = 0; read < count; ) {
    const size = Math.min(READ_TOGETHER, count - read);
    const low = isBackward ? first - read - size + 1 : first + read;
    await core.scheduler.turn();
    const messages = ordered(await core.store.log.messages(group, low, low + size - 1));
    const least = Math.max(0, atLeast - kept.length);
    const likely = fitting(messages, weightBeforeEdits, left, least);
    const folded = await foldMessages(core, group, likely.items);
    const fits = fitting(folded, weightOfMessage, left, least);
    kept.push(...fits.items);
    left -= fits.weight;
    const next = messages[fits.items.length];
    if (next) return { kept, next, left };
    read += size;
  }
  return { kept, next: undefined, left };
}

/** The first items that weigh `most` together, `atLeast` of them in any case, and their weight. */
export function fitting<T>(
  items: readonly T[],
  weigh: (item: T) => number,
  most: number,
  atLeast: number,
): { items: readonly T[]; weight: number } {
  let weight = 0;
  for (const [index, item] of items.entries()) {
    const more = weigh(item);
    if (weight + more > most && index >= atLeast) return { items: items.slice(0, index), weight };
    weight += more;
  }
  return { items, weight };
}

/** What a message weighs before its edits are read, which may be many. */
export const weightBeforeEdits = ({ body, format, folded }: Message): number =>
  folded ? weightOf(folded.body, folded.format) : weightOf(body, format);

/** Folds messages of one group, in their order, with at most one read. */
export async function foldMessages(core: Pick<Core, 'store'>, group: GroupId, messages: readonly Message[]): Promise<FoldedMessage[]> {
  if (messages.length === 0) return [];
  const targets = messages.map((message) => ({ seq: message.seq, after: message.folded?.upto ?? 0 }));
  return foldAll(messages, await core.store.log.followUps(group, targets));
}
