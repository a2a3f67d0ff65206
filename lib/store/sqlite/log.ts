import type { SQLInputValue } from 'node:sqlite';
import { StoreUnavailable } from '../../errors.ts';
import type { GroupId } from '../../ids.ts';
import { EMPTY_HEAD, type Entry, type FollowUp, type Head, type Message } from '../../log/entry.ts';
import type { Appended, LogStore, ThreadSummary } from '../../log/port.ts';
import type { Connection } from './connection.ts';
import { ENTRY_COLUMNS, type EntryRow, entryOf, valuesOf } from './entries.ts';
import { type Mentioned, mentionCounts, mentionedIn, noteMentions } from './mentions.ts';
import { type Rewrites, scrubbing } from './scrubbing.ts';
import type { WritesOf } from './writing/remote.ts';

const SELECT = `SELECT ${ENTRY_COLUMNS} FROM entries`;
const HEAD = 'SELECT seq, n, at FROM entries WHERE group_id = ? ORDER BY seq DESC LIMIT 1';
const HEADS = `SELECT e.group_id AS "group", e.seq, e.n, e.at FROM json_each(?) t CROSS JOIN entries e
  ON e.group_id = t.value AND e.seq = (SELECT max(seq) FROM entries WHERE group_id = t.value)`;
const RANGE = `${SELECT} WHERE group_id = ? AND seq BETWEEN ? AND ? ORDER BY seq`;
// A condition on `kind` alone would not use the primary key.
const SYSTEM = `${SELECT} WHERE group_id = ? AND seq BETWEEN ? AND ? AND +kind IN ('join', 'leave', 'rename', 'topic', 'archive', 'revoke') ORDER BY seq`;
const EDITS = `${SELECT} INDEXED BY entries_by_target WHERE group_id = ? AND target = ? AND seq < ? AND kind = 'edit' ORDER BY seq DESC LIMIT ?`;
const MESSAGES = `${SELECT} WHERE group_id = ? AND kind = 'message' AND n BETWEEN ? AND ? ORDER BY n`;
const MESSAGE = `${SELECT} WHERE group_id = ? AND seq = ? AND kind = 'message'`;
const MESSAGES_AT = `${SELECT} WHERE group_id = ? AND seq IN (SELECT value FROM json_each(?)) AND +kind = 'message' ORDER BY seq`;
// Read from the index alone, so that erased texts and long ones cost nothing.
const THREADS = `SELECT thread AS root, count(*) AS replies, max(seq) AS lastSeq, max(at) AS lastAt FROM entries INDEXED BY entries_threads
  WHERE group_id = ? AND thread IN (SELECT value FROM json_each(?)) GROUP BY thread`;
const IN_THREAD = `${SELECT} INDEXED BY entries_threads WHERE group_id = ? AND thread = ?`;
const REPLIES_BEFORE = `${IN_THREAD} AND seq < ? ORDER BY seq DESC LIMIT ?`;
const REPLIES_AFTER = `${IN_THREAD} AND seq > ? ORDER BY seq LIMIT ?`;
const BY_KEY = `${SELECT} WHERE group_id = ? AND author = ? AND key = ?`;
// Visits each target, then its entries by the index on (group_id, target, seq). Both hints are needed: without statistics SQLite assumes a group has a
// few rows and would read the group's log from `after` on.
const FOLLOW_UPS = `SELECT ${ENTRY_COLUMNS.replaceAll(/\w+/g, 'e.$&')} FROM json_each(?) t CROSS JOIN entries e INDEXED BY entries_by_target
  ON e.group_id = ? AND e.target = t.value ->> 'seq' AND e.seq > t.value ->> 'after' ORDER BY e.seq`;
// `erase` and `unerase` of a message alternate.
const ERASED = `SELECT coalesce(sum(iif(kind = 'erase', 1, -1)), 0) AS count FROM entries INDEXED BY entries_erasures
  WHERE group_id = ? AND kind IN ('erase', 'unerase')`;
const ERASED_AMONG = `SELECT e.target AS seq FROM json_each(?) t CROSS JOIN entries e INDEXED BY entries_erasures
  ON e.group_id = ? AND e.target = t.value AND e.kind IN ('erase', 'unerase')
  GROUP BY e.target HAVING sum(iif(e.kind = 'erase', 1, -1)) > 0`;
const LAST_EDIT = `${SELECT} INDEXED BY entries_by_target WHERE group_id = ? AND target = ? AND seq < ? AND kind = 'edit' ORDER BY seq DESC LIMIT 1`;
const INSERT = `INSERT INTO entries (${ENTRY_COLUMNS}) VALUES (${ENTRY_COLUMNS.replaceAll(/\w+/g, '?')}) ON CONFLICT DO NOTHING`;

/** An entry as it is stored. `values`: of ENTRY_COLUMNS after `group_id`. It is cheaper to pass to another thread than the entry. */
type Row = { readonly values: SQLInputValue[]; readonly mentioned?: Mentioned };

function rowOf(entry: Entry): Row {
  const mentioned = mentionedIn(entry);
  return { values: valuesOf(entry), ...(mentioned && { mentioned }) };
}

const headOf = (db: Connection, group: GroupId): Head => ({ ...(db.one<Head>(HEAD, group) ?? EMPTY_HEAD) });

export const logWrites = (db: Connection) => ({
  /** Entries before a refused one stay written: each is a record of its own. */
  append(group: GroupId, entries: readonly Row[]): Appended {
    let { seq } = headOf(db, group);
    for (const [written, { values, mentioned }] of entries.entries()) {
      seq += 1;
      if (values[0] !== seq || db.run(INSERT, group, ...values) === 0) return { written, stopped: 'conflict' };
      if (mentioned) noteMentions(db, mentioned);
    }
    return { written: entries.length };
  },
});

type Writes = Rewrites & { readonly log: WritesOf<ReturnType<typeof logWrites>> };

export function logStore(db: Connection, writes: Writes): LogStore {
  const select = <E extends Entry>(sql: string, ...values: (string | number)[]) =>
    db.all<EntryRow>(sql, ...values).map((row) => entryOf(row) as E);

  return {
    async append(group, entries) {
      try {
        return entries.length === 0 ? { written: 0 } : await writes.log.append(group, entries.map(rowOf));
      } catch (error) {
        if (error instanceof StoreUnavailable) return { written: 0, stopped: 'unknown' };
        throw error;
      }
    },
    head: async (group) => headOf(db, group),
    async heads(groups) {
      const heads = new Map<GroupId, Head>(groups.map((group) => [group, EMPTY_HEAD]));
      const found = db.all<Head & { readonly group: GroupId }>(HEADS, JSON.stringify(groups));
      for (const { group, seq, n, at } of found) heads.set(group, { seq, n, at });
      return heads;
    },
    range: async (group, from, to) => select(RANGE, group, from, to),
    systemEntries: async (group, from, to) => select(SYSTEM, group, from, to),
    edits: async (group, target, { before, limit }) => select<Entry & { kind: 'edit' }>(EDITS, group, target, before, limit),
    messages: async (group, from, to) => select<Message>(MESSAGES, group, from, to),
    message: async (group, seq) => select<Message>(MESSAGE, group, seq)[0],
    messagesAt: async (group, seqs) => (seqs.length === 0 ? [] : select<Message>(MESSAGES_AT, group, JSON.stringify(seqs))),
    async threads(group, roots) {
      const found = roots.length === 0 ? [] : db.all<ThreadSummary & { readonly root: number }>(THREADS, group, JSON.stringify(roots));
      return new Map(found.map(({ root, ...summary }) => [root, summary]));
    },
    replies: async (group, root, { limit, ...window }) =>
      'before' in window
        ? select<Message>(REPLIES_BEFORE, group, root, window.before, limit).reverse()
        : select<Message>(REPLIES_AFTER, group, root, window.after, limit),
    followUps: async (group, targets) => select<FollowUp>(FOLLOW_UPS, JSON.stringify(targets), group),
    byKey: async (group, author, key) => select(BY_KEY, group, author, key)[0],
    countErased: async (group) => db.one<{ count: number }>(ERASED, group)?.count ?? 0,
    erasedAmong: async (group, seqs) =>
      new Set(
        seqs.length === 0 ? [] : db.all<{ seq: number }>(ERASED_AMONG, JSON.stringify([...new Set(seqs)]), group).map(({ seq }) => seq),
      ),
    lastEdit: async (group, target, before) => select<Entry & { kind: 'edit' }>(LAST_EDIT, group, target, before)[0],
    ...mentionCounts(db),
    ...scrubbing(db, writes),
  };
}
