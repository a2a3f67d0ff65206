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
  /** When to stop, by performance.now(). */
  readonly until: number;
};

/** `floor`: where the time was up. All that stands before it was looked at, nothing behind it. */
export type Candidates = { readonly places: readonly MessagePosition[]; readonly floor: MessagePosition | undefined };

/** Not yet looked at. `newest`: no message in it is younger. */
type Part = Slice & { readonly size: number; readonly newest: number };

const SLICES_AT_ONCE = 64;
/** A log may have grown since its head was read, for less than this. */
const HEAD_AGE_MS = 5000;

/**
 * The newest `limit` messages of these groups that the index knows to have what is wanted, newest first. It looks into those parts of the logs
 * first that may have the newest, so that many groups or a long history cost little where the words are common.
 */
export async function candidates(core: Core, groups: readonly Group[], hunt: CandidateQuery): Promise<Candidates> {
  let parts = inTurn(
    groups.map(({ id, head }) => partOf(id, sliceOf(head.seq), head.seq, head.at + HEAD_AGE_MS)),
    hunt,
  );
  let places: readonly MessagePosition[] = [];
  for (;;) {
    const { now, later } = shareOut(parts, places[hunt.limit - 1]);
    if (now.length === 0) return { places, floor: undefined };
    const floor = floorAbove(parts);
    if (performance.now() > hunt.until && isFurther(floor, hunt.behind))
      return { places: places.filter((place) => isFurther(floor, place)), floor };
    places = await lookInto(core, now, places, hunt);
    parts = inTurn([...later, ...(await olderParts(core, now))], hunt);
  }
}

const inTurn = (parts: readonly Part[], { from = Number.NEGATIVE_INFINITY }: CandidateQuery): Part[] =>
  parts.filter(({ newest }) => newest >= from).sort((a, b) => b.newest - a.newest);

/** Where all that is in these parts stands behind. */
const floorAbove = ([first]: readonly Part[]): MessagePosition => ({ at: (first?.newest ?? 0) + 1, group: asGroupId(''), seq: 0 });

/** A page ends only further back than it began: what stands between is looked at however long it takes. */
const isFurther = (place: MessagePosition, than: MessagePosition | undefined): boolean => than === undefined || byNewest(than, place) < 0;

const partOf = (group: GroupId, slice: number, last: number, newest: number): Part => ({
  group,
  slice,
  size: last - slice * SLICE + 1,
  newest,
});

/** Those to look into together, of about one slice's length in all; none once what is left cannot be newer than the last place needed. */
function shareOut(parts: readonly Part[], last: MessagePosition | undefined): { now: Part[]; later: Part[] } {
  let size = 0;
  const now: Part[] = [];
  for (const part of parts) {
    size += part.size;
    if ((now.length > 0 && size > SLICE) || now.length === SLICES_AT_ONCE || (last && part.newest < last.at)) break;
    now.push(part);
  }
  return { now, later: parts.slice(now.length) };
}

async function lookInto(
  core: Core,
  slices: readonly Slice[],
  places: readonly MessagePosition[],
  hunt: CandidateQuery,
): Promise<MessagePosition[]> {
  const { wanted, from, to, behind, limit } = hunt;
  const found = await core.store.search.find({ ...wanted, slices, from, to, behind, limit });
  return [...places, ...found].sort(byNewest).slice(0, limit);
}

/** What stands before these slices in their logs. */
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
