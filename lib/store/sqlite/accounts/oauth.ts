import type { OAuthClient, OAuthClientStore, OAuthGrant, OAuthGrantStore } from '../../../accounts/oauth/port.ts';
import type { Connection } from '../connection.ts';
import { mapping } from '../mapping.ts';
import type { WritesOf } from '../writing/remote.ts';

export const OAUTH_CLIENTS = mapping<OAuthClient>('oauth_clients', {
  id: 'id',
  name: 'name',
  redirectUris: ['redirect_uris', 'json'],
  secret: 'secret',
  source: 'source',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
});
const CLIENT = `${OAUTH_CLIENTS.select} WHERE id = ?`;
const ADDED = `${OAUTH_CLIENTS.select} WHERE source = 'added' ORDER BY created_at, id LIMIT ?`;
const EXTEND = 'UPDATE oauth_clients SET expires_at = ?2 WHERE id = ?1 AND expires_at < ?2';
const REMOVE_CLIENT = 'DELETE FROM oauth_clients WHERE id = ?';
const SWEEP_CLIENTS = 'DELETE FROM oauth_clients WHERE expires_at < ?';

export const oauthClientWrites = (db: Connection) => ({
  insert: (client: OAuthClient) => void db.run(OAUTH_CLIENTS.insert, ...OAUTH_CLIENTS.values(client)),
  extend: (id: string, at: number) => void db.run(EXTEND, id, at),
  remove: (id: string) => db.run(REMOVE_CLIENT, id) === 1,
  sweep: (now: number) => void db.run(SWEEP_CLIENTS, now),
});

export const oauthClientStore = (db: Connection, writes: WritesOf<ReturnType<typeof oauthClientWrites>>): OAuthClientStore => ({
  ...writes,
  async byId(id) {
    const row = db.one(CLIENT, id);
    return row && OAUTH_CLIENTS.read(row);
  },
  listAdded: async (limit) => db.all(ADDED, limit).map(OAUTH_CLIENTS.read),
});

export const OAUTH_GRANTS = mapping<OAuthGrant>('oauth_grants', {
  id: 'id',
  client: 'client',
  clientName: 'client_name',
  user: 'user_id',
  redirectUri: 'redirect_uri',
  challenge: 'challenge',
  resource: 'resource',
  redeemed: ['redeemed', 'boolean'],
  current: 'current',
  access: ['access', 'json'],
  createdAt: 'created_at',
  lastUsedAt: 'last_used_at',
  expiresAt: 'expires_at',
});
const GRANT = `${OAUTH_GRANTS.select} WHERE id = ?`;
const OF_USER = `${OAUTH_GRANTS.select} WHERE user_id = ? ORDER BY created_at, id`;
const OF_CLIENT = `${OAUTH_GRANTS.select} WHERE client = ? ORDER BY created_at, id LIMIT ?`;
const ADVANCE = 'UPDATE oauth_grants SET redeemed = 1, current = ?, access = ?, expires_at = ? WHERE id = ? AND current = ?';
const TOUCH = 'UPDATE oauth_grants SET last_used_at = ? WHERE id = ?';
const REMOVE_GRANT = 'DELETE FROM oauth_grants WHERE id = ?';
const SWEEP_GRANTS = 'DELETE FROM oauth_grants WHERE expires_at < ?';

type Next = Parameters<OAuthGrantStore['advance']>[2];

export const oauthGrantWrites = (db: Connection) => ({
  insert: (grant: OAuthGrant) => void db.run(OAUTH_GRANTS.insert, ...OAUTH_GRANTS.values(grant)),
  advance: (id: string, seen: string, { current, access, expiresAt }: Next) =>
    db.run(ADVANCE, current, JSON.stringify(access), expiresAt, id, seen) === 1,
  touch: (id: string, now: number) => void db.run(TOUCH, now, id),
  remove: (id: string) => db.run(REMOVE_GRANT, id) === 1,
  sweep: (now: number) => void db.run(SWEEP_GRANTS, now),
});

export const oauthGrantStore = (db: Connection, writes: WritesOf<ReturnType<typeof oauthGrantWrites>>): OAuthGrantStore => ({
  ...writes,
  async byId(id) {
    const row = db.one(GRANT, id);
    return row && OAUTH_GRANTS.read(row);
  },
  ofUser: async (user) => db.all(OF_USER, user).map(OAUTH_GRANTS.read),
  ofClient: async (client, limit) => db.all(OF_CLIENT, client, limit).map(OAUTH_GRANTS.read),
});
