import type { GroupId } from '../../ids.ts';
import { EMPTY_HEAD, type Head, headAfter } from '../../log/entry.ts';
import type { Collections } from './collections.ts';
import { bySeq, chunks, entryId, rowsAt } from './entries.ts';

/** The heads of logs: hints in the groups' documents, and the true head, which is read from the log. */
export type Heads = {
  /** Records that the log durably reaches at least `head`. Returns at once: hints are written together 50 ms later, or more when the store is slow. */
  move(group: GroupId, head: Head): void;
  /** Records in memory that the log reaches at least this seq. */
  learn(group: GroupId, head: Pick<Head, 'seq'>): void;
  /** The last seq that this process knows of. */
  known(group: GroupId): number;
  /** The true head of one log. Stores a hint that is behind it, as `move` does: its writer may have died before it did. */
  end(group: GroupId): Promise<Head>;
  /** The true heads of several logs: one read of the hints, one of the entries after them, and more only for logs that continue after their hints. */
  ends(groups: readonly GroupId[]): Promise<Map<GroupId, Head>>;
  /** Resolves when all hints are written or have failed. */
  flush(): Promise<void>;
};

/** Without this pause a busy group would cost a second write per append. */
const [LEAST_GATHER_MS, MAX_GATHER_MS] = [50, 250];
/** Hints wait this many times the duration of their last write, so they take at most 5 % of a busy store's time. */
const WAITS = 19;

export function createHeads(collections: Collections): Heads {
  const known = new Map<GroupId, number>();
  let waiting = new Map<GroupId, Head>();
  let underWay = new Map<GroupId, Head>();
  let writing = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let gatherMs = LEAST_GATHER_MS;

  async function writeWaiting(): Promise<void> {
    const moved = waiting;
    waiting = new Map();
    if (moved.size === 0) return;
    underWay = moved;
    const beganAt = performance.now();
    // A lost hint only makes the next reader start from an older one and store what it finds.
    await writeHints(collections, moved).catch(() => {});
    gatherMs = Math.min(Math.max(LEAST_GATHER_MS, WAITS * (performance.now() - beganAt)), MAX_GATHER_MS);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeWaiting);
    return writing;
  }

  const learn = (group: GroupId, { seq }: Pick<Head, 'seq'>) => void known.set(group, Math.max(seq, known.get(group) ?? 0));

  function move(group: GroupId, head: Head): void {
    learn(group, head);
    if (head.seq > (waiting.get(group)?.seq ?? 0)) waiting.set(group, head);
    timer ??= setTimeout(flush, gatherMs).unref();
  }

  /** This process knows its own writes before the hints are stored. */
  async function readHints(asked: readonly GroupId[]): Promise<Map<GroupId, Head>> {
    const found = await storedHints(collections, asked);
    for (const unwritten of [underWay, waiting])
      for (const group of asked) {
        const head = unwritten.get(group);
        if (head && head.seq > (found.get(group)?.seq ?? 0)) found.set(group, head);
      }
    return found;
  }

  async function endFrom(group: GroupId, hint: Head): Promise<Head> {
    const head = await readOn(collections, group, hint);
    if (head.seq > hint.seq) move(group, head);
    else learn(group, head);
    return head;
  }

  async function ends(asked: readonly GroupId[]): Promise<Map<GroupId, Head>> {
    const found = await readHints(asked);
    const behind = await continued(collections, found);
    await Promise.all(behind.map(async ([group, hint]) => found.set(group, await endFrom(group, hint))));
    return found;
  }

  return {
    move,
    learn,
    known: (group) => known.get(group) ?? 0,
    end: async (group) => endFrom(group, (await readHints([group])).get(group) ?? EMPTY_HEAD),
    ends,
    flush,
  };
}

/** The hints that are followed by more entries. */
async function continued({ log }: Collections, hints: ReadonlyMap<GroupId, Head>): Promise<(readonly [GroupId, Head])[]> {
  const windows = chunks([...hints]).map(async (window) => {
    const next = new Map(window.map(([group, hint]) => [entryId(group, hint.seq + 1), [group, hint] as const]));
    const asked = { _id: { $in: [...next.keys()] }, group: { $in: window.map(([group]) => group) } };
    const rows = await log.find(asked, { projection: { _id: 1 } }).toArray();
    return rows.flatMap(({ _id }) => [next.get(_id)].filter((one) => one !== undefined));
  });
  return (await Promise.all(windows)).flat();
}

async function storedHints({ groups, heads }: Collections, asked: readonly GroupId[]): Promise<Map<GroupId, Head>> {
  const found = new Map<GroupId, Head>(asked.map((group) => [group, EMPTY_HEAD]));
  const rows = await groups.find({ _id: { $in: [...asked] } }, { projection: { head: 1 } }).toArray();
  for (const { _id, head } of rows) found.set(_id, head);
  const rest = without(asked, rows);
  if (rest.length === 0) return found;
  for (const { _id, ...head } of await heads.find({ _id: { $in: rest } }).toArray()) found.set(_id, head);
  return found;
}

// An acknowledgement of the primary is enough for a hint.
const LOOSELY = { ordered: false, writeConcern: { w: 1 } } as const;

async function writeHints({ groups, heads }: Collections, moved: ReadonlyMap<GroupId, Head>): Promise<void> {
  const inGroups = [...moved].map(([group, { seq, n, at }]) => ({
    updateOne: { filter: { _id: group }, update: { $max: { 'head.seq': seq, 'head.n': n, 'head.at': at } } },
  }));
  const { matchedCount } = await groups.bulkWrite(inGroups, LOOSELY);
  if (matchedCount === moved.size) return;
  const rows = await groups.find({ _id: { $in: [...moved.keys()] } }, { projection: { _id: 1 } }).toArray();
  const elsewhere = without([...moved.keys()], rows).map((group) => ({
    updateOne: { filter: { _id: group }, update: { $max: moved.get(group) ?? EMPTY_HEAD }, upsert: true },
  }));
  if (elsewhere.length > 0) await heads.bulkWrite(elsewhere, LOOSELY);
}

function without(groups: readonly GroupId[], rows: readonly { readonly _id: GroupId }[]): GroupId[] {
  const found = new Set(rows.map(({ _id }) => _id));
  return groups.filter((group) => !found.has(group));
}

const DOUBLINGS = 32;
const STEPS = 32;

/**
 * The last entry at or after `hint`. A log has no gaps, so the search doubles its distance, then narrows between the last seq found and
 * the first missing one. One query when the hint is right, three when it is 1,000 entries behind.
 */
async function readOn(collections: Collections, group: GroupId, hint: Head): Promise<Head> {
  let last = hint;
  let missing = Number.POSITIVE_INFINITY;
  let seqs = Array.from({ length: DOUBLINGS }, (_, exponent) => hint.seq + 2 ** exponent);
  while (seqs.length > 0) {
    const rows = await rowsAt(collections, group, seqs, { fields: ['seq', 'n', 'at'] });
    const found = rows.toSorted(bySeq).at(-1);
    if (found) last = headAfter(found);
    missing = seqs.find((seq) => seq > last.seq) ?? missing;
    seqs = between(last.seq, missing);
  }
  return last;
}

/** Up to STEPS numbers strictly between the two, evenly spread: all of them when they are few. */
function between(low: number, high: number): number[] {
  const step = Math.ceil((high - low) / (STEPS + 1));
  const count = Math.ceil((high - low) / step) - 1;
  return Array.from({ length: count }, (_, index) => low + (index + 1) * step);
}
