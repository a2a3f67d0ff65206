import type { EphemeralRecord, EphemeralStore } from '../../../messages/ephemeral/port.ts';
import type { Collections } from '../collections.ts';
import { isDuplicate } from '../timeout.ts';
import type { EphemeralRow } from './rows.ts';

const toRecord = ({ _id, ...record }: EphemeralRow): EphemeralRecord => ({ id: _id, ...record });

export const ephemeralStore = ({ ephemerals }: Collections): EphemeralStore => ({
  async insert({ id, ...record }) {
    try {
      await ephemerals.insertOne({ _id: id, ...record });
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  },
  async byId(id) {
    const row = await ephemerals.findOne({ _id: { $eq: id } });
    return row ? toRecord(row) : undefined;
  },
  async list(group, user, now, limit) {
    const rows = ephemerals
      .find({ group, user, expiresAt: { $gt: now } })
      .sort({ at: -1, _id: -1 })
      .limit(limit);
    return (await rows.toArray()).map(toRecord).reverse();
  },
  async remove(id) {
    await ephemerals.deleteOne({ _id: { $eq: id } });
  },
  async removeOf(user) {
    await ephemerals.deleteMany({ user });
  },
  async sweep(now) {
    await ephemerals.deleteMany({ expiresAt: { $lte: now } });
  },
});
