import type { SessionRecord, SessionStore } from '../../accounts/port.ts';
import type { Collections, SessionRow } from './collections.ts';

export function sessionStore({ sessions }: Collections): SessionStore {
  return {
    async get(hash, now) {
      const row = await sessions.findOne({ _id: { $eq: hash } });
      return row && row.expiresAt >= now ? toRecord(row) : undefined;
    },
    async set({ hash, ...record }) {
      await sessions.replaceOne({ _id: { $eq: hash } }, record, { upsert: true });
    },
    async destroy(hash) {
      await sessions.deleteOne({ _id: { $eq: hash } });
    },
    listOf: async (user, now) => (await sessions.find({ userId: { $eq: user }, expiresAt: { $gte: now } }).toArray()).map(toRecord),
    async destroyOf(user, except) {
      const rows = await sessions.find({ userId: { $eq: user } }, { projection: { _id: 1 } }).toArray();
      const hashes = rows.map((row) => row._id).filter((hash) => hash !== except);
      if (hashes.length > 0) await sessions.deleteMany({ _id: { $in: hashes } });
      return hashes;
    },
    async sweep(now) {
      await sessions.deleteMany({ expiresAt: { $lt: now } });
    },
  };
}

const toRecord = ({ _id, ...record }: SessionRow): SessionRecord => ({ hash: _id, ...record });
