import type { Filter } from 'mongodb';
import type { User, UserStore } from '../../accounts/port.ts';
import type { Collections, UserRow } from './collections.ts';
import { stepDownIn } from './last-admin.ts';
import { isDuplicate } from './timeout.ts';

export function userStore(collections: Collections): UserStore {
  const { users } = collections;
  const one = async (filter: Filter<UserRow>) => {
    const row = await users.findOne(filter);
    return row ? toUser(row) : undefined;
  };

  async function insert({ id, ...user }: User): Promise<boolean> {
    try {
      await users.insertOne({ _id: id, ...user });
      return true;
    } catch (error) {
      if (isDuplicate(error, 'nameKey')) return false;
      throw error;
    }
  }

  return {
    insert,
    byId: (id) => one({ _id: { $eq: id } }),
    byIds: async (ids) => (await users.find({ _id: { $in: [...ids] } }).toArray()).map(toUser),
    byNameKey: (nameKey) => one({ nameKey: { $eq: nameKey } }),
    update: async (id, patch) => (await users.updateOne({ _id: { $eq: id } }, { $set: patch })).matchedCount === 1,
    stepDown: stepDownIn(collections),
    list: async ({ limit, after }) => {
      const rows = users.find(after ? behind(after) : {});
      return (await rows.sort({ createdAt: 1, _id: 1 }).limit(limit).toArray()).map(toUser);
    },
  };
}

const behind = ({ createdAt, id }: User): Filter<UserRow> => ({
  $or: [{ createdAt: { $gt: createdAt } }, { createdAt: { $eq: createdAt }, _id: { $gt: id } }],
});

const toUser = ({ _id, ceding, ...user }: UserRow): User => ({ id: _id, ...user });
