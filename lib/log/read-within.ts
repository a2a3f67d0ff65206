import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import type { Entry } from './entry.ts';
import { BATCH_WEIGHT, weightOfEntry } from './weight.ts';

/** Entries that are read first: only when these are light, all others are read together. */
const FIRST = 20;

/**
 * The entries with a seq in (`after`, `to`], from the first, as long as they weigh about BATCH_WEIGHT at most; one at least. Throws when the log lacks one
 * of them. Errors: StoreUnavailable.
 */
export async function readWithin(
  { store, scheduler }: Pick<Core, 'store' | 'scheduler'>,
  group: GroupId,
  after: number,
  to: number,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  let weight = 0;
  for (let from = after + 1, size = FIRST; from <= to && weight < BATCH_WEIGHT; ) {
    const until = Math.min(from + size - 1, to);
    await scheduler.turn();
    const part = await store.log.range(group, from, until);
    if (part.length !== until - from + 1) throw new Error(`The log of ${group} lacks entries between ${from} and ${until}`);
    for (const entry of part) weight += weightOfEntry(entry);
    entries.push(...part);
    from = until + 1;
    size = weight < BATCH_WEIGHT / 4 ? to : FIRST;
  }
  return entries;
}
