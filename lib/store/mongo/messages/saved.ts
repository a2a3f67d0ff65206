import type { GroupId, UserId } from '../../../ids.ts';
import type { SavedStore } from '../../../messages/port.ts';
import type { Collections } from '../collections.ts';

const idOf = (user: UserId, group: GroupId, seq: number): string => `${user}/${group}/${seq}`;

export function savedStore({ saved }: Collections): SavedStore {
  return {
    async put({ user, group, seq, at }) {
      await saved.updateOne({ _id: { $eq: idOf(user, group, seq) } }, { $setOnInsert: { user, group, seq, at } }, { upsert: true });
    },
    async remove(user, group, seq) {
      await saved.deleteOne({ _id: { $eq: idOf(user, group, seq) } });
    },
    async list(user, { limit, after }) {
      const { at = 0, group, seq = 0 } = after ?? {};
      const behind = group && { $or: [{ at: { $lt: at } }, { at, group: { $lt: group } }, { at, group, seq: { $lt: seq } }] };
      const rows = saved
        .find({ user, ...behind })
        .sort({ at: -1, group: -1, seq: -1 })
        .limit(limit);
      return (await rows.toArray()).map(({ _id, ...one }) => one);
    },
    has: async (user, group, seq) => (await saved.findOne({ _id: { $eq: idOf(user, group, seq) } }, { projection: { _id: 1 } })) !== null,
    count: (user) => saved.countDocuments({ user }),
  };
}
