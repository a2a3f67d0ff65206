import type { Token, TokenStore } from '../../accounts/port.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const SELECT = `SELECT hash, kind, user_id AS user, group_id AS "group", prefix, created_at AS createdAt, last_used_at AS lastUsedAt, secrets, name, expires_at AS expiresAt FROM tokens`;
const BY_HASH = `${SELECT} WHERE hash = ?`;
const LIST_OF = `${SELECT} WHERE user_id = ? ORDER BY created_at, hash`;
const INSERT =
  'INSERT INTO tokens (hash, kind, user_id, group_id, prefix, created_at, last_used_at, secrets, name, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const TOUCH = 'UPDATE tokens SET last_used_at = ? WHERE hash = ?';
const SET_SECRETS = 'UPDATE tokens SET secrets = ? WHERE hash = ?';
const EXPIRE = 'UPDATE tokens SET expires_at = ? WHERE hash = ?';
const EXPIRED = `${SELECT} WHERE expires_at <= ? LIMIT ?`;
const REMOVE = 'DELETE FROM tokens WHERE hash = ?';

type Row = Omit<Token, 'secrets' | 'name' | 'expiresAt'> & {
  readonly secrets: string | null;
  readonly name: string | null;
  readonly expiresAt: number | null;
};

const tokenOf = ({ secrets, name, expiresAt, ...row }: Row): Token => ({
  ...row,
  ...(secrets === null ? {} : { secrets }),
  ...(name === null ? {} : { name }),
  ...(expiresAt === null ? {} : { expiresAt }),
});

export function tokenStore(db: Connection, { write }: Writer): TokenStore {
  return {
    insert: async ({ hash, kind, user, group, prefix, createdAt, lastUsedAt, secrets, name, expiresAt }) => {
      await write(() =>
        db.run(INSERT, hash, kind, user, group, prefix, createdAt, lastUsedAt, secrets ?? null, name ?? null, expiresAt ?? null),
      );
    },
    async byHash(hash) {
      const row = db.one<Row>(BY_HASH, hash);
      return row && tokenOf(row);
    },
    listOf: async (user) => db.all<Row>(LIST_OF, user).map(tokenOf),
    touch: async (hash, now) => {
      await write(() => db.run(TOUCH, now, hash));
    },
    setSecrets: (hash, secrets) => write(() => db.run(SET_SECRETS, secrets ?? null, hash) === 1),
    expire: (hash, at) => write(() => db.run(EXPIRE, at, hash) === 1),
    expired: async (now, limit) => db.all<Row>(EXPIRED, now, limit).map(tokenOf),
    remove: (hash) => write(() => db.run(REMOVE, hash) === 1),
  };
}
