import type { UserId } from '../../ids.ts';
import type { CursorSet, CursorStore } from '../../live/all-groups/port.ts';
import type { Connection } from './connection.ts';
import type { WritesOf } from './writing/remote.ts';

const INSERT = 'INSERT INTO cursors (user_id, id, positions, used_at, replaced) VALUES (?, ?, ?, ?, 0)';
const REPLACE = 'UPDATE cursors SET replaced = 1 WHERE user_id = ? AND id = ?';
const USE = 'UPDATE cursors SET used_at = max(used_at, ?), replaced = 0 WHERE user_id = ? AND id = ? RETURNING positions';
const SWEEP = 'DELETE FROM cursors WHERE replaced = ? AND used_at < ?';

export const cursorWrites = (db: Connection) => ({
  insert({ id, user, positions }: CursorSet, now: number, instead?: string): void {
    db.run(INSERT, user, id, JSON.stringify([...positions]), now);
    if (instead !== undefined) db.run(REPLACE, user, instead);
  },
  use(user: UserId, id: string, now: number): ReadonlyMap<number, number> | undefined {
    const row = db.one<{ positions: string }>(USE, now, user, id);
    return row && new Map(JSON.parse(row.positions));
  },
  sweep(unused: number, replaced: number): void {
    db.run(SWEEP, 0, unused);
    db.run(SWEEP, 1, replaced);
  },
});

/** Has no reads: whoever uses a cursor keeps it alive. */
export const cursorStore = (writes: WritesOf<ReturnType<typeof cursorWrites>>): CursorStore => writes;
