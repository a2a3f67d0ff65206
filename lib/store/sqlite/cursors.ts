import type { UserId } from '../../ids.ts';
import type { CursorStore } from '../../live/all-groups/port.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const INSERT = 'INSERT INTO cursors (user_id, id, positions, used_at, replaced) VALUES (?, ?, ?, ?, 0)';
const REPLACE = 'UPDATE cursors SET replaced = 1 WHERE user_id = ? AND id = ?';
const USE = 'UPDATE cursors SET used_at = max(used_at, ?), replaced = 0 WHERE user_id = ? AND id = ? RETURNING positions';
const SWEEP = 'DELETE FROM cursors WHERE replaced = ? AND used_at < ?';

export function cursorStore(db: Connection, { write }: Writer): CursorStore {
  function use(user: UserId, id: string, now: number): ReadonlyMap<number, number> | undefined {
    const row = db.one<{ positions: string }>(USE, now, user, id);
    return row && new Map(JSON.parse(row.positions));
  }

  return {
    insert: async ({ id, user, positions }, now, instead) => {
      await write(() => {
        db.run(INSERT, user, id, JSON.stringify([...positions]), now);
        if (instead !== undefined) db.run(REPLACE, user, instead);
      });
    },
    use: (user, id, now) => write(() => use(user, id, now)),
    sweep: async (unused, replaced) => {
      await write(() => {
        db.run(SWEEP, 0, unused);
        db.run(SWEEP, 1, replaced);
      });
    },
  };
}
