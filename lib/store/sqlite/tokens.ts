import type { Token, TokenStore } from '../../accounts/port.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import type { WritesOf } from './writing/remote.ts';

export const TOKENS = mapping<Token>('tokens', {
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

export const tokenWrites = (db: Connection) => ({
  insert: (token: Token) => void db.run(TOKENS.insert, ...TOKENS.values(token)),
  touch: (hash: string, now: number) => void db.run(TOUCH, now, hash),
  setSecrets: (hash: string, secrets: string | undefined) => db.run(SET_SECRETS, secrets ?? null, hash) === 1,
  expire: (hash: string, at: number) => db.run(EXPIRE, at, hash) === 1,
  remove: (hash: string) => db.run(REMOVE, hash) === 1,
});

export const tokenStore = (db: Connection, writes: WritesOf<ReturnType<typeof tokenWrites>>): TokenStore => ({
  ...writes,
  async byHash(hash) {
    const row = db.one(BY_HASH, hash);
    return row && TOKENS.read(row);
  },
  listOf: async (user) => db.all(LIST_OF, user).map(TOKENS.read),
  expired: async (now, limit) => db.all(EXPIRED, now, limit).map(TOKENS.read),
});
