import type { SessionRecord, SessionStore } from '../../accounts/port.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const GET = `SELECT hash, user_id AS userId, data, expires_at AS expiresAt FROM sessions WHERE hash = ? AND expires_at >= ?`;
const SET = 'INSERT OR REPLACE INTO sessions (hash, user_id, data, expires_at) VALUES (?, ?, ?, ?)';
const DESTROY = 'DELETE FROM sessions WHERE hash = ?';
const DESTROY_OF = 'DELETE FROM sessions WHERE user_id = ? AND hash IS NOT ? RETURNING hash';
const SWEEP = 'DELETE FROM sessions WHERE expires_at < ?';

export function sessionStore(db: Connection, { write }: Writer): SessionStore {
  return {
    async get(hash, now) {
      const row = db.one<SessionRecord>(GET, hash, now);
      return row && { ...row };
    },
    set: async ({ hash, userId, data, expiresAt }) => {
      await write(() => db.run(SET, hash, userId, data, expiresAt));
    },
    destroy: async (hash) => {
      await write(() => db.run(DESTROY, hash));
    },
    destroyOf: (user, except) => write(() => db.all<{ hash: string }>(DESTROY_OF, user, except ?? null).map(({ hash }) => hash)),
    sweep: async (now) => {
      await write(() => db.run(SWEEP, now));
    },
  };
}
