import type { ContentKeyStore } from '../../encryption/port.ts';
import type { FileRecord, FileStore, FileUsage } from '../../files/port.ts';
import type { FileId } from '../../ids.ts';
import type { Collections, FileRow } from './collections.ts';
import type { FileContent } from './files-content.ts';
import { isDuplicate } from './timeout.ts';

type FileRecords = Omit<FileStore, 'write' | 'read' | 'remove' | 'removeContent' | 'listOrphans'> & {
  forget(id: FileId): Promise<void>;
  /** Those of these ids that have a record. */
  known(ids: readonly FileId[]): Promise<ReadonlySet<FileId>>;
};

/** Record and content. The record is removed last, so that remaining content is found again. */
export function fileStore(records: FileRecords, content: FileContent): FileStore {
  const { forget, known, ...rest } = records;
  const remove = async (id: FileId): Promise<void> => {
    await content.removeContent(id);
    await forget(id);
  };
  async function listOrphans(before: number, limit: number): Promise<FileId[]> {
    const orphans = new Set<FileId>();
    for await (const ids of content.contents(before)) {
      const existing = await known(ids);
      for (const id of ids) if (!existing.has(id)) orphans.add(id);
      if (orphans.size >= limit) break;
    }
    return [...orphans].slice(0, limit);
  }
  return { ...rest, write: content.write, read: content.read, removeContent: content.removeContent, remove, listOrphans };
}

/** The records of files. */
export function fileRecords({ files }: Pick<Collections, 'files'>): FileRecords {
  async function usageOf(filter: Partial<Pick<FileRecord, 'author' | 'group'>>): Promise<FileUsage> {
    const [sum] = await files.aggregate<FileUsage>([{ $match: filter }, sumBy(null)]).toArray();
    return { files: sum?.files ?? 0, bytes: sum?.bytes ?? 0 };
  }

  return {
    async begin({ id, ...record }) {
      await files.insertOne({ _id: id, ...record });
    },
    async finish(id, facts) {
      await files.updateOne({ _id: { $eq: id }, state: 'coming' }, { $set: { ...facts, state: 'stored' } });
    },
    async byId(id) {
      const row = await files.findOne({ _id: { $eq: id } });
      return row ? toRecord(row) : undefined;
    },
    claim: async (ids, key, now) =>
      (await files.updateMany({ _id: { $in: [...ids] }, state: 'stored' }, { $set: { key, touchedAt: now } })).matchedCount,
    async attach(ids, seq) {
      await files.updateMany({ _id: { $in: [...ids] } }, { $set: { seq } });
    },
    async listUnattached(before, limit) {
      const rows = files.find({ seq: null, touchedAt: { $lt: before } });
      return (await rows.sort({ touchedAt: 1, _id: 1 }).limit(limit).toArray()).map(toRecord);
    },
    claimForRemoval: async ({ id, touchedAt, key }) =>
      (await files.updateOne({ _id: { $eq: id }, seq: null, touchedAt, key: { $eq: key } }, { $set: { state: 'doomed' } })).matchedCount ===
      1,
    usage: (author) => usageOf(author === undefined ? {} : { author }),
    usageIn: (group) => usageOf({ group }),
    inGroup: async (group, limit) => (await files.find({ group }).limit(limit).toArray()).map(toRecord),
    async largest(by, limit) {
      const order = [{ $sort: { bytes: -1, _id: 1 } }, { $limit: limit }];
      const sums = await files.aggregate<FileUsage & { _id: string }>([sumBy(`$${by}`), ...order]).toArray();
      return sums.map(({ _id: id, files, bytes }) => ({ id, files, bytes }));
    },
    async known(ids) {
      const found = await files.find({ _id: { $in: [...ids] } }, { projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id));
    },
    async forget(id) {
      await files.deleteOne({ _id: { $eq: id } });
    },
  };
}

const sumBy = (field: string | null) => ({ $group: { _id: field, files: { $sum: 1 }, bytes: { $sum: '$bytes' } } });

const toRecord = ({ _id, ...record }: FileRow): FileRecord => ({ id: _id, ...record });

export function contentKeyStore({ contentKeys }: Collections): ContentKeyStore {
  const get = async (id: Parameters<ContentKeyStore['get']>[0]) => (await contentKeys.findOne({ _id: { $eq: id } }))?.sealed;
  return {
    get,
    async putIfAbsent(id, sealed) {
      try {
        await contentKeys.insertOne({ _id: id, sealed });
        return sealed;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        return (await get(id)) ?? sealed;
      }
    },
    async remove(id) {
      await contentKeys.deleteOne({ _id: { $eq: id } });
    },
  };
}
