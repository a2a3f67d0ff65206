import type { FileRecord, FileStore } from '../../files/port.ts';
import type { FileId } from '../../ids.ts';
import type { Connection } from './connection.ts';
import type { FileFolder } from './files-folder.ts';
import type { Writer } from './writer.ts';

const SELECT = `SELECT id, group_id AS "group", author, name, type, bytes, sha256, width, height, thumb, seq, key, created_at AS createdAt,
  touched_at AS touchedAt, state FROM files`;
const BY_ID = `${SELECT} WHERE id = ?`;
const LOOSE = `${SELECT} WHERE seq IS NULL AND touched_at < ? ORDER BY touched_at, id LIMIT ?`;
const INSERT = `INSERT INTO files (id, group_id, author, name, type, bytes, sha256, width, height, thumb, seq, key, created_at, touched_at, state)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const FINISH = `UPDATE files SET type = ?, bytes = ?, sha256 = ?, width = ?, height = ?, thumb = ?, state = 'stored' WHERE id = ? AND state = 'coming'`;
const CLAIM = `UPDATE files SET key = ?, touched_at = ? WHERE id IN (SELECT value FROM json_each(?)) AND state = 'stored'`;
const ATTACH = 'UPDATE files SET seq = ? WHERE id IN (SELECT value FROM json_each(?))';
const DOOM = `UPDATE files SET state = 'doomed' WHERE id = ? AND seq IS NULL AND touched_at = ? AND key IS ?`;
const REMOVE = 'DELETE FROM files WHERE id = ?';

type Row = Omit<FileRecord, 'width' | 'height' | 'thumb'> & {
  readonly width: number | null;
  readonly height: number | null;
  readonly thumb: number;
};

function recordOf({ width, height, thumb, ...row }: Row): FileRecord {
  return { ...row, ...(width === null || height === null ? {} : { width, height }), ...(thumb === 1 ? { thumb: true } : {}) };
}

/** Records in the database, content in a folder beside it, so that the database file stays small enough to copy and vacuum. */
export function fileStore(db: Connection, { write }: Writer, folder: FileFolder): FileStore {
  return {
    async begin({ id, group, author, name, type, bytes, sha256, width, height, thumb, seq, key, createdAt, touchedAt, state }) {
      const picture = [width ?? null, height ?? null, thumb ? 1 : 0] as const;
      await write(() => db.run(INSERT, id, group, author, name, type, bytes, sha256, ...picture, seq, key, createdAt, touchedAt, state));
    },
    write: folder.write,
    async finish(id, { type, bytes, sha256, width, height, thumb }) {
      await write(() => db.run(FINISH, type, bytes, sha256, width ?? null, height ?? null, thumb ? 1 : 0, id));
    },
    async byId(id) {
      const row = db.one<Row>(BY_ID, id);
      return row && recordOf(row);
    },
    claim: (ids, key, now) => write(() => db.run(CLAIM, key, now, JSON.stringify(ids))),
    async attach(ids, seq) {
      await write(() => db.run(ATTACH, seq, JSON.stringify(ids)));
    },
    read: folder.read,
    listUnattached: async (before, limit) => db.all<Row>(LOOSE, before, limit).map(recordOf),
    claimForRemoval: ({ id, touchedAt, key }) => write(() => db.run(DOOM, id, touchedAt, key) === 1),
    async remove(id: FileId) {
      await folder.remove(id);
      await write(() => db.run(REMOVE, id));
    },
  };
}
