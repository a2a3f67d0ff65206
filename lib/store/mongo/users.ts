import type { Filter, UpdateFilter } from 'mongodb';
import { skeletonOf } from '../../accounts/lookalikes.ts';
import { OPTIONAL_FIELDS, type User, type UserPatch, type UserStore } from '../../accounts/port.ts';
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
      if (isDuplicate(error, 'nameKey') || isDuplicate(error, 'skeleton')) return false;
      throw error;
    }
  }

  return {
    insert,
    byId: (id) => one({ _id: { $eq: id } }),
    byIds: async (ids) => (await users.find({ _id: { $in: [...ids] } }).toArray()).map(toUser),
    byNameKey: (nameKey) => one({ nameKey: { $eq: nameKey } }),
    bySkeleton: (skeleton) => one({ skeleton: { $eq: skeleton } }),
    update: async (id, patch) => (await users.updateOne({ _id: { $eq: id } }, changesOf(patch))).matchedCount === 1,
    stepDown: stepDownIn(collections),
    list: async ({ limit, after, bot }) => {
      const rows = users.find({ ...(bot === undefined ? {} : { bot: { $eq: bot } }), ...(after ? behind(after) : {}) });
      return (await rows.sort({ createdAt: 1, _id: 1 }).limit(limit).toArray()).map(toUser);
    },
  };
}

/** Null removes an optional field. */
function changesOf(patch: UserPatch): UpdateFilter<UserRow> {
  const removed = OPTIONAL_FIELDS.filter((field) => patch[field] === null);
  const kept = Object.fromEntries(Object.entries(patch).filter(([field]) => !removed.some((one) => one === field)));
  return { $set: kept, ...(removed.length > 0 ? { $unset: Object.fromEntries(removed.map((field) => [field, ''])) } : {}) };
}

const behind = ({ createdAt, id }: User): Filter<UserRow> => ({
  $or: [{ createdAt: { $gt: createdAt } }, { createdAt: { $eq: createdAt }, _id: { $gt: id } }],
});

export const toUser = ({ _id, ceding, ...user }: UserRow): User => ({ id: _id, ...user });

/**
 * A step of the schema: how their names look, for the users of a database of before. Of users that look alike the oldest has it, and the others none.
 * Several processes may do it at once; one that dies leaves the rest to the next start.
 */
export async function addSkeletons({ users }: Collections): Promise<void> {
  for await (const { _id, name } of users.find({ skeleton: { $exists: false } }).sort({ createdAt: 1, _id: 1 }))
    await users.updateOne({ _id, skeleton: { $exists: false } }, { $set: { skeleton: skeletonOf(name) } }).catch(unlessTaken);
}

function unlessTaken(error: unknown): void {
  if (!isDuplicate(error, 'skeleton')) throw error;
}
