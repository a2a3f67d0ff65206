import { StoreUnavailable } from '../../errors.ts';
import type { GroupId } from '../../ids.ts';
import { EMPTY_HEAD, type Entry, type FollowUp, type Head, type Message } from '../../log/entry.ts';
import type { Appended, LogStore } from '../../log/port.ts';
import type { Connection } from './connection.ts';
import { ENTRY_COLUMNS, type EntryRow, entryOf, valuesOf } from './entries.ts';
import { mentionCounts, noteMentions } from './mentions.ts';
import { scrubbing } from './scrubbing.ts';
import type { Writer } from './writer.ts';

const SELECT = `SELECT ${ENTRY_COLUMNS} FROM entries`;
const HEAD = 'SELECT seq, n, at FROM entries WHERE group_id = ? ORDER BY seq DESC LIMIT 1';
const RANGE = `${SELECT} WHERE group_id = ? AND seq BETWEEN ? AND ? ORDER BY seq`;
const MESSAGES = `${SELECT} WHERE group_id = ? AND kind = 'message' AND n BETWEEN ? AND ? ORDER BY n`;
const MESSAGE = `${SELECT} WHERE group_id = ? AND seq = ? AND kind = 'message'`;
const BY_KEY = `${SELECT} WHERE group_id = ? AND author = ? AND key = ?`;
// Visits each target, then its entries by the index on (group_id, target, seq). Both hints are needed: without statistics SQLite assumes a group has a
// few rows and would read the group's log from `after` on.
const FOLLOW_UPS = `SELECT ${ENTRY_COLUMNS.replaceAll(/\w+/g, 'e.$&')} FROM json_each(?) t CROSS JOIN entries e INDEXED BY entries_by_target
  ON e.group_id = ? AND e.target = t.value ->> 'seq' AND e.seq > t.value ->> 'after' ORDER BY e.seq`;
// `erase` and `unerase` of a message alternate.
const ERASED = `SELECT coalesce(sum(iif(kind = 'erase', 1, -1)), 0) AS count FROM entries INDEXED BY entries_erasures
  WHERE group_id = ? AND kind IN ('erase', 'unerase')`;
const INSERT = `INSERT INTO entries (${ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

export function logStore(db: Connection, writer: Writer): LogStore {
  const headOf = (group: GroupId): Head => ({ ...(db.one<Head>(HEAD, group) ?? EMPTY_HEAD) });

  const select = <E extends Entry>(sql: string, ...values: (string | number)[]) =>
    db.all<EntryRow>(sql, ...values).map((row) => entryOf(row) as E);

  // Entries before a refused one stay written: each is a record of its own.
  function insert(group: GroupId, entries: readonly Entry[]): Appended {
    let { seq } = headOf(group);
    for (const [written, entry] of entries.entries()) {
      seq += 1;
      if (entry.seq !== seq || db.run(INSERT, group, ...valuesOf(entry)) === 0) return { written, stopped: 'conflict' };
      noteMentions(db, entry);
    }
    return { written: entries.length };
  }

  return {
    async append(group, entries) {
      try {
        return entries.length === 0 ? { written: 0 } : await writer.write(() => insert(group, entries));
      } catch (error) {
        if (error instanceof StoreUnavailable) return { written: 0, stopped: 'unknown' };
        throw error;
      }
    },
    head: async (group) => headOf(group),
    heads: async (groups) => new Map(groups.map((group) => [group, headOf(group)])),
    range: async (group, from, to) => select(RANGE, group, from, to),
    messages: async (group, from, to) => select<Message>(MESSAGES, group, from, to),
    message: async (group, seq) => select<Message>(MESSAGE, group, seq)[0],
    followUps: async (group, targets) => select<FollowUp>(FOLLOW_UPS, JSON.stringify(targets), group),
    byKey: async (group, author, key) => select(BY_KEY, group, author, key)[0],
    countErased: async (group) => db.one<{ count: number }>(ERASED, group)?.count ?? 0,
    ...mentionCounts(db),
    ...scrubbing(db, writer),
  };
}
