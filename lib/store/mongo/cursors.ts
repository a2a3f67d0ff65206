import type { CursorStore } from '../../live/all-groups/port.ts';
import type { Collections } from './collections.ts';

export function cursorStore({ cursors }: Collections): CursorStore {
  return {
    // Insert first: a crash between the two writes only keeps the old cursor longer.
    async insert({ id, user, positions }, now, instead) {
      await cursors.insertOne({ _id: id, user, positions: [...positions], usedAt: now, replaced: false });
      if (instead !== undefined) await cursors.updateOne({ _id: { $eq: instead }, user }, { $set: { replaced: true } });
    },
    async use(user, id, now) {
      const change = { $max: { usedAt: now }, $set: { replaced: false } };
      const row = await cursors.findOneAndUpdate({ _id: { $eq: id }, user }, change, { returnDocument: 'after' });
      return row ? new Map(row.positions.map(([number, seq]) => [number, seq])) : undefined;
    },
    async sweep(unused, replaced) {
      await cursors.deleteMany({ replaced: false, usedAt: { $lt: unused } });
      await cursors.deleteMany({ replaced: true, usedAt: { $lt: replaced } });
    },
  };
}
