import type { Membership, MembershipStore } from '../../groups/port.ts';
import type { GroupId, UserId } from '../../ids.ts';
import { lookedUp } from './batches.ts';
import type { Collections, MembershipRow } from './collections.ts';
import { isDuplicate } from './timeout.ts';

export function membershipStore({ memberships }: Collections, timeoutMs: number): MembershipStore {
  const byId = lookedUp({
    find: (ids: string[]) => memberships.find({ _id: { $in: ids } }).toArray(),
    keysOf: ({ _id }) => [_id],
    read: toMembership,
    timeoutMs,
  });

  async function first(membership: Membership): Promise<boolean> {
    try {
      await memberships.insertOne({ _id: idOf(membership.group, membership.user), ...membership, came: membership.at });
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /** Replaces the record of the previous rev if its `in` equals `was`. */
  async function replace(membership: Membership, was: boolean): Promise<boolean> {
    const { group, user, line, mark, level, hidden, favourite, seen, ...change } = membership;
    const came = !was && membership.in ? { came: membership.at } : {};
    const before = { _id: { $eq: idOf(group, user) }, rev: change.rev - 1, in: was };
    return (await memberships.updateOne(before, { $set: { ...change, ...came } })).matchedCount === 1;
  }

  return {
    get: (group, user) => byId(idOf(group, user)),
    put: async (membership) =>
      membership.rev === 1 ? first(membership) : (await replace(membership, !membership.in)) || (await replace(membership, membership.in)),
    async markAnnounced(group, user, rev, line) {
      await memberships.updateOne({ _id: { $eq: idOf(group, user) }, rev }, { $set: { lined: true, line } });
    },
    async listUnannounced(before, limit) {
      const rows = memberships.find({ lined: false, at: { $lt: before } });
      return (await rows.sort({ at: 1 }).limit(limit).toArray()).map(toMembership);
    },
    ofGroup: async (group) => (await memberships.find({ group, in: true }).toArray()).toSorted(byComing).map(toMembership),
    async someOf(group, limit) {
      const rows = memberships.find({ group, in: true }).project<Pick<MembershipRow, 'user'>>({ _id: 0, user: 1 });
      return (await rows.limit(limit).toArray()).map(({ user }) => user);
    },
    ofUser: async (user) => (await memberships.find({ user, in: true }).toArray()).map(toMembership),
    setPreferences: async (group, user, preferences) =>
      (await memberships.updateOne({ _id: { $eq: idOf(group, user) } }, { $set: { ...preferences } })).matchedCount === 1,
    advanceMark: async (group, user, n) =>
      (await memberships.updateOne({ _id: { $eq: idOf(group, user) } }, { $max: { mark: n } })).modifiedCount === 1,
    rewindMark: async (group, user, n) =>
      (await memberships.updateOne({ _id: { $eq: idOf(group, user) } }, { $min: { mark: n } })).modifiedCount === 1,
    async setLastSeen(group, user, at) {
      await memberships.updateOne({ _id: { $eq: idOf(group, user) } }, { $max: { seen: at } });
    },
  };
}

const idOf = (group: GroupId, user: UserId): string => `${group}/${user}`;

const byComing = (a: MembershipRow, b: MembershipRow): number => a.came - b.came || (a._id < b._id ? -1 : 1);

/** Records stored before members had preferences. */
const BEFORE = { level: 'mentions', hidden: null, ceding: false } as const;

export const toMembership = ({ _id, came, favourite, ...membership }: MembershipRow): Membership => ({
  ...BEFORE,
  ...membership,
  ...(favourite ? { favourite } : {}),
});
