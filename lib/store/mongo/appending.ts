import { type OnFault, StoreUnavailable } from '../../errors.ts';
import type { GroupId } from '../../ids.ts';
import { type Entry, headAfter } from '../../log/entry.ts';
import type { Appended } from '../../log/port.ts';
import { inBatches } from './batches.ts';
import { certainty, DUPLICATE, refusals } from './bulk-errors.ts';
import type { Collections, EntryRow } from './collections.ts';
import { rowsAt, toRow } from './entries.ts';
import type { Heads } from './heads.ts';
import { answer } from './timeout.ts';

/** Two insertions at a time: on average an entry waits for half an insertion before its own, not for a whole one. */
const SINGLES = { together: 256, underWay: 2 };

/**
 * `append` of the log: the `_id` of an entry claims its seq. Several entries of one group are one ordered insertMany; a single entry is sent with
 * entries of other groups that arrive during a write. Calls `onFault` for errors that leave the result `unknown`.
 */
export function appender(collections: Collections, heads: Heads, { timeoutMs, onFault }: { timeoutMs: number; onFault: OnFault }) {
  const insertSingle = inBatches((rows: readonly EntryRow[]) => insertSingles(collections, rows), { ...SINGLES, timeoutMs });
  return async (group: GroupId, entries: readonly Entry[]): Promise<Appended> => {
    if (entries.length === 0) return { written: 0 };
    const appended = await answer(() => insert({ collections, heads, insertSingle }, group, entries), timeoutMs).catch((error) =>
      stopped(error, onFault),
    );
    const last = entries[appended.written - 1];
    if (last) heads.move(group, headAfter(last));
    return appended;
  };
}

/** `insertSingle` resolves to undefined, or to the server's error code. */
type Dependencies = {
  readonly collections: Collections;
  readonly heads: Heads;
  readonly insertSingle: (row: EntryRow) => Promise<number | undefined>;
};

async function insert({ collections, heads, insertSingle }: Dependencies, group: GroupId, entries: readonly Entry[]): Promise<Appended> {
  if (!(await follows(collections, heads, group, entries))) return { written: 0, stopped: 'conflict' };
  const rows = entries.map(toRow);
  const single = rows.length === 1 ? rows[0] : undefined;
  const refusal = single ? await insertSingle(single) : void (await collections.log.insertMany(rows));
  return refusal === undefined ? { written: rows.length } : { written: 0, stopped: refusal === DUPLICATE ? 'conflict' : 'unknown' };
}

/** Unordered: entries of several groups are independent of each other. */
async function insertSingles({ log }: Collections, rows: readonly EntryRow[]): Promise<(number | undefined)[]> {
  try {
    await log.insertMany(rows, { ordered: false });
    return rows.map(() => undefined);
  } catch (error) {
    const refused = refusals(error, rows.length);
    if (!refused) throw error;
    return rows.map((_, index) => refused.get(index));
  }
}

/**
 * Whether the previous seq exists. A gap could never be closed, so it is checked; entries are never removed, so one check is enough,
 * and an entry that this process wrote or read needs none.
 */
async function follows(collections: Collections, heads: Heads, group: GroupId, entries: readonly Entry[]): Promise<boolean> {
  const before = (entries[0]?.seq ?? 0) - 1;
  if (entries.some((entry, index) => entry.group !== group || entry.seq !== before + 1 + index)) return false;
  return before <= heads.known(group) || (await rowsAt(collections, group, [before], { fields: ['seq'] })).length === 1;
}

function stopped(error: unknown, onFault: OnFault): Appended {
  if (!(error instanceof StoreUnavailable)) throw error;
  const said = certainty(error.cause);
  const isTaken = said?.code === DUPLICATE;
  if (!isTaken) onFault(error);
  return { written: said?.insertedCount ?? 0, stopped: isTaken ? 'conflict' : 'unknown' };
}
