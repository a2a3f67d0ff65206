import { StoreUnavailable } from '../../errors.ts';
import type { GroupId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { LogStore } from '../../log/port.ts';
import type { Connection } from './connection.ts';
import { ENTRY_COLUMNS, type EntryRow, entryOf } from './entries.ts';
import { forgetMentions } from './mentions.ts';
import type { Writer } from './writer.ts';

const SNAPSHOT = `UPDATE entries SET folded = ?1 WHERE group_id = ?2 AND seq = ?3 AND kind = 'message'
  AND rest ->> 'scrubbed' IS NULL AND (folded IS NULL OR folded ->> 'upto' < ?4)`;
const DUE = `SELECT ${ENTRY_COLUMNS} FROM entries WHERE due <= ? AND kind = 'erase' ORDER BY due LIMIT ?`;
const EMPTY = `SET body = '', folded = NULL, rest = json_set(json_remove(rest, '$.attachments'), '$.scrubbed', json('true'))`;
const EMPTY_MESSAGE = `UPDATE entries ${EMPTY} WHERE group_id = ? AND seq = ? AND kind = 'message'`;
// The hint is needed, as for FOLLOW_UPS in log.ts: without it SQLite walks the group's whole log.
const EMPTY_EDITS = `UPDATE entries INDEXED BY entries_by_target ${EMPTY} WHERE group_id = ? AND target = ? AND kind = 'edit'`;
const PENDING = `SELECT ${ENTRY_COLUMNS} FROM entries WHERE pending IS NOT NULL ORDER BY at LIMIT ?`;
const CALLED = 'UPDATE entries SET pending = NULL WHERE group_id = ? AND seq = ?';
// The hints are needed, as above.
const PINS = `SELECT ${ENTRY_COLUMNS} FROM entries INDEXED BY entries_pins
  WHERE group_id = ? AND kind = 'pin' AND rest ->> 'stands' IS NOT NULL ORDER BY seq DESC LIMIT ?`;
const UNPIN = `UPDATE entries INDEXED BY entries_by_target SET rest = json_remove(rest, '$.stands')
  WHERE group_id = ? AND target = ? AND seq < ? AND kind = 'pin'`;
const SETTLE = `UPDATE entries SET due = NULL WHERE group_id = ? AND seq = ? AND kind = 'erase'`;

type Rewriting = Pick<LogStore, 'snapshot' | 'dueScrubs' | 'scrub' | 'clearDue' | 'listPending' | 'clearPending' | 'pins' | 'clearPins'>;

/** The only writes that change an appended entry: snapshots, scrubbing of erased text, and clearing of `pending`. */
export function scrubbing(db: Connection, { write }: Writer): Rewriting {
  function scrub(group: GroupId, target: number, erase: number): void {
    db.run(EMPTY_MESSAGE, group, target);
    db.run(EMPTY_EDITS, group, target);
    forgetMentions(db, { group, seq: target });
    db.run(SETTLE, group, erase);
  }

  /** The write-ahead log keeps removed text until its pages are reused, so it is truncated. If a reader prevents that, the next scrub does it. */
  function emptyJournal(): void {
    try {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  return {
    snapshot: async (group, target, folded) => {
      await write(() => db.run(SNAPSHOT, JSON.stringify(folded), group, target, folded.upto));
    },
    dueScrubs: async (now, limit) => db.all<EntryRow>(DUE, now, limit).map((row) => entryOf(row) as Entry & { kind: 'erase' }),
    async scrub(group, target, erase) {
      await write(() => scrub(group, target, erase));
      emptyJournal();
    },
    clearDue: async (group, erase) => {
      await write(() => db.run(SETTLE, group, erase));
    },
    listPending: async (limit) => db.all<EntryRow>(PENDING, limit).map(entryOf),
    pins: async (group, limit) => db.all<EntryRow>(PINS, group, limit).map((row) => entryOf(row) as Entry & { kind: 'pin' }),
    clearPins: async (group, target, before) => {
      await write(() => db.run(UNPIN, group, target, before));
    },
    clearPending: async (group, seq) => {
      await write(() => db.run(CALLED, group, seq));
    },
  };
}
