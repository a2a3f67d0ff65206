import type { SettingStore } from '../port.ts';
import type { Connection } from './connection.ts';
import type { WritesOf } from './writing/remote.ts';

const GET = 'SELECT value FROM settings WHERE key = ?';
const PUT = 'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING';
const REPLACE = 'INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)';

const read = (db: Connection, key: string): string | undefined => db.one<{ value: string }>(GET, key)?.value;

export const settingWrites = (db: Connection) => ({
  putIfAbsent(key: string, value: string): string {
    db.run(PUT, key, value);
    return read(db, key) ?? value;
  },
  put: (key: string, value: string) => void db.run(REPLACE, key, value),
});

export const settingStore = (db: Connection, writes: WritesOf<ReturnType<typeof settingWrites>>): SettingStore => ({
  get: async (key) => read(db, key),
  putIfAbsent: async (key, value) => read(db, key) ?? writes.putIfAbsent(key, value),
  put: writes.put,
});
