import type { GroupId, UserId } from '../../../ids.ts';
import type { Follow, FollowStore } from '../../../messages/threads/port.ts';
import type { Collections } from '../collections.ts';

const idOf = (user: UserId, group: GroupId, root: number): string => `${user}/${group}/${root}`;

export function followStore({ follows }: Collections): FollowStore {
  const one = ({ user, group, root }: Pick<Follow, 'user' | 'group' | 'root'>) => ({ _id: { $eq: idOf(user, group, root) } });
  return {
    async begin({ user, group, root, at }) {
      const $setOnInsert = { user, group, root, follows: true, read: 0, at };
      await follows.updateOne(one({ user, group, root }), { $setOnInsert }, { upsert: true });
    },
    async set({ user, group, root, follows: wanted, at }) {
      const $setOnInsert = { user, group, root, read: 0, at };
      await follows.updateOne(one({ user, group, root }), { $set: { follows: wanted }, $setOnInsert }, { upsert: true });
    },
    async markRead(user, group, root, seq) {
      await follows.updateOne(one({ user, group, root }), { $max: { read: seq } });
    },
    async get(user, group, root) {
      const { _id, ...found } = (await follows.findOne(one({ user, group, root }))) ?? {};
      return _id === undefined ? undefined : (found as Follow);
    },
    async listOf(user, limit) {
      const rows = follows.find({ user, follows: true }).sort({ at: -1, group: -1, root: -1 }).limit(limit);
      return (await rows.toArray()).map(({ _id, ...found }) => found);
    },
    async followers(group, root, limit) {
      const rows = follows
        .find({ group, root, follows: true }, { projection: { user: 1 } })
        .sort({ user: 1 })
        .limit(limit);
      return (await rows.toArray()).map(({ user }) => user);
    },
    async removeOf(user) {
      await follows.deleteMany({ user });
    },
  };
}
