import type { ContentKeyStore } from '../../encryption/port.ts';
import type { FileFacts, FileRecord, FileStore, FileUsage } from '../../files/port.ts';
import type { FileId } from '../../ids.ts';
import type { Connection } from './connection.ts';
import type { FileFolder } from './files-folder.ts';
import { mapping } from './mapping.ts';
import type { WritesOf } from './writing/remote.ts';

export const FILES = mapping<FileRecord>('files', {
  id: 'id',
  group: 'group_id',
  author: 'author',
  name: 'name',
  type: 'type',
  bytes: 'bytes',
  sha256: 'sha256',
  width: ['width', 'optional'],
  height: ['height', 'optional'],
  thumb: ['thumb', 'flag'],
  seq: 'seq',
  key: 'key',
  createdAt: 'created_at',
  touchedAt: 'touched_at',
  state: 'state',
});
const BY_ID = `${FILES.select} WHERE id = ?`;
const LOOSE = `${FILES.select} WHERE seq IS NULL AND touched_at < ? ORDER BY touched_at, id LIMIT ?`;
const FINISH = `UPDATE files SET type = ?, bytes = ?, sha256 = ?, width = ?, height = ?, thumb = ?, state = 'stored' WHERE id = ? AND state = 'coming'`;
const CLAIM = `UPDATE files SET key = ?, touched_at = ? WHERE id IN (SELECT value FROM json_each(?)) AND state = 'stored'`;
const ATTACH = 'UPDATE files SET seq = ? WHERE id IN (SELECT value FROM json_each(?))';
const DOOM = `UPDATE files SET state = 'doomed' WHERE id = ? AND seq IS NULL AND touched_at = ? AND key IS ?`;
const REMOVE = 'DELETE FROM files WHERE id = ?';
const SUMS = 'count(*) AS files, coalesce(sum(bytes), 0) AS bytes';
const USAGE = `SELECT ${SUMS} FROM files`;
const USAGE_OF = `${USAGE} WHERE author = ?`;
const USAGE_IN = `${USAGE} WHERE group_id = ?`;
const IN_GROUP = `${FILES.select} WHERE group_id = ? LIMIT ?`;
const LARGEST = {
  author: `SELECT author AS id, ${SUMS} FROM files GROUP BY author ORDER BY bytes DESC, id LIMIT ?`,
  group: `SELECT group_id AS id, ${SUMS} FROM files GROUP BY group_id ORDER BY bytes DESC, id LIMIT ?`,
} as const;
const KNOWN = 'SELECT id FROM files WHERE id IN (SELECT value FROM json_each(?))';

export const fileWrites = (db: Connection) => ({
  begin: (record: FileRecord) => void db.run(FILES.insert, ...FILES.values(record)),
  finish: (id: FileId, { type, bytes, sha256, width, height, thumb }: FileFacts) =>
    void db.run(FINISH, type, bytes, sha256, width ?? null, height ?? null, thumb ? 1 : 0, id),
  claim: (ids: readonly FileId[], key: string, now: number) => db.run(CLAIM, key, now, JSON.stringify(ids)),
  attach: (ids: readonly FileId[], seq: number) => void db.run(ATTACH, seq, JSON.stringify(ids)),
  claimForRemoval: ({ id, touchedAt, key }: Pick<FileRecord, 'id' | 'touchedAt' | 'key'>) => db.run(DOOM, id, touchedAt, key) === 1,
  remove: (id: FileId) => void db.run(REMOVE, id),
});

/** Records in the database, content in a folder beside it, so that the database file stays small enough to copy and vacuum. */
export const fileStore = (db: Connection, writes: WritesOf<ReturnType<typeof fileWrites>>, folder: FileFolder): FileStore => ({
  ...writes,
  write: folder.write,
  async byId(id) {
    const row = db.one(BY_ID, id);
    return row && FILES.read(row);
  },
  read: folder.read,
  listUnattached: async (before, limit) => db.all(LOOSE, before, limit).map(FILES.read),
  usage: async (author) => ({ files: 0, bytes: 0, ...(author === undefined ? db.one(USAGE) : db.one(USAGE_OF, author)) }),
  usageIn: async (group) => ({ files: 0, bytes: 0, ...db.one(USAGE_IN, group) }),
  inGroup: async (group, limit) => db.all(IN_GROUP, group, limit).map(FILES.read),
  largest: async (by, limit) => db.all<FileUsage & { id: string }>(LARGEST[by], limit).map((row) => ({ ...row })),
  async listOrphans(before, limit) {
    const orphans: FileId[] = [];
    for await (const ids of folder.contents(before)) {
      const known = new Set(db.all<{ id: FileId }>(KNOWN, JSON.stringify(ids)).map(({ id }) => id));
      orphans.push(...ids.filter((id) => !known.has(id)));
      if (orphans.length >= limit) break;
    }
    return orphans.slice(0, limit);
  },
  removeContent: folder.removeContent,
  async remove(id) {
    await folder.removeContent(id);
    await writes.remove(id);
  },
});

const KEY = 'SELECT sealed FROM content_keys WHERE id = ?';
const PUT_KEY = 'INSERT INTO content_keys (id, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING';
const REMOVE_KEY = 'DELETE FROM content_keys WHERE id = ?';

const keyOf = (db: Connection, id: FileId): string | undefined => db.one<{ sealed: string }>(KEY, id)?.sealed;

export const contentKeyWrites = (db: Connection) => ({
  putIfAbsent(id: FileId, sealed: string): string {
    db.run(PUT_KEY, id, sealed);
    return keyOf(db, id) ?? sealed;
  },
  remove: (id: FileId) => void db.run(REMOVE_KEY, id),
});

export const contentKeyStore = (db: Connection, writes: WritesOf<ReturnType<typeof contentKeyWrites>>): ContentKeyStore => ({
  get: async (id) => keyOf(db, id),
  putIfAbsent: writes.putIfAbsent,
  remove: async (id) => {
    if (keyOf(db, id) !== undefined) await writes.remove(id);
  },
});
