import type { Scheduled, ScheduledStore } from '../../../scheduled/port.ts';
import type { Collections } from '../collections.ts';
import { isDuplicate } from '../timeout.ts';
import type { ScheduledRow } from './rows.ts';

const toScheduled = ({ _id, ...scheduled }: ScheduledRow): Scheduled => ({ id: _id, ...scheduled });

export function scheduledStore({ scheduled }: Collections): ScheduledStore {
  return {
    async insert({ id, ...rest }) {
      try {
        await scheduled.insertOne({ _id: id, ...rest });
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    },
    async byId(id) {
      const row = await scheduled.findOne({ _id: { $eq: id } });
      return row ? toScheduled(row) : undefined;
    },
    async ofAuthor(author, limit) {
      const rows = scheduled.find({ author: { $eq: author } });
      return (await rows.sort({ at: 1, _id: 1 }).limit(limit).toArray()).map(toScheduled);
    },
    count: (author) => scheduled.countDocuments({ author: { $eq: author } }),
    async ready(now, limit, after) {
      const isAfter = after && { $or: [{ at: { $gt: after.at } }, { at: { $eq: after.at }, _id: { $gt: after.id } }] };
      const rows = scheduled.find({ due: { $gte: 0 }, at: { $lte: now }, ...isAfter });
      return (await rows.sort({ at: 1, _id: 1 }).limit(limit).toArray()).map(toScheduled);
    },
    async nextDue(time) {
      const [first] = await scheduled
        .find({ due: { $gt: time } }, { projection: { due: 1 } })
        .sort({ due: 1 })
        .limit(1)
        .toArray();
      return first?.due ?? undefined;
    },
    async update(id, rev, change) {
      const changed = await scheduled.updateOne({ _id: { $eq: id }, rev: { $eq: rev } }, { $set: { ...change, rev: rev + 1 } });
      return changed.matchedCount === 1;
    },
    remove: async (id, rev) => (await scheduled.deleteOne({ _id: { $eq: id }, rev: { $eq: rev } })).deletedCount === 1,
    async removeOf(author) {
      await scheduled.deleteMany({ author: { $eq: author } });
    },
  };
}
