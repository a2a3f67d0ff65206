import type { AnyBulkWriteOperation, Collection as MongoCollection } from 'mongodb';
import type { BackupStore, Collection, StoredRecord } from '../../backup/port.ts';
import { AUDIT_GROUP, type GroupId, REPORTS_GROUP, SYSTEM_GROUP } from '../../ids.ts';
import { EMPTY_HEAD, type Head } from '../../log/entry.ts';
import type { Collections } from './collections.ts';
import { bySeq, rowsAt, toEntry, toRow } from './entries.ts';
import { unavailableBy } from './faults.ts';
import { toGroup } from './groups/groups.ts';
import type { Heads } from './heads.ts';
import { toMembership } from './memberships.ts';
import { toUser } from './users.ts';

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };
type Conversion = { read(row: Row): StoredRecord; write(record: StoredRecord): Row };

/** The record has this field in place of `_id`. */
const keyedBy = (field: string): Conversion => ({
  read: ({ _id, ...row }) => ({ [field]: _id, ...row }),
  write: ({ [field]: key, ...record }) => ({ _id: String(key), ...record }),
});

/** The `_id` is made of fields that the record has anyway. */
const joined = (...fields: readonly string[]): Conversion => ({
  read: ({ _id, ...row }) => row,
  write: (record) => ({ _id: fields.map((field) => record[field]).join('/'), ...record }),
});

/** `read` completes records that older versions have written. */
const CONVERSIONS: { readonly [C in Collection]: Conversion } = {
  settings: keyedBy('key'),
  users: { ...keyedBy('id'), read: (row) => toUser(row as never) },
  sessions: keyedBy('hash'),
  tokens: keyedBy('hash'),
  credentials: keyedBy('id'),
  groups: { ...keyedBy('id'), read: readGroup },
  memberships: {
    ...joined('group', 'user'),
    read: (row) => ({ ...toMembership(row as never), came: row.came }),
  },
  webhooks: keyedBy('bot'),
  deliveries: keyedBy('id'),
  devices: keyedBy('id'),
  cursors: keyedBy('id'),
  saved: joined('user', 'group', 'seq'),
  follows: joined('user', 'group', 'root'),
  commands: joined('bot', 'group', 'name'),
  scheduled: keyedBy('id'),
  security: joined('owner', 'id'),
  addresses: keyedBy('user'),
  links: keyedBy('hash'),
  mails: keyedBy('id'),
  oauthClients: keyedBy('id'),
  oauthGrants: keyedBy('id'),
  files: keyedBy('id'),
};

const IN_BATCHES_OF = 500;

export function backupStore(collections: Collections, heads: Heads, guard: <T extends object>(methods: T) => T): BackupStore {
  const of = (name: Collection) => collections[name] as unknown as MongoCollection<Row>;

  async function* records(name: Collection): AsyncIterable<StoredRecord> {
    const rows = of(name).find({}, { sort: { _id: 1 }, batchSize: IN_BATCHES_OF });
    try {
      for await (const row of rows) yield CONVERSIONS[name].read(row as Row);
    } catch (error) {
      throw unavailableBy(error) ?? error;
    }
  }

  async function ends(): Promise<ReadonlyMap<GroupId, Head>> {
    const ids: GroupId[] = [SYSTEM_GROUP, AUDIT_GROUP, REPORTS_GROUP];
    for await (const { id } of records('groups')) ids.push(id as GroupId);
    const found = await heads.ends(ids);
    return new Map([...found].filter(([, { seq }]) => seq > EMPTY_HEAD.seq));
  }

  async function entries(group: GroupId, from: number, to: number) {
    const seqs = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    return (await rowsAt(collections, group, seqs)).toSorted(bySeq).map(toEntry);
  }

  async function isEmpty(): Promise<boolean> {
    const found = await Promise.all((['users', 'groups'] as const).map((name) => of(name).findOne({}, { projection: { _id: 1 } })));
    return found.every((row) => row === null) && (await heads.end(SYSTEM_GROUP)).seq === 0;
  }

  async function replaceAll<T extends { readonly _id: string }>(into: MongoCollection<T>, rows: readonly T[]): Promise<void> {
    const writes = rows.map(({ _id, ...replacement }) => ({ replaceOne: { filter: { _id: { $eq: _id } }, replacement, upsert: true } }));
    if (writes.length > 0) await into.bulkWrite(writes as unknown as AnyBulkWriteOperation<T>[], { ordered: false });
  }

  async function putHeads(ended: ReadonlyMap<GroupId, Head>): Promise<void> {
    for (const [group, head] of ended) heads.move(group, head);
    await heads.flush();
  }

  const { rangeOf, ...steps } = guard({
    rangeOf: entries,
    isEmpty,
    putRecords: (name: Collection, some: readonly StoredRecord[]) =>
      replaceAll(of(name), some.map(CONVERSIONS[name].write).map(withHead(name))),
    putEntries: async (_: GroupId, some: readonly Parameters<typeof toRow>[0][]) =>
      replaceAll(collections.log as unknown as MongoCollection<Row>, some.map(toRow) as unknown as Row[]),
    putHeads,
  });
  return {
    ...steps,
    snapshot: async () => ({ heads: await ends(), records, entries: rangeOf, close: async () => {} }),
  };
}

/** Without the head, which is a hint. */
function readGroup(row: Row): StoredRecord {
  const { head: _, ...group } = toGroup(row as never);
  const { slugs, changes = [] } = row as unknown as { slugs: readonly string[]; changes?: readonly { line: { uid: string } }[] };
  return { ...group, slugs: slugs.toSorted(), changes: changes.toSorted((a, b) => (a.line.uid < b.line.uid ? -1 : 1)) };
}

/** The head of a group is written after its entries. */
const withHead =
  (name: Collection) =>
  (row: Row): Row =>
    name === 'groups' ? { ...row, head: EMPTY_HEAD } : row;
