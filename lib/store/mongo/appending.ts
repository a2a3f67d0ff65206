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

/** A second insertion, so that an entry waits for half a one before its own on the average, not for a whole one. */
const SINGLES = { together: 256, underWay: 2 };

/**
 * `append` of the log, where each entry's `_id` takes its seq: several entries of one group as one ordered insertMany; a single one together with
 * those of other groups that come while others are written. `onFault` is told of what leaves it `unknown`.
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

/** `insertSingle` resolves to nothing, or to the code with which the server refused it. */
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

/** Entries of several groups: none waits for another, and it does not matter to the others which of them is refused. */
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
 * Whether no seq is left out. A gap could never be closed again, so that it is worth a look; entries do not go away, so that a look is enough,
 * and one that this process wrote or saw needs none.
 */
async function follows(collections: Collections, heads: Heads, group: GroupId, entries: readonly Entry[]): Promise<boolean> {
  const before = (entries[0]?.seq ?? 0) - 1;
  if (entries.some((entry, index) => entry.group !== group || entry.seq !== before + 1 + index)) return false;
  return before <= heads.known(group) || (await rowsAt(collections, group, [before], ['seq'])).length === 1;
}

function stopped(error: unknown, onFault: OnFault): Appended {
  if (!(error instanceof StoreUnavailable)) throw error;
  const said = certainty(error.cause);
  const isTaken = said?.code === DUPLICATE;
  if (!isTaken) onFault(error);
  return { written: said?.insertedCount ?? 0, stopped: isTaken ? 'conflict' : 'unknown' };
}
