import type { User, UserPatch, UserStore } from '../../accounts/port.ts';
import type { UserId } from '../../ids.ts';
import type { Connection } from './connection.ts';
import { mapping } from './mapping.ts';
import { assignments } from './patch.ts';
import type { WritesOf } from './writing/remote.ts';

export const USERS = mapping<User>('users', {
  id: 'id',
  name: 'name',
  nameKey: 'name_key',
  skeleton: ['skeleton', 'optional'],
  color: 'color',
  passwordHash: 'password_hash',
  admin: ['admin', 'boolean'],
  bot: ['bot', 'boolean'],
  disabled: ['disabled', 'boolean'],
  keyVersion: 'key_version',
  createdAt: 'created_at',
  displayName: ['display_name', 'optional'],
  status: ['status', 'optionalJson'],
  avatar: ['avatar', 'optional'],
  preferences: ['preferences', 'optionalJson'],
});
const BY_ID = `${USERS.select} WHERE id = ?`;
const BY_IDS = `${USERS.select} WHERE id IN (SELECT value FROM json_each(?))`;
const BY_NAME_KEY = `${USERS.select} WHERE name_key = ?`;
const BY_SKELETON = `${USERS.select} WHERE skeleton = ?`;
const listWhere = (kind: string) => `${USERS.select} WHERE ${kind} (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?`;
const [LIST, BOTS, PEOPLE] = [listWhere(''), listWhere('bot = 1 AND'), listWhere('bot = 0 AND')];
const IS_ADMIN = 'SELECT 1 FROM users WHERE id = ? AND admin = 1 AND disabled = 0';
const OTHER_ADMIN = 'SELECT 1 FROM users WHERE id <> ? AND admin = 1 AND disabled = 0 LIMIT 1';
const INSERT = `${USERS.insert} ON CONFLICT DO NOTHING`;

const PATCHED: { readonly [F in keyof UserPatch]-?: string } = {
  passwordHash: 'password_hash',
  admin: 'admin',
  disabled: 'disabled',
  keyVersion: 'key_version',
  color: 'color',
  name: 'name',
  nameKey: 'name_key',
  skeleton: 'skeleton',
  displayName: 'display_name',
  status: 'status',
  avatar: 'avatar',
  preferences: 'preferences',
};

export function userWrites(db: Connection) {
  function update(id: UserId, patch: UserPatch): boolean {
    const { sets, values } = assignments(cellsOf(patch), PATCHED);
    // The first assignment changes nothing: it lets an empty patch find its row.
    return db.run(`UPDATE users SET ${['created_at = created_at', ...sets].join()} WHERE id = ?`, ...values, id) === 1;
  }

  function stepDown(id: UserId, patch: UserPatch): 'done' | 'missing' | 'last' {
    if (db.one(IS_ADMIN, id) && !db.one(OTHER_ADMIN, id)) return 'last';
    return update(id, patch) ? 'done' : 'missing';
  }

  return { insert: (user: User) => db.run(INSERT, ...USERS.values(user)) === 1, update, stepDown };
}

/** The patch with its objects as JSON. */
const cellsOf = ({ status, preferences, ...patch }: UserPatch) => ({
  ...patch,
  ...(status === undefined ? {} : { status: status && JSON.stringify(status) }),
  ...(preferences === undefined ? {} : { preferences: preferences && JSON.stringify(preferences) }),
});

export const userStore = (db: Connection, writes: WritesOf<ReturnType<typeof userWrites>>): UserStore => ({
  ...writes,
  byId: async (id) => userOf(db.one(BY_ID, id)),
  byIds: async (ids) => db.all(BY_IDS, JSON.stringify(ids)).map(USERS.read),
  byNameKey: async (nameKey) => userOf(db.one(BY_NAME_KEY, nameKey)),
  bySkeleton: async (skeleton) => userOf(db.one(BY_SKELETON, skeleton)),
  list: async ({ limit, after, bot }) =>
    db.all(bot === undefined ? LIST : bot ? BOTS : PEOPLE, after?.createdAt ?? -1, after?.id ?? '', limit).map(USERS.read),
});

const userOf = (row: object | undefined): User | undefined => row && USERS.read(row);
