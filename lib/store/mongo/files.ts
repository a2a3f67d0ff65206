import type { FileRecord, FileStore } from '../../files/port.ts';
import type { FileId } from '../../ids.ts';
import type { Collections, FileRow } from './collections.ts';
import type { FileContent } from './files-content.ts';

type FileRecords = Omit<FileStore, 'write' | 'read' | 'remove'> & { forget(id: FileId): Promise<void> };

/** Record and content. The record is removed last, so that remaining content is found again. */
export function fileStore(records: FileRecords, content: FileContent): FileStore {
  const { forget, ...rest } = records;
  const remove = async (id: FileId): Promise<void> => {
    await content.remove(id);
    await forget(id);
  };
  return { ...rest, write: content.write, read: content.read, remove };
}

/** The records of files. */
export function fileRecords({ files }: Pick<Collections, 'files'>): FileRecords {
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
    async forget(id) {
      await files.deleteOne({ _id: { $eq: id } });
    },
  };
}

const toRecord = ({ _id, ...record }: FileRow): FileRecord => ({ id: _id, ...record });
