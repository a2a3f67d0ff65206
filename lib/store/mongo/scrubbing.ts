import type { Collection as MongoCollection, UpdateFilter } from 'mongodb';
import type { StoredRecord } from '../../backup/port.ts';
import type { RewriteStore } from '../../encryption/port.ts';
import type { TextCollection } from '../../encryption/records.ts';
import { asUserId, type GroupId } from '../../ids.ts';
import type { Entry, Folded } from '../../log/entry.ts';
import type { DueEntry, LogStore } from '../../log/port.ts';
import type { Collections, EntryRow } from './collections.ts';
import { bySeq, chunks, entryAt, entryId, rowsAt, toEntry } from './entries.ts';

const SCRUBBED = { $set: { body: '', scrubbed: true }, $unset: { folded: '', attachments: '', actions: '', command: '' } } as const;
const SCRUBBED_ACT = { $set: { label: '', scrubbed: true }, $unset: { value: '', values: '', original: '' } } as const;

const SCRUBBED_COMMAND = { $set: { text: '', scrubbed: true } } as const;

/** The only writes that change an appended entry: snapshots, scrubbing of erased text, and clearing of `pending`. */
export function scrubbing({ log }: Collections) {
  async function snapshot(group: GroupId, target: number, folded: Folded): Promise<void> {
    const olderOrNone = { 'folded.upto': { $not: { $gte: folded.upto } } };
    await log.updateOne({ ...entryAt(group, target), kind: 'message', scrubbed: { $exists: false }, ...olderOrNone }, { $set: { folded } });
  }

  async function dueScrubs(now: number, limit: number, held: readonly GroupId[] = []): Promise<DueEntry[]> {
    const rows = await log
      .find({ due: { $lte: now }, ...(held.length > 0 && { group: { $nin: [...held] } }) })
      .sort({ due: 1 })
      .limit(limit)
      .toArray();
    return rows.map(toEntry).filter((entry) => entry.kind === 'erase' || entry.kind === 'command');
  }

  async function scrub(group: GroupId, target: number, erase: number): Promise<void> {
    await log.updateOne({ ...entryAt(group, target), kind: 'message' }, SCRUBBED);
    const followUps = await log.find({ group, target }, { projection: { kind: 1 } }).toArray();
    for (const [of, scrubbed] of [
      ['edit', SCRUBBED],
      ['act', SCRUBBED_ACT],
    ] as const)
      for (const ids of chunks(followUps.filter(({ kind }) => kind === of).map(({ _id }) => _id)))
        await log.updateMany({ _id: { $in: ids }, group }, scrubbed);
    await clearDue(group, erase);
  }

  async function scrubActs(group: GroupId, acts: readonly number[]): Promise<void> {
    for (const seqs of chunks(acts)) {
      const those = { _id: { $in: seqs.map((seq) => entryId(group, seq)) }, group };
      await log.updateMany({ ...those, kind: 'act' }, SCRUBBED_ACT);
      await log.updateMany({ ...those, kind: 'command' }, SCRUBBED_COMMAND as UpdateFilter<EntryRow>);
    }
  }

  async function clearDue(group: GroupId, erase: number): Promise<void> {
    await log.updateOne({ ...entryAt(group, erase), kind: { $in: ['erase', 'command'] } }, { $unset: { due: '' } });
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

  return { snapshot, dueScrubs, scrub, scrubActs, clearDue, listPending, clearPending, pins, clearPins } satisfies Partial<LogStore>;
}

/** The field that `_id` stands for, and the fields with texts. */
const FIELDS: { readonly [C in TextCollection]: { readonly key: string; readonly texts: readonly string[] } } = {
  settings: { key: 'key', texts: ['value'] },
  groups: { key: 'id', texts: ['topic'] },
  webhooks: { key: 'bot', texts: ['url', 'keywords'] },
  deliveries: { key: 'id', texts: ['reason', 'attempts'] },
  scheduled: { key: 'id', texts: ['body'] },
  files: { key: 'id', texts: ['name', 'type', 'sha256'] },
  contentKeys: { key: 'id', texts: ['sealed'] },
};

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };

/** Reads documents and replaces fields while they are as they were read. */
export function rewriteStore(collections: Collections): RewriteStore {
  const { log } = collections;

  // Scrubbing and a newer snapshot are all that changes the texts of an entry.
  async function replaceEntry(row: EntryRow, entry: Entry): Promise<number> {
    const before: Readonly<Record<string, unknown>> = row;
    const $set = Object.fromEntries(Object.entries(entry).filter(([field, value]) => before[field] !== value));
    const sameFolded = row.folded ? { 'folded.upto': row.folded.upto } : { folded: { $exists: false } };
    const { matchedCount } = await log.updateOne({ ...entryAt(row.group, row.seq), scrubbed: { $exists: false }, ...sameFolded }, { $set });
    return matchedCount;
  }

  return {
    async entries(group, from, to, change) {
      const seqs = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
      const rows = await rowsAt(collections, group, seqs);
      const changed = rows.toSorted(bySeq).flatMap((row) => {
        const entry = change(toEntry(row));
        return entry ? [{ row, entry }] : [];
      });
      const done = await Promise.all(changed.map(({ row, entry }) => replaceEntry(row, entry)));
      return { missed: done.filter((matched) => matched === 0).length };
    },
    async records(name, { after, limit }, change) {
      const { key, texts } = FIELDS[name];
      const of = collections[name] as unknown as MongoCollection<Row>;
      const projection = Object.fromEntries([...texts, 'rev'].map((field) => [field, 1]));
      const rows = await of.find({ _id: { $gt: after } }, { projection, sort: { _id: 1 }, limit }).toArray();
      let missed = 0;
      for (const row of rows as Row[]) {
        const { _id, rev, ...fields } = row;
        const record: StoredRecord = { [key]: _id, ...fields };
        const changed = change(record);
        if (!changed) continue;
        const same = Object.fromEntries(texts.map((field) => [field, { $eq: fields[field] ?? null }]));
        const { matchedCount } = await of.updateOne(
          { _id: { $eq: _id }, ...same, ...(rev === undefined ? {} : { rev }) },
          { $set: Object.fromEntries(texts.filter((field) => field in fields).map((field) => [field, changed[field]])) },
        );
        missed += 1 - matchedCount;
      }
      return { last: rows.at(-1)?._id, missed };
    },
    finish: async () => {}, // what the server keeps of replaced documents it reuses in its own time
  };
}
