import type { SecurityPosition, SecurityStore } from '../../security/port.ts';
import type { Collections } from './collections.ts';

const ORDER = { at: -1, id: -1 } as const;

const older = ({ at, id }: SecurityPosition) => ({ $or: [{ at: { $lt: at } }, { at: { $eq: at }, id: { $lt: id } }] });

export function securityStore({ security }: Collections): SecurityStore {
  return {
    async insert(records) {
      const writes = records.map((record) => ({
        updateOne: { filter: { _id: { $eq: `${record.owner}/${record.id}` } }, update: { $setOnInsert: record }, upsert: true },
      }));
      await security.bulkWrite(writes, { ordered: false });
    },
    async trim(owner, failures, keep) {
      const alike = { owner: { $eq: owner }, event: failures ? { $eq: 'login_failed' as const } : { $ne: 'login_failed' as const } };
      const [last] = await security
        .find(alike, { projection: { at: 1, id: 1 } })
        .sort(ORDER)
        .skip(keep - 1)
        .limit(1)
        .toArray();
      if (last) await security.deleteMany({ ...alike, ...older(last) });
    },
    async list(owner, { limit, before }) {
      const rows = security
        .find({ owner: { $eq: owner }, ...(before && older(before)) })
        .sort(ORDER)
        .limit(limit);
      return (await rows.toArray()).map(({ _id, ...record }) => record);
    },
    async sweep(at) {
      await security.deleteMany({ at: { $lt: at } });
    },
  };
}
