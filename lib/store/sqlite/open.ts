import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OnFault } from '../../errors.ts';
import type { Store } from '../port.ts';
import { type Connection, connect } from './connection.ts';
import { cursorStore } from './cursors.ts';
import { deliveryStore } from './deliveries.ts';
import { fileStore } from './files.ts';
import { type FileFolder, openFolder } from './files-folder.ts';
import { groupStore } from './groups.ts';
import { logStore } from './log.ts';
import { membershipStore } from './memberships.ts';
import { pushStore } from './push.ts';
import { savedStore } from './saved.ts';
import { migrate } from './schema.ts';
import { searchStore } from './search.ts';
import { sessionStore } from './sessions.ts';
import { settingStore } from './settings.ts';
import { signalStore } from './signals.ts';
import { tokenStore } from './tokens.ts';
import { userStore } from './users.ts';
import { webhookStore } from './webhooks.ts';
import { createWriter } from './writer.ts';

type SqliteOptions = {
  /** A path (its folder is made when missing; the content of files goes to `files` in it), or ':memory:' for a store that lives as long as it is open. */
  readonly file: string;
  /** How long a write waits for another process before it rejects with StoreUnavailable. The wait blocks the event loop. */
  readonly busyTimeoutMs?: number;
  /** Called for each failure of the file. */
  readonly onFault?: OnFault;
};

// synchronous FULL: an acknowledged write survives a power failure. secure_delete: a scrubbed text leaves no trace in free pages.
// wal_autocheckpoint (pages): with many busy groups, a checkpoint every 16 MB instead of 4 MB gave a third more messages per second.
const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32768;
  PRAGMA wal_autocheckpoint = 4000;
`;

/**
 * Opens the embedded store: one SQLite file, migrated to the current schema. Several processes may open it; each writes in short transactions.
 * Rejects with StoreUnavailable, which names the cause, when the file cannot be opened or a newer Parley has written it.
 */
export async function openSqlite({ file, busyTimeoutMs = 1500, onFault = () => {} }: SqliteOptions): Promise<Store> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const db = connect(file, busyTimeoutMs, onFault);
  try {
    db.exec(PRAGMAS);
    migrate(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return storeOn(db, openFolder(file === ':memory:' ? undefined : join(dirname(file), 'files')), busyTimeoutMs);
}

const MAX_PROBLEMS = 10;

/** https://www.sqlite.org/pragma.html#pragma_quick_check: one row `ok`, or a row for each problem. */
const problemsOf = (db: Connection): string[] =>
  db
    .all<{ quick_check: string }>(`PRAGMA quick_check(${MAX_PROBLEMS})`)
    .flatMap(({ quick_check }) => quick_check.split('\n'))
    .filter((line) => line !== 'ok');

function storeOn(db: Connection, folder: FileFolder, busyTimeoutMs: number): Store {
  const writer = createWriter(db, busyTimeoutMs);
  const { stop, ...signals } = signalStore(db, writer);
  return {
    kind: 'sqlite',
    settings: settingStore(db, writer),
    users: userStore(db, writer),
    sessions: sessionStore(db, writer),
    tokens: tokenStore(db, writer),
    groups: groupStore(db, writer),
    memberships: membershipStore(db, writer),
    log: logStore(db, writer),
    cursors: cursorStore(db, writer),
    saved: savedStore(db, writer),
    files: fileStore(db, writer, folder),
    webhooks: webhookStore(db, writer),
    deliveries: deliveryStore(db, writer),
    push: pushStore(db, writer),
    signals,
    search: searchStore(db, writer),
    ping: async () => void db.one('SELECT 1'),
    inspect: async () => problemsOf(db),
    async close() {
      stop();
      writer.flush();
      db.close();
      folder.close();
    },
  };
}
