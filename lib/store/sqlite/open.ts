import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPrivately } from '../../data-folder.ts';
import type { OnFault } from '../../errors.ts';
import { lazily } from '../../lazily.ts';
import type { OnStep, SchemaState } from '../migration.ts';
import type { Store } from '../port.ts';
import { type Connection, connect, LOCK_MS, NEWEST_SCHEMA, PRAGMAS } from './connection.ts';
import { unavailableDisk } from './faults.ts';
import { groupStore } from './groups/groups.ts';
import { logStore } from './log.ts';
import { membershipStore } from './memberships.ts';
import { rewriteStore } from './scrubbing.ts';
import { lazyStores } from './seldom/lazy.ts';
import { settingStore } from './settings.ts';
import { signalStore } from './signals.ts';
import { userStore } from './users.ts';
import { queued, runnerOf } from './writing/remote.ts';
import type { WriterThread } from './writing/thread.ts';
import { type Commit, commit } from './writing/transaction.ts';
import { createWriter } from './writing/writer.ts';
import { writesOn } from './writing/writes.ts';

type SqliteOptions = {
  /** A path (its folder is made when missing; the content of files goes to `files` in it), or ':memory:' for a store that lives as long as it is open. */
  readonly file: string;
  /** How long a write, or the opening, waits for another process before it rejects with StoreUnavailable. Only the opening blocks the event loop. */
  readonly busyTimeoutMs?: number;
  /** How long a write waits for the disk before it rejects with StoreUnavailable. Only a thread can wait for it asynchronously. */
  readonly diskWaitMs?: number;
  /** Called for each failure of the file. */
  readonly onFault?: OnFault;
  /** Called before each step by which an older file is migrated. */
  readonly onStep?: OnStep;
  /** Called before an older file is migrated; may reject. What it resolves to is called afterwards. */
  readonly lockSchema?: () => Promise<() => void>;
};

/**
 * Opens the embedded store: one SQLite file, migrated to the current schema. Several processes may open it; each writes in short transactions.
 * Rejects with StoreUnavailable, which names the cause, when the file cannot be opened or a newer Parley has written it.
 */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const { file, busyTimeoutMs = 1500, diskWaitMs = 30_000, onFault = () => {} } = options;
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (file !== ':memory:') createPrivately(file);
  const db = connect(file, busyTimeoutMs, onFault);
  try {
    db.exec(PRAGMAS);
    const version = schemaVersion(db);
    if (version !== NEWEST_SCHEMA) await migrateFrom(version, db, options);
    db.exec(`PRAGMA busy_timeout = ${LOCK_MS}`);
  } catch (error) {
    db.close();
    throw error;
  }
  return storeOn(db, { file, busyTimeoutMs, diskWaitMs, onFault });
}

async function migrateFrom(version: number, db: Connection, { onStep, lockSchema }: SqliteOptions): Promise<void> {
  const { migrate } = await import('./migrate.ts');
  const isOlder = version > 0 && version < NEWEST_SCHEMA;
  const unlock = isOlder ? await lockSchema?.() : undefined;
  try {
    migrate(db, undefined, onStep);
  } finally {
    unlock?.();
  }
}

/** What opening an existing file would do to its schema. Changes nothing. Errors: StoreUnavailable. */
export async function readSqliteSchema(file: string, busyTimeoutMs = 1500): Promise<SchemaState> {
  const { schemaOf } = await import('./migrate.ts');
  const db = connect(file, busyTimeoutMs);
  try {
    return schemaOf(db);
  } finally {
    db.close();
  }
}

const schemaVersion = (db: Connection): number => db.one<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;

/** With the write-ahead log. 0 for a store in memory. */
const sizeOf = (file: string): number =>
  ['', '-wal', '-shm'].reduce((sum, suffix) => sum + (statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0), 0);

const MAX_PROBLEMS = 10;

/** https://www.sqlite.org/pragma.html#pragma_quick_check: one row `ok`, or a row for each problem. */
const problemsOf = (db: Connection): string[] =>
  db
    .all<{ quick_check: string }>(`PRAGMA quick_check(${MAX_PROBLEMS})`)
    .flatMap(({ quick_check }) => quick_check.split('\n'))
    .filter((line) => line !== 'ok');

function storeOn(
  db: Connection,
  { file, busyTimeoutMs, diskWaitMs, onFault }: Required<Omit<SqliteOptions, 'onStep' | 'lockSchema'>>,
): Store {
  const isInMemory = file === ':memory:';
  const tables = writesOn(db);
  const allTables: Parameters<typeof runnerOf>[0] = { ...tables };
  const run = runnerOf(allTables);
  const here: Commit = async (jobs) => commit(db, run, jobs);
  const writer = createWriter(here, { busyTimeoutMs, diskWaitMs, onFault });
  const writes = queued(tables, writer.write);
  const { stop, ...signals } = signalStore(db, writes.signals);
  let closeFiles = (): void => {};
  const seldom = lazily(async () => {
    const { seldomStoresOn } = await import('./seldom/stores.ts').catch((error: unknown) => {
      throw unavailableDisk(error, 'A part of the program cannot be loaded');
    });
    const {
      stores,
      tables: more,
      close,
    } = seldomStoresOn(db, {
      ...{ write: writer.write, journal: writes.journal },
      folder: isInMemory ? undefined : join(dirname(file), 'files'),
      openSnapshot: () => connect(file, busyTimeoutMs, onFault),
    });
    Object.assign(allTables, more);
    closeFiles = close;
    return stores;
  });
  let thread: WriterThread | undefined;
  let isClosed = false;
  return {
    kind: 'sqlite',
    ...lazyStores(seldom),
    settings: settingStore(db, writes.settings),
    users: userStore(db, writes.users),
    groups: groupStore(db, writes.groups),
    memberships: membershipStore(db, writes.memberships),
    log: logStore(db, writes),
    rewrite: rewriteStore(db, writes.replacing, writes.journal),
    signals,
    size: async () => sizeOf(file),
    ping: async () => void db.one('SELECT 1'),
    inspect: async () => problemsOf(db),
    commitMs: writer.commitMs,
    load: async () => void (await seldom.open()),
    async startWriterThread() {
      if (isInMemory || isClosed) return;
      const { writeOnThread } = await import('./writing/thread.ts');
      thread ??= isClosed ? undefined : writeOnThread({ file, writer, here, onFault });
      await thread?.started;
    },
    async close() {
      isClosed = true;
      stop();
      await seldom.settled(); // calls of before wait for it
      await writer.close();
      await thread?.close();
      db.close();
      closeFiles();
    },
  };
}
