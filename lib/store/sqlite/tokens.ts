import type { Token, TokenStore } from '../port.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const SELECT = `SELECT hash, kind, user_id AS user, group_id AS "group", prefix, created_at AS createdAt, last_used_at AS lastUsedAt FROM tokens`;
const BY_HASH = `${SELECT} WHERE hash = ?`;
const LIST_OF = `${SELECT} WHERE user_id = ? ORDER BY created_at, hash`;
const INSERT = 'INSERT INTO tokens (hash, kind, user_id, group_id, prefix, created_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?)';
const TOUCH = 'UPDATE tokens SET last_used_at = ? WHERE hash = ?';
const REMOVE = 'DELETE FROM tokens WHERE hash = ?';

export function tokenStore(db: Connection, { write }: Writer): TokenStore {
  return {
    insert: async ({ hash, kind, user, group, prefix, createdAt, lastUsedAt }) => {
      await write(() => db.run(INSERT, hash, kind, user, group, prefix, createdAt, lastUsedAt));
    },
    async byHash(hash) {
      const row = db.one<Token>(BY_HASH, hash);
      return row && { ...row };
    },
    listOf: async (user) => db.all<Token>(LIST_OF, user).map((row) => ({ ...row })),
    touch: async (hash, now) => {
      await write(() => db.run(TOUCH, now, hash));
    },
    remove: (hash) => write(() => db.run(REMOVE, hash) === 1),
  };
}
