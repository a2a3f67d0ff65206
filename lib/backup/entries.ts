import type { GroupId } from '../ids.ts';
import { type Entry, type Head, isFollowUp } from '../log/entry.ts';
import type { Manifest } from './format.ts';
import type { Snapshot } from './port.ts';

const AT_ONCE = 500;

/** Entries with from ≤ seq ≤ to, by seq, as they are in a log that ends at `head`. */
export async function* entriesBetween(
  snapshot: Snapshot,
  group: GroupId,
  { from, to, head }: { readonly from: number; readonly to: number; readonly head: Head },
): AsyncIterable<Entry> {
  for (let at = from; at <= to; at += AT_ONCE)
    for (const entry of await snapshot.entries(group, at, Math.min(at + AT_ONCE - 1, to))) yield entryAt(entry, head);
}

/** A snapshot of a message that reaches behind the head is left out; it is made again when the message is read. */
function entryAt(entry: Entry, head: Head): Entry {
  if (!('folded' in entry) || !entry.folded || entry.folded.upto <= head.seq) return entry;
  const { folded: _, ...rest } = entry;
  return rest;
}

/** `targets`: of the follow-ups from `from` on. */
type Change = {
  readonly group: GroupId;
  readonly from: number;
  readonly head: Head;
  readonly base: Manifest;
  readonly targets: ReadonlySet<number>;
};

/**
 * The entries below `from` that may have changed since `base`: the store changes an appended entry only when a later one refers to it (a snapshot, a
 * scrub, a pin that ends), or when it was open in the base. By seq. Scrubbing also empties the edits of a message.
 */
export async function* changedSince(snapshot: Snapshot, { group, from, head, base, targets }: Change): AsyncIterable<Entry> {
  const seqs = new Set([...targets, ...base.open.flatMap(([of, seq]) => (of === group ? [seq] : []))]);
  for (const seq of [...seqs]) for (const entry of await snapshot.entries(group, seq, seq)) if (isFollowUp(entry)) seqs.add(entry.target);
  if (seqs.size === 0) return;
  // Other follow-ups of the same messages: edits that a scrub has emptied, pins that no longer stand.
  for await (const entry of entriesBetween(snapshot, group, { from: Math.min(...seqs), to: from - 1, head }))
    if (seqs.has(entry.seq) || (isFollowUp(entry) && seqs.has(entry.target))) yield entry;
}
