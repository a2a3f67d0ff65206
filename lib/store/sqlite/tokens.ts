import type { Token, TokenStore } from '../../accounts/port.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import type { Writer } from './writer.ts';

const TOKENS = mapping<Token>('tokens', {
  hash: 'hash',
  kind: 'kind',
  user: 'user_id',
  group: 'group_id',
  prefix: 'prefix',
  createdAt: 'created_at',
  lastUsedAt: 'last_used_at',
  secrets: ['secrets', 'optional'],
  name: ['name', 'optional'],
  expiresAt: ['expires_at', 'optional'],
});
const BY_HASH = `${TOKENS.select} WHERE hash = ?`;
const LIST_OF = `${TOKENS.select} WHERE user_id = ? ORDER BY created_at, hash`;
const TOUCH = 'UPDATE tokens SET last_used_at = ? WHERE hash = ?';
const SET_SECRETS = 'UPDATE tokens SET secrets = ? WHERE hash = ?';
const EXPIRE = 'UPDATE tokens SET expires_at = ? WHERE hash = ?';
const EXPIRED = `${TOKENS.select} WHERE expires_at <= ? LIMIT ?`;
const REMOVE = 'DELETE FROM tokens WHERE hash = ?';

export function tokenStore(db: Connection, { write }: Writer): TokenStore {
  return {
    insert: async (token) => {
      await write(() => db.run(TOKENS.insert, ...TOKENS.values(token)));
    },
    async byHash(hash) {
      const row = db.one(BY_HASH, hash);
      return row && TOKENS.read(row);
    },
    listOf: async (user) => db.all(LIST_OF, user).map(TOKENS.read),
    touch: async (hash, now) => {
      await write(() => db.run(TOUCH, now, hash));
    },
    setSecrets: (hash, secrets) => write(() => db.run(SET_SECRETS, secrets ?? null, hash) === 1),
    expire: (hash, at) => write(() => db.run(EXPIRE, at, hash) === 1),
    expired: async (now, limit) => db.all(EXPIRED, now, limit).map(TOKENS.read),
    remove: (hash) => write(() => db.run(REMOVE, hash) === 1),
  };
}
