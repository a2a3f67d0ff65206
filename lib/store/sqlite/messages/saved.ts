import type { GroupId, UserId } from '../../../ids.ts';
import type { Saved, SavedStore } from '../../../messages/port.ts';
import type { Connection } from '../connection.ts';
import type { WritesOf } from '../writing/remote.ts';

const PUT = 'INSERT INTO saved (user_id, group_id, seq, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
const REMOVE = 'DELETE FROM saved WHERE user_id = ? AND group_id = ? AND seq = ?';
const ORDER = 'ORDER BY at DESC, group_id DESC, seq DESC LIMIT ?';
const FIRST = `SELECT group_id, seq, at FROM saved WHERE user_id = ? ${ORDER}`;
const NEXT = `SELECT group_id, seq, at FROM saved WHERE user_id = ? AND (at, group_id, seq) < (?, ?, ?) ${ORDER}`;
const HAS = 'SELECT 1 FROM saved WHERE user_id = ? AND group_id = ? AND seq = ?';
const COUNT = 'SELECT count(*) AS count FROM saved WHERE user_id = ?';

type Row = { readonly group_id: GroupId; readonly seq: number; readonly at: number };

export const savedWrites = (db: Connection) => ({
  put: ({ user, group, seq, at }: Saved) => void db.run(PUT, user, group, seq, at),
  remove: (user: UserId, group: GroupId, seq: number) => void db.run(REMOVE, user, group, seq),
});

export function savedStore(db: Connection, writes: WritesOf<ReturnType<typeof savedWrites>>): SavedStore {
  const toSaved = (user: UserId, { group_id: group, seq, at }: Row): Saved => ({ user, group, seq, at });
  return {
    ...writes,
    list: async (user, { limit, after }) => {
      const rows = after ? db.all<Row>(NEXT, user, after.at, after.group, after.seq, limit) : db.all<Row>(FIRST, user, limit);
      return rows.map((row) => toSaved(user, row));
    },
    has: async (user, group, seq) => db.one(HAS, user, group, seq) !== undefined,
    count: async (user) => db.one<{ count: number }>(COUNT, user)?.count ?? 0,
  };
}
