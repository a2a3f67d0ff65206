import type { UserId } from '../../../ids.ts';
import type { EphemeralRecord, EphemeralStore } from '../../../messages/ephemeral/port.ts';
import type { Connection } from '../connection.ts';
import { mapping } from '../mapping.ts';
import type { WritesOf } from '../writing/remote.ts';

const EPHEMERALS = mapping<EphemeralRecord>('ephemerals', {
  id: 'id',
  group: 'group_id',
  user: 'user_id',
  bot: 'bot',
  sealed: 'sealed',
  at: 'at',
  expiresAt: 'expires_at',
});

const INSERT = `${EPHEMERALS.insert} ON CONFLICT DO NOTHING`;
const BY_ID = `${EPHEMERALS.select} WHERE id = ?`;
const LIST = `${EPHEMERALS.select} WHERE group_id = ? AND user_id = ? AND expires_at > ? ORDER BY at DESC, id DESC LIMIT ?`;
const REMOVE = 'DELETE FROM ephemerals WHERE id = ?';
const REMOVE_OF = 'DELETE FROM ephemerals WHERE user_id = ?';
const SWEEP = 'DELETE FROM ephemerals WHERE expires_at <= ?';

export const ephemeralWrites = (db: Connection) => ({
  insert: (record: EphemeralRecord) => db.run(INSERT, ...EPHEMERALS.values(record)) === 1,
  remove: (id: string) => void db.run(REMOVE, id),
  removeOf: (user: UserId) => void db.run(REMOVE_OF, user),
  sweep: (now: number) => void db.run(SWEEP, now),
});

export const ephemeralStore = (db: Connection, writes: WritesOf<ReturnType<typeof ephemeralWrites>>): EphemeralStore => ({
  ...writes,
  async byId(id) {
    const row = db.one(BY_ID, id);
    return row && EPHEMERALS.read(row);
  },
  list: async (group, user, now, limit) => db.all(LIST, group, user, now, limit).map(EPHEMERALS.read).reverse(),
});
