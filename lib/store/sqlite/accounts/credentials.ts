import type { Credential, CredentialStore } from '../../../accounts/credentials-port.ts';
import type { UserId } from '../../../ids.ts';
import type { Connection } from '../connection.ts';
import { mapping } from '../mapping.ts';
import type { WritesOf } from '../writing/remote.ts';

export const CREDENTIALS = mapping<Credential>('credentials', {
  id: 'id',
  user: 'user_id',
  kind: 'kind',
  sealed: 'sealed',
  label: 'label',
  counter: 'counter',
  createdAt: 'created_at',
  lastUsedAt: 'last_used_at',
});
const INSERT = `${CREDENTIALS.insert} ON CONFLICT DO NOTHING`;
const BY_ID = `${CREDENTIALS.select} WHERE id = ?`;
const OF_USER = `${CREDENTIALS.select} WHERE user_id = ? ORDER BY created_at, id`;
const USE = 'UPDATE credentials SET counter = ?, last_used_at = ? WHERE id = ? AND counter = ?';
const REMOVE = 'DELETE FROM credentials WHERE id = ? AND user_id = ?';
const REMOVE_ALL = 'DELETE FROM credentials WHERE user_id = ? AND kind = ?';

export const credentialWrites = (db: Connection) => ({
  insert: (credential: Credential) => db.run(INSERT, ...CREDENTIALS.values(credential)) === 1,
  use: (id: string, seen: number, counter: number, now: number) => db.run(USE, counter, now, id, seen) === 1,
  remove: (id: string, user: UserId) => db.run(REMOVE, id, user) === 1,
  removeAll: (user: UserId, kind: Credential['kind']) => void db.run(REMOVE_ALL, user, kind),
});

export const credentialStore = (db: Connection, writes: WritesOf<ReturnType<typeof credentialWrites>>): CredentialStore => ({
  ...writes,
  async byId(id) {
    const row = db.one(BY_ID, id);
    return row && CREDENTIALS.read(row);
  },
  ofUser: async (user) => db.all(OF_USER, user).map(CREDENTIALS.read),
});
