import type { User, UserPatch, UserStore } from '../../accounts/port.ts';
import type { UserId } from '../../ids.ts';
import type { Connection } from './connection.ts';
import { assignments } from './patch.ts';
import type { Writer } from './writer.ts';

const SELECT = `SELECT id, name, name_key AS nameKey, color, password_hash AS passwordHash, admin, bot, disabled, key_version AS keyVersion,
  created_at AS createdAt FROM users`;
const BY_ID = `${SELECT} WHERE id = ?`;
const BY_IDS = `${SELECT} WHERE id IN (SELECT value FROM json_each(?))`;
const BY_NAME_KEY = `${SELECT} WHERE name_key = ?`;
const LIST = `${SELECT} WHERE (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?`;
const IS_ADMIN = 'SELECT 1 FROM users WHERE id = ? AND admin = 1 AND disabled = 0';
const OTHER_ADMIN = 'SELECT 1 FROM users WHERE id <> ? AND admin = 1 AND disabled = 0 LIMIT 1';
const INSERT = `INSERT INTO users (id, name, name_key, color, password_hash, admin, bot, disabled, key_version, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name_key) DO NOTHING`;

const PATCHED: { readonly [F in keyof UserPatch]-?: string } = {
  passwordHash: 'password_hash',
  admin: 'admin',
  disabled: 'disabled',
  keyVersion: 'key_version',
  color: 'color',
};

type UserRow = Omit<User, 'admin' | 'bot' | 'disabled'> & { readonly admin: number; readonly bot: number; readonly disabled: number };

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
    insert: (user) => write(() => db.run(INSERT, ...valuesOf(user)) === 1),
    byId: async (id) => userOf(db.one(BY_ID, id)),
    byIds: async (ids) => db.all<UserRow>(BY_IDS, JSON.stringify(ids)).map(toUser),
    byNameKey: async (nameKey) => userOf(db.one(BY_NAME_KEY, nameKey)),
    update: (id, patch) => write(() => update(id, patch)),
    stepDown: (id, patch) => write(() => stepDown(id, patch)),
    list: async ({ limit, after }) => db.all<UserRow>(LIST, after?.createdAt ?? -1, after?.id ?? '', limit).map(toUser),
  };
}

const valuesOf = (user: User) => [
  user.id,
  user.name,
  user.nameKey,
  user.color,
  user.passwordHash,
  Number(user.admin),
  Number(user.bot),
  Number(user.disabled),
  user.keyVersion,
  user.createdAt,
];

const userOf = (row: UserRow | undefined): User | undefined => row && toUser(row);

function toUser(row: UserRow): User {
  return { ...row, admin: row.admin === 1, bot: row.bot === 1, disabled: row.disabled === 1 };
}
