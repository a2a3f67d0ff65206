import type { SettingStore } from '../port.ts';
import type { Connection } from './connection.ts';
import type { Writer } from './writer.ts';

const GET = 'SELECT value FROM settings WHERE key = ?';
const PUT = 'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING';
const REPLACE = 'INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)';

export function settingStore(db: Connection, { write }: Writer): SettingStore {
  const read = (key: string) => db.one<{ value: string }>(GET, key)?.value;
  return {
    get: async (key) => read(key),
    putIfAbsent: async (key, value) =>
      read(key) ??
      write(() => {
        db.run(PUT, key, value);
        return read(key) ?? value;
      }),
    put: async (key, value) => {
      await write(() => db.run(REPLACE, key, value));
    },
  };
}
