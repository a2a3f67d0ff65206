import { MongoBulkWriteError } from 'mongodb';
import type { GroupId } from '../../ids.ts';
import { type Entry, headAfter } from '../../messages/entry.ts';
import { type Appended, StoreUnavailable } from '../port.ts';
import { answer } from './answer.ts';
import type { Collections } from './collections.ts';
import { rowsAt, toRow } from './entries.ts';
import type { Heads } from './heads.ts';

/** `append` of the log: one ordered insertMany, where each entry's `_id` takes its seq. */
export function appender(collections: Collections, heads: Heads, timeoutMs: number) {
  return async (group: GroupId, entries: readonly Entry[]): Promise<Appended> => {
    if (entries.length === 0) return { written: 0 };
    const appended = await answer(() => insert(collections, heads, group, entries), timeoutMs).catch(stopped);
    const last = entries[appended.written - 1];
    if (last) heads.move(group, headAfter(last));
    return appended;
  };
}

async function insert(collections: Collections, heads: Heads, group: GroupId, entries: readonly Entry[]): Promise<Appended> {
  if (!(await follows(collections, heads, group, entries))) return { written: 0, stopped: 'conflict' };
  await collections.log.insertMany(entries.map(toRow));
  return { written: entries.length };
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

function stopped(error: unknown): Appended {
  if (!(error instanceof StoreUnavailable)) throw error;
  const { cause } = error;
  // A write that is not acknowledged by the majority is not certain, whatever else the answer says.
  if (!(cause instanceof MongoBulkWriteError) || cause.result.getWriteConcernError()) return { written: 0, stopped: 'unknown' };
  return { written: cause.insertedCount, stopped: cause.code === 11000 ? 'conflict' : 'unknown' };
}
