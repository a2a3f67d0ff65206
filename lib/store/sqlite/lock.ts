import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Admits one server process to a data folder, by an exclusive transaction that stays open on a small file of its own; the operating system ends
 * it with the process, however that dies. Keep what it returns for as long as the lock is meant to hold.
 * Throws a plain Error, one sentence for the operator, when another server has the folder.
 */
export function lockServer(dataDir: string): { release(): void } {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(dataDir, 'server.lock'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw isBusy(error) ? new Error(`Another Parley server is using ${dataDir}; stop it, or give this one its own DATA_DIR.`) : error;
  }
  return {
    release() {
      if (db.isOpen) db.close();
    },
  };
}

const isBusy = (error: unknown): boolean => error instanceof Error && 'errcode' in error && error.errcode === 5;
