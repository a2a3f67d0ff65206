import type { GroupId, UserId } from '../../../ids.ts';
import type { Follow, FollowStore } from '../../../messages/threads/port.ts';
import type { Connection } from '../connection.ts';
import { mapping } from '../mapping.ts';
import type { WritesOf } from '../writing/remote.ts';

export const FOLLOWS = mapping<Follow>('follows', {
  user: 'user_id',
  group: 'group_id',
  root: 'root',
  follows: ['follows', 'boolean'],
  read: 'read_seq',
  at: 'at',
});

const BEGIN = `${FOLLOWS.insert} ON CONFLICT DO NOTHING`;
const SET = `${FOLLOWS.insert} ON CONFLICT DO UPDATE SET follows = excluded.follows`;
const MARK = 'UPDATE follows SET read_seq = ?4 WHERE user_id = ?1 AND group_id = ?2 AND root = ?3 AND read_seq < ?4';
const GET = `${FOLLOWS.select} WHERE user_id = ? AND group_id = ? AND root = ?`;
const LIST = `${FOLLOWS.select} WHERE user_id = ? AND follows = 1 ORDER BY at DESC, group_id DESC, root DESC LIMIT ?`;
const FOLLOWERS = 'SELECT user_id AS user FROM follows WHERE group_id = ? AND root = ? AND follows = 1 ORDER BY user_id LIMIT ?';
const REMOVE = 'DELETE FROM follows WHERE user_id = ?';

type Set = Pick<Follow, 'user' | 'group' | 'root' | 'follows' | 'at'>;

export const followWrites = (db: Connection) => ({
  begin: (follow: Omit<Set, 'follows'>) => void db.run(BEGIN, ...FOLLOWS.values({ ...follow, follows: true, read: 0 })),
  set: (follow: Set) => void db.run(SET, ...FOLLOWS.values({ ...follow, read: 0 })),
  markRead: (user: UserId, group: GroupId, root: number, seq: number) => void db.run(MARK, user, group, root, seq),
  removeOf: (user: UserId) => void db.run(REMOVE, user),
});

export const followStore = (db: Connection, writes: WritesOf<ReturnType<typeof followWrites>>): FollowStore => ({
  ...writes,
  async get(user, group, root) {
    const row = db.one(GET, user, group, root);
    return row && FOLLOWS.read(row);
  },
  listOf: async (user, limit) => db.all(LIST, user, limit).map(FOLLOWS.read),
  followers: async (group, root, limit) => db.all<{ user: UserId }>(FOLLOWERS, group, root, limit).map(({ user }) => user),
});
