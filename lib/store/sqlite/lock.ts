import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createPrivately } from '../../data-folder.ts';
import { unavailableBy } from './faults.ts';

/**
 * Admits one server process to a data folder: an exclusive transaction stays open on a small lock file. The operating system ends
 * it with the process. Keep the returned object for as long as the lock is needed.
 * Throws a plain Error, one sentence for the operator, when another server has the folder; StoreUnavailable when the file cannot be written.
 */
export function lockServer(dataDir: string): { release(): void } {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'server.lock');
  createPrivately(file);
  const db = lockedFile(dataDir, file);
  return {
    release() {
      if (db.isOpen) db.close();
    },
  };
}

function lockedFile(dataDir: string, file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw new Error(`Another Parley server is using ${dataDir}; stop it, or give this one its own DATA_DIR.`);
    throw unavailableBy(error, file) ?? error;
  }
}

const isBusy = (error: unknown): boolean => error instanceof Error && 'errcode' in error && error.errcode === 5;
