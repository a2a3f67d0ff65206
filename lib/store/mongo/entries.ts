import type { GroupId } from '../../ids.ts';
import type { Entry, Kind } from '../../log/entry.ts';
import type { Collections, EntryRow } from './collections.ts';

/** The `_id` of an entry. */
export const entryId = (group: GroupId, seq: number): string => `${group}/${String(seq).padStart(10, '0')}`;

/** A filter for one entry. The group is named beside the `_id` so that a sharded cluster asks one shard only. */
export const entryAt = (group: GroupId, seq: number) => ({ _id: { $eq: entryId(group, seq) }, group });

export const toRow = (entry: Entry): EntryRow => ({ _id: entryId(entry.group, entry.seq), ...entry });

/** Fields that were absent when the entry was stored are absent in it. */
export function toEntry({ _id, ...entry }: EntryRow): Entry {
  return entry as Entry;
}

export const bySeq = (a: { readonly seq: number }, b: { readonly seq: number }): number => a.seq - b.seq;

// Some servers compare each document with each requested id, so the cost of a long list is quadratic.
const IDS_AT_ONCE = 100;

/** The existing rows with these seqs, in any order; with `fields`, only these fields; with `kinds`, only of these kinds. */
export async function rowsAt(
  { log }: Collections,
  group: GroupId,
  seqs: readonly number[],
  { fields, kinds }: { readonly fields?: readonly (keyof EntryRow)[]; readonly kinds?: readonly Kind[] } = {},
): Promise<EntryRow[]> {
  const options = fields ? { projection: Object.fromEntries(fields.map((field) => [field, 1])) } : {};
  const ofKinds = kinds ? { kind: { $in: [...kinds] } } : {};
  const windows = chunks(seqs).map((window) =>
    log.find({ _id: { $in: window.map((seq) => entryId(group, seq)) }, group, ...ofKinds }, options).toArray(),
  );
  return (await Promise.all(windows)).flat();
}

/** Splits items into lists short enough for one `$in`. */
export function chunks<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / IDS_AT_ONCE);
  return Array.from({ length: count }, (_, index) => items.slice(index * IDS_AT_ONCE, (index + 1) * IDS_AT_ONCE));
}
