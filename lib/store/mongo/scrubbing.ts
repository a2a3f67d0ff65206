import { asUserId, type GroupId } from '../../ids.ts';
import type { Entry, Folded } from '../../log/entry.ts';
import type { LogStore } from '../../log/port.ts';
import type { Collections } from './collections.ts';
import { chunks, entryAt, toEntry } from './entries.ts';

const SCRUBBED = { $set: { body: '', scrubbed: true }, $unset: { folded: '', attachments: '' } } as const;

/** The only writes that change an appended entry: snapshots, scrubbing of erased text, and clearing of `pending`. */
export function scrubbing({ log }: Collections) {
  async function snapshot(group: GroupId, target: number, folded: Folded): Promise<void> {
    const olderOrNone = { 'folded.upto': { $not: { $gte: folded.upto } } };
    await log.updateOne({ ...entryAt(group, target), kind: 'message', scrubbed: { $exists: false }, ...olderOrNone }, { $set: { folded } });
  }

  async function dueScrubs(now: number, limit: number): Promise<(Entry & { kind: 'erase' })[]> {
    const rows = await log
      .find({ due: { $lte: now } })
      .sort({ due: 1 })
      .limit(limit)
      .toArray();
    return rows.map(toEntry).filter((entry) => entry.kind === 'erase');
  }

  async function scrub(group: GroupId, target: number, erase: number): Promise<void> {
    await log.updateOne({ ...entryAt(group, target), kind: 'message' }, SCRUBBED);
    const followUps = await log.find({ group, target }, { projection: { kind: 1 } }).toArray();
    const edits = followUps.filter(({ kind }) => kind === 'edit').map(({ _id }) => _id);
    for (const ids of chunks(edits)) await log.updateMany({ _id: { $in: ids }, group }, SCRUBBED);
    await clearDue(group, erase);
  }

  async function clearDue(group: GroupId, erase: number): Promise<void> {
    await log.updateOne({ ...entryAt(group, erase), kind: 'erase' }, { $unset: { due: '' } });
  }

  async function listPending(limit: number): Promise<Entry[]> {
    const rows = log.find({ pending: { $gte: asUserId('') } }).limit(limit);
    return (await rows.toArray()).map(toEntry);
  }

  async function pins(group: GroupId, limit: number): Promise<(Entry & { kind: 'pin' })[]> {
    const rows = await log.find({ group, stands: true }).sort({ seq: -1 }).limit(limit).toArray();
    return rows.map(toEntry).filter((entry) => entry.kind === 'pin');
  }

  async function clearPins(group: GroupId, target: number, before: number): Promise<void> {
    await log.updateMany({ group, target, seq: { $lt: before }, kind: 'pin' }, { $unset: { stands: '' } });
  }

  async function clearPending(group: GroupId, seq: number): Promise<void> {
    await log.updateOne(entryAt(group, seq), { $unset: { pending: '' } });
  }

  return { snapshot, dueScrubs, scrub, clearDue, listPending, clearPending, pins, clearPins } satisfies Partial<LogStore>;
}
