import type { SessionRecord, SessionStore } from '../../accounts/port.ts';
import type { UserId } from '../../ids.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import type { WritesOf } from './writing/remote.ts';

export const SESSIONS = mapping<SessionRecord>('sessions', { hash: 'hash', userId: 'user_id', data: 'data', expiresAt: 'expires_at' });
const GET = `${SESSIONS.select} WHERE hash = ? AND expires_at >= ?`;
const LIST_OF = `${SESSIONS.select} WHERE user_id = ? AND expires_at >= ?`;
const DESTROY = 'DELETE FROM sessions WHERE hash = ?';
const DESTROY_OF = 'DELETE FROM sessions WHERE user_id = ? AND hash IS NOT ? RETURNING hash';
const SWEEP = 'DELETE FROM sessions WHERE expires_at < ?';

export const sessionWrites = (db: Connection) => ({
  set: (record: SessionRecord) => void db.run(SESSIONS.replace, ...SESSIONS.values(record)),
  destroy: (hash: string) => void db.run(DESTROY, hash),
  destroyOf: (user: UserId, except?: string) => db.all<{ hash: string }>(DESTROY_OF, user, except ?? null).map(({ hash }) => hash),
  sweep: (now: number) => void db.run(SWEEP, now),
});

export const sessionStore = (db: Connection, writes: WritesOf<ReturnType<typeof sessionWrites>>): SessionStore => ({
  ...writes,
  async get(hash, now) {
    const row = db.one(GET, hash, now);
    return row && SESSIONS.read(row);
  },
  listOf: async (user, now) => db.all(LIST_OF, user, now).map(SESSIONS.read),
});
