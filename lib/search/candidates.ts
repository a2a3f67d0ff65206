import type { Core } from '../core.ts';
import type { Group } from '../groups/port.ts';
import { asGroupId, type GroupId } from '../ids.ts';
import { byNewest, type MessagePosition, SLICE, type Slice, sliceOf, type TermFilter } from './port.ts';

export type CandidateQuery = {
  readonly wanted: TermFilter;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly behind: MessagePosition | undefined;
  readonly limit: number;
  /** Deadline, by performance.now(). */
  readonly until: number;
};

/** `floor`: set when the deadline passed: everything before this position was searched, nothing after it. */
type Candidates = { readonly places: readonly MessagePosition[]; readonly floor: MessagePosition | undefined };

/** A slice that is not searched yet. `newest`: upper bound of the times in it (ms). */
type Part = Slice & { readonly size: number; readonly newest: number };

const SLICES_AT_ONCE = 64;
/** Entries appended since a head was read may be newer than its `at` by less than this. */
const HEAD_AGE_MS = 5000;

/**
 * The newest `limit` messages of these groups that match in the index, newest first. Searches the slices with the newest messages first,
 * so that common words cost little whatever the number of groups or the length of their logs.
 */
export async function candidates(core: Core, groups: readonly Group[], query: CandidateQuery): Promise<Candidates> {
  let parts = newestFirst(
    groups.map(({ id, head }) => partOf(id, sliceOf(head.seq), head.seq, head.at + HEAD_AGE_MS)),
    query,
  );
  let places: readonly MessagePosition[] = [];
  for (;;) {
    const { now, later } = nextBatch(parts, places[query.limit - 1]);
    if (now.length === 0) return { places, floor: undefined };
    const floor = positionBefore(parts);
    if (performance.now() > query.until && isFurther(floor, query.behind))
      return { places: places.filter((place) => isFurther(floor, place)), floor };
    places = await searchSlices(core, now, places, query);
    parts = newestFirst([...later, ...(await olderParts(core, now))], query);
  }
}

const newestFirst = (parts: readonly Part[], { from = Number.NEGATIVE_INFINITY }: CandidateQuery): Part[] =>
  parts.filter(({ newest }) => newest >= from).sort((a, b) => b.newest - a.newest);

/** A position before everything in these parts. */
const positionBefore = ([first]: readonly Part[]): MessagePosition => ({ at: (first?.newest ?? 0) + 1, group: asGroupId(''), seq: 0 });

/** Whether the search has passed `than`, where the page starts: it does not stop before, so that each page makes progress. */
const isFurther = (place: MessagePosition, than: MessagePosition | undefined): boolean => than === undefined || byNewest(than, place) < 0;

const partOf = (group: GroupId, slice: number, last: number, newest: number): Part => ({
  group,
  slice,
  size: last - slice * SLICE + 1,
  newest,
});

/** The parts to search in one read, about one slice in total; none when the rest cannot be newer than `last`. */
function nextBatch(parts: readonly Part[], last: MessagePosition | undefined): { now: Part[]; later: Part[] } {
  let size = 0;
  const now: Part[] = [];
  for (const part of parts) {
    size += part.size;
    if ((now.length > 0 && size > SLICE) || now.length === SLICES_AT_ONCE || (last && part.newest < last.at)) break;
    now.push(part);
  }
  return { now, later: parts.slice(now.length) };
}

async function searchSlices(
  core: Core,
  slices: readonly Slice[],
  places: readonly MessagePosition[],
  query: CandidateQuery,
): Promise<MessagePosition[]> {
  const { wanted, from, to, behind, limit } = query;
  const found = await core.store.search.find({ ...wanted, slices, from, to, behind, limit });
  return [...places, ...found].sort(byNewest).slice(0, limit);
}

/** The slices before these in their logs. */
async function olderParts({ store }: Core, slices: readonly Slice[]): Promise<Part[]> {
  const older = slices.filter(({ slice }) => slice > 0);
  return Promise.all(
    older.map(async ({ group, slice }) => {
      const last = slice * SLICE - 1;
      const [entry] = await store.log.range(group, last, last);
      return partOf(group, slice - 1, last, entry?.at ?? Number.POSITIVE_INFINITY);
    }),
  );
}
