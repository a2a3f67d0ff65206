import type { Collection, Filter } from 'mongodb';
import type { RemovalStore } from '../../../groups/port.ts';
import type { GroupId } from '../../../ids.ts';
import type { Collections } from '../collections.ts';
import { LAST_NUMBER } from './groups.ts';

/** Collections whose documents name their group. */
const OF_GROUP = [
  'log',
  'memberships',
  'saved',
  'follows',
  'commands',
  'ephemerals',
  'scheduled',
  'deliveries',
  'tokens',
  'search',
  'searchPositions',
] as const;

type Row = { readonly _id: string; readonly group: GroupId | null };

export function removalStore(collections: Collections): RemovalStore {
  const { groups, settings } = collections;

  /** Removes up to `limit` documents; resolves to their number. */
  async function purgeFrom(name: (typeof OF_GROUP)[number], group: GroupId, limit: number): Promise<number> {
    const rows = collections[name] as unknown as Collection<Row>;
    const found = await rows.find({ group: { $eq: group } }, { projection: { _id: 1 }, limit }).toArray();
    if (found.length === 0) return 0;
    const chosen: Filter<Row> = { group: { $eq: group }, _id: { $in: found.map(({ _id }) => _id) } };
    return (await rows.deleteMany(chosen)).deletedCount;
  }

  return {
    // An index over the slugs is unique, so that an array of none would be taken by the first.
    mark: async (id, at) => {
      const slug = `deleted/${id}`;
      const change = { $set: { deletedAt: at, slug, slugs: [slug] }, $unset: { changes: true } } as const;
      return (await groups.updateOne({ _id: { $eq: id }, deletedAt: { $exists: false } }, change)).matchedCount === 1;
    },
    marked: async () =>
      (await groups.find({ deletedAt: { $gte: 0 } }, { projection: { deletedAt: 1 } }).toArray()).map(({ _id, deletedAt = 0 }) => ({
        id: _id,
        at: deletedAt,
      })),
    async purge(id, limit) {
      let removed = 0;
      for (const name of OF_GROUP) removed += await purgeFrom(name, id, limit);
      await settings.deleteOne({ _id: { $eq: `retention:${id}` } });
      return removed === 0;
    },
    async remove(id) {
      const row = await groups.findOne({ _id: { $eq: id }, deletedAt: { $gte: 0 } }, { projection: { number: 1 } });
      if (!row) return;
      const last = Number((await settings.findOne({ _id: LAST_NUMBER }))?.value ?? 0);
      if (row.number > last) await settings.updateOne({ _id: LAST_NUMBER }, { $set: { value: String(row.number) } }, { upsert: true });
      await groups.deleteOne({ _id: { $eq: id } });
    },
  };
}
