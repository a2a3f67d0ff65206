import type { GroupId } from '../../ids.ts';
import { EMPTY_HEAD, type Head, headAfter } from '../../log/entry.ts';
import type { Collections } from './collections.ts';
import { bySeq, rowsAt } from './entries.ts';

/** Where logs end: hints that are kept in the groups' documents, and the truth, which is the log itself. */
export type Heads = {
  /** Tells that the log reaches at least to `head`, durably. Never waits: hints are written 50 ms later, or more when the store is slow, those of that time together. */
  move(group: GroupId, head: Head): void;
  /** Notes that the log reaches at least to this seq: somebody has read it. */
  learn(group: GroupId, head: Pick<Head, 'seq'>): void;
  /** How far this process knows the log to reach. */
  known(group: GroupId): number;
  /** The hints, one for each group asked for; what this process wrote itself it knows before they are written. */
  hints(groups: readonly GroupId[]): Promise<Map<GroupId, Head>>;
  /** The true end. */
  end(group: GroupId): Promise<Head>;
  /** Resolves when all hints are written, or could not be. */
  flush(): Promise<void>;
};

/** Without this pause a busy group would pay a second write for each append. Without Redis streams may be two seconds late, of which looking takes one. */
const [LEAST_GATHER_MS, MOST_GATHER_MS] = [50, 250];
/** They wait so many times as long as the last ones took to write: on a store that has much to do they are a twentieth of it at most. */
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
    // A hint that is lost only makes the next reader read on from an older one.
    await writeHints(collections, moved).catch(() => {});
    gatherMs = Math.min(Math.max(LEAST_GATHER_MS, WAITS * (performance.now() - beganAt)), MOST_GATHER_MS);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeWaiting);
    return writing;
  }

  const learn = (group: GroupId, { seq }: Pick<Head, 'seq'>) => void known.set(group, Math.max(seq, known.get(group) ?? 0));

  async function hints(asked: readonly GroupId[]): Promise<Map<GroupId, Head>> {
    const found = await readHints(collections, asked);
    for (const unwritten of [underWay, waiting])
      for (const group of asked) {
        const head = unwritten.get(group);
        if (head && head.seq > (found.get(group)?.seq ?? 0)) found.set(group, head);
      }
    return found;
  }

  return {
    move(group, head) {
      learn(group, head);
      if (head.seq > (waiting.get(group)?.seq ?? 0)) waiting.set(group, head);
      timer ??= setTimeout(flush, gatherMs).unref();
    },
    learn,
    known: (group) => known.get(group) ?? 0,
    hints,
    async end(group) {
      const hint = (await hints([group])).get(group) ?? EMPTY_HEAD;
      const head = await readOn(collections, group, hint);
      learn(group, head);
      return head;
    },
    flush,
  };
}

async function readHints({ groups, heads }: Collections, asked: readonly GroupId[]): Promise<Map<GroupId, Head>> {
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
 * The last entry at or after `hint`: since a log has no gaps, it is looked for first at doubling distances, then between the last seq found and
 * the first one missing. One question suffices when the hint is true, three when it is a thousand entries old.
 */
async function readOn(collections: Collections, group: GroupId, hint: Head): Promise<Head> {
  let last = hint;
  let missing = Number.POSITIVE_INFINITY;
  let seqs = Array.from({ length: DOUBLINGS }, (_, exponent) => hint.seq + 2 ** exponent);
  while (seqs.length > 0) {
    const rows = await rowsAt(collections, group, seqs, ['seq', 'n', 'at']);
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
