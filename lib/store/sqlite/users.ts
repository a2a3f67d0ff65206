import type { User, UserPatch, UserStore } from '../../accounts/port.ts';
import type { UserId } from '../../ids.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import { assignments } from './patch.ts';
import type { Writer } from './writer.ts';

const USERS = mapping<User>('users', {
  id: 'id',
  name: 'name',
  nameKey: 'name_key',
  color: 'color',
  passwordHash: 'password_hash',
  admin: ['admin', 'boolean'],
  bot: ['bot', 'boolean'],
  disabled: ['disabled', 'boolean'],
  keyVersion: 'key_version',
  createdAt: 'created_at',
});
const BY_ID = `${USERS.select} WHERE id = ?`;
const BY_IDS = `${USERS.select} WHERE id IN (SELECT value FROM json_each(?))`;
const BY_NAME_KEY = `${USERS.select} WHERE name_key = ?`;
const LIST = `${USERS.select} WHERE (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?`;
const IS_ADMIN = 'SELECT 1 FROM users WHERE id = ? AND admin = 1 AND disabled = 0';
const OTHER_ADMIN = 'SELECT 1 FROM users WHERE id <> ? AND admin = 1 AND disabled = 0 LIMIT 1';
const INSERT = `${USERS.insert} ON CONFLICT (name_key) DO NOTHING`;

const PATCHED: { readonly [F in keyof UserPatch]-?: string } = {
  passwordHash: 'password_hash',
  admin: 'admin',
  disabled: 'disabled',
  keyVersion: 'key_version',
  color: 'color',
};

export function userStore(db: Connection, { write }: Writer): UserStore {
  function update(id: UserId, patch: UserPatch): boolean {
    const { sets, values } = assignments(patch, PATCHED);
    // The first assignment changes nothing: it lets an empty patch find its row.
    return db.run(`UPDATE users SET ${['name = name', ...sets].join()} WHERE id = ?`, ...values, id) === 1;
  }

  function stepDown(id: UserId, patch: UserPatch): 'done' | 'missing' | 'last' {
    if (db.one(IS_ADMIN, id) && !db.one(OTHER_ADMIN, id)) return 'last';
    return update(id, patch) ? 'done' : 'missing';
  }

  return {
    insert: (user) => write(() => db.run(INSERT, ...USERS.values(user)) === 1),
    byId: async (id) => userOf(db.one(BY_ID, id)),
    byIds: async (ids) => db.all(BY_IDS, JSON.stringify(ids)).map(USERS.read),
    byNameKey: async (nameKey) => userOf(db.one(BY_NAME_KEY, nameKey)),
    update: (id, patch) => write(() => update(id, patch)),
    stepDown: (id, patch) => write(() => stepDown(id, patch)),
    list: async ({ limit, after }) => db.all(LIST, after?.createdAt ?? -1, after?.id ?? '', limit).map(USERS.read),
  };
}

const userOf = (row: object | undefined): User | undefined => row && USERS.read(row);
