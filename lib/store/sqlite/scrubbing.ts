import type { SQLInputValue } from 'node:sqlite';
import type { RewriteStore } from '../../encryption/port.ts';
import type { TextCollection } from '../../encryption/records.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { GroupId } from '../../ids.ts';
import type { Entry, Folded } from '../../log/entry.ts';
import type { DueEntry, LogStore } from '../../log/port.ts';
import type { Connection } from './connection.ts';
import { ENTRY_COLUMNS, type EntryRow, entryOf, valuesOf } from './entries.ts';
import { forgetMentions } from './mentions.ts';
import type { WritesOf } from './writing/remote.ts';

const SNAPSHOT = `UPDATE entries SET folded = ?1 WHERE group_id = ?2 AND seq = ?3 AND kind = 'message'
  AND rest ->> 'scrubbed' IS NULL AND (folded IS NULL OR folded ->> 'upto' < ?4)`;
const DUE = `SELECT ${ENTRY_COLUMNS} FROM entries WHERE due <= ?1 AND kind IN ('erase', 'command') AND group_id NOT IN (SELECT value FROM json_each(?2))
  ORDER BY due LIMIT ?3`;
const EMPTY = `SET body = '', folded = NULL, rest = json_set(json_remove(rest, '$.attachments', '$.actions', '$.command'), '$.scrubbed', json('true'))`;
const EMPTY_MESSAGE = `UPDATE entries ${EMPTY} WHERE group_id = ? AND seq = ? AND kind = 'message'`;
// The hint is needed, as for FOLLOW_UPS in log.ts: without it SQLite walks the group's whole log.
const EMPTY_EDITS = `UPDATE entries INDEXED BY entries_by_target ${EMPTY} WHERE group_id = ? AND target = ? AND kind = 'edit'`;
const EMPTY_ACT = `SET rest = json_set(json_remove(rest, '$.value', '$.values', '$.original'), '$.label', '', '$.scrubbed', json('true'))`;
const EMPTY_ACTS = `UPDATE entries INDEXED BY entries_by_target ${EMPTY_ACT} WHERE group_id = ? AND target = ? AND kind = 'act'`;
const EMPTY_ACTS_AT = `UPDATE entries ${EMPTY_ACT} WHERE group_id = ? AND seq IN (SELECT value FROM json_each(?)) AND kind = 'act'`;
const EMPTY_COMMANDS_AT = `UPDATE entries SET rest = json_set(rest, '$.text', '', '$.scrubbed', json('true'))
  WHERE group_id = ? AND seq IN (SELECT value FROM json_each(?)) AND kind = 'command'`;
const PENDING = `SELECT ${ENTRY_COLUMNS} FROM entries WHERE pending IS NOT NULL ORDER BY at LIMIT ?`;
const CALLED = 'UPDATE entries SET pending = NULL WHERE group_id = ? AND seq = ?';
// The hints are needed, as above.
const PINS = `SELECT ${ENTRY_COLUMNS} FROM entries INDEXED BY entries_pins
  WHERE group_id = ? AND kind = 'pin' AND rest ->> 'stands' IS NOT NULL ORDER BY seq DESC LIMIT ?`;
const UNPIN = `UPDATE entries INDEXED BY entries_by_target SET rest = json_remove(rest, '$.stands')
  WHERE group_id = ? AND target = ? AND seq < ? AND kind = 'pin'`;
const SETTLE = `UPDATE entries SET due = NULL WHERE group_id = ? AND seq = ? AND kind IN ('erase', 'command')`;

type Rewriting = Pick<
  LogStore,
  'snapshot' | 'dueScrubs' | 'scrub' | 'scrubActs' | 'clearDue' | 'listPending' | 'clearPending' | 'pins' | 'clearPins'
>;

/** The only writes that change an appended entry: snapshots, scrubbing of erased text, and clearing of `pending`. */
export const rewriting = (db: Connection) => ({
  snapshot: (group: GroupId, target: number, folded: Folded) => void db.run(SNAPSHOT, JSON.stringify(folded), group, target, folded.upto),
  scrub(group: GroupId, target: number, erase: number): void {
    db.run(EMPTY_MESSAGE, group, target);
    db.run(EMPTY_EDITS, group, target);
    db.run(EMPTY_ACTS, group, target);
    forgetMentions(db, { group, seq: target });
    db.run(SETTLE, group, erase);
  },
  scrubActs(group: GroupId, seqs: readonly number[]): void {
    db.run(EMPTY_ACTS_AT, group, JSON.stringify(seqs));
    db.run(EMPTY_COMMANDS_AT, group, JSON.stringify(seqs));
  },
  clearDue: (group: GroupId, erase: number) => void db.run(SETTLE, group, erase),
  clearPins: (group: GroupId, target: number, before: number) => void db.run(UNPIN, group, target, before),
  clearPending: (group: GroupId, seq: number) => void db.run(CALLED, group, seq),
});

/** Run outside of a transaction. */
export const journalWrites = (db: Connection) => ({
  /** The write-ahead log keeps removed text until its pages are reused, so it is truncated. If a reader prevents that, the next scrub does it. */
  empty(): void {
    try {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  },
});

export type Rewrites = {
  readonly rewriting: WritesOf<ReturnType<typeof rewriting>>;
  readonly journal: WritesOf<ReturnType<typeof journalWrites>>;
};

export const scrubbing = (db: Connection, { rewriting: writes, journal }: Rewrites): Rewriting => ({
  ...writes,
  dueScrubs: async (now, limit, held = []) =>
    db.all<EntryRow>(DUE, now, JSON.stringify(held), limit).map((row) => entryOf(row) as DueEntry),
  async scrub(group, target, erase) {
    await writes.scrub(group, target, erase);
    await journal.empty();
  },
  async scrubActs(group, acts) {
    await writes.scrubActs(group, acts);
    await journal.empty();
  },
  listPending: async (limit) => db.all<EntryRow>(PENDING, limit).map(entryOf),
  pins: async (group, limit) => db.all<EntryRow>(PINS, group, limit).map((row) => entryOf(row) as Entry & { kind: 'pin' }),
});

const RANGE = `SELECT ${ENTRY_COLUMNS} FROM entries WHERE group_id = ? AND seq BETWEEN ? AND ? ORDER BY seq`;
// Scrubbing and a newer snapshot are all that changes the texts of an entry.
const REPLACE = `UPDATE entries SET rest = ?1, folded = ?2, body = ?3
  WHERE group_id = ?4 AND seq = ?5 AND rest IS ?6 AND folded IS ?7 AND body IS ?8`;

type Column = { readonly column: string; readonly isJson?: true };
/** `key`: a column, and the field of the record. */
type Table = { readonly table: string; readonly key: string; readonly texts: Readonly<Record<string, Column>> };

const TABLES: { readonly [C in TextCollection]: Table } = {
  settings: { table: 'settings', key: 'key', texts: { value: { column: 'value' } } },
  groups: { table: 'groups', key: 'id', texts: { topic: { column: 'topic' } } },
  webhooks: {
    table: 'webhooks',
    key: 'bot',
    texts: { url: { column: 'url' }, keywords: { column: 'keywords', isJson: true } },
  },
  deliveries: {
    table: 'deliveries',
    key: 'id',
    texts: { reason: { column: 'reason' }, attempts: { column: 'attempts', isJson: true } },
  },
  scheduled: { table: 'scheduled', key: 'id', texts: { body: { column: 'body' } } },
  files: {
    table: 'files',
    key: 'id',
    texts: { name: { column: 'name' }, type: { column: 'type' }, sha256: { column: 'sha256' } },
  },
  contentKeys: { table: 'content_keys', key: 'id', texts: { sealed: { column: 'sealed' } } },
};

type Row = Readonly<Record<string, string | null>>;

/** An UPDATE of the texts of a record that is as it was read: their columns, the key, and the columns as they were. */
function replaceOf(name: TextCollection): string {
  const { table, key, texts } = TABLES[name];
  const names = Object.values(texts).map(({ column }) => column);
  return `UPDATE ${table} SET ${names.map((one) => `${one} = ?`).join()} WHERE ${key} = ? AND ${names.map((one) => `${one} IS ?`).join(' AND ')}`;
}

/** Each takes the values of several statements and returns how many rows it has replaced. */
export function replacing(db: Connection) {
  const runAll = (sql: string, changes: readonly SQLInputValue[][]): number =>
    changes.reduce((sum, values) => sum + db.run(sql, ...values), 0);
  return {
    entries: (changes: readonly SQLInputValue[][]) => runAll(REPLACE, changes),
    records: (name: TextCollection, changes: readonly SQLInputValue[][]) => runAll(replaceOf(name), changes),
  };
}

/** Reads rows and replaces them while their columns are as they were read. */
export function rewriteStore(db: Connection, writes: WritesOf<ReturnType<typeof replacing>>, journal: Rewrites['journal']): RewriteStore {
  return {
    async entries(group, from, to, change) {
      const rows = db.all<EntryRow>(RANGE, group, from, to);
      const changes: SQLInputValue[][] = [];
      for (const row of rows) {
        const entry = change(entryOf(row));
        if (entry) changes.push([...valuesOf(entry).slice(10, 13), group, row.seq, row.rest, row.folded, row.body]);
      }
      return { missed: changes.length === 0 ? 0 : changes.length - (await writes.entries(changes)) };
    },
    async records(name, { after, limit }, change) {
      const { table, key, texts } = TABLES[name];
      const columns = Object.entries(texts);
      const names = columns.map(([, { column }]) => column);
      const rows = db.all<Row>(`SELECT ${[key, ...names].join()} FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT ?`, after, limit);
      const changes = rows.flatMap((row) => {
        const fields = columns.map(([field, { column, isJson }]) => [field, isJson && row[column] ? JSON.parse(row[column]) : row[column]]);
        const changed = change({ [key]: row[key], ...Object.fromEntries(fields) });
        const next = changed && columns.map(([field, { isJson }]) => (isJson ? JSON.stringify(changed[field]) : changed[field]));
        return next ? [[...next, row[key], ...names.map((one) => row[one])] as SQLInputValue[]] : [];
      });
      const missed = changes.length === 0 ? 0 : changes.length - (await writes.records(name, changes));
      return { last: rows.at(-1)?.[key] ?? undefined, missed };
    },
    finish: journal.empty,
  };
}
