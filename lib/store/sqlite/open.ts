import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPrivately } from '../../data-folder.ts';
import type { OnFault } from '../../errors.ts';
import type { OnStep, SchemaState } from '../migration.ts';
import type { Store } from '../port.ts';
import { credentialStore } from './accounts/credentials.ts';
import { addressStore, linkStore, mailStore } from './accounts/mail.ts';
import { backupStore } from './backup.ts';
import { type Connection, connect, LOCK_MS, PRAGMAS } from './connection.ts';
import { cursorStore } from './cursors.ts';
import { deliveryStore } from './deliveries.ts';
import { contentKeyStore, fileStore } from './files.ts';
import { openFolder } from './files-folder.ts';
import { groupStore } from './groups/groups.ts';
import { removalStore } from './groups/removals.ts';
import { logStore } from './log.ts';
import { membershipStore } from './memberships.ts';
import { migrate, schemaOf } from './migrate.ts';
import { pushStore } from './push.ts';
import { savedStore } from './saved.ts';
import { MIGRATIONS } from './schema.ts';
import { rewriteStore } from './scrubbing.ts';
import { searchStore } from './search.ts';
import { securityStore } from './security.ts';
import { sessionStore } from './sessions.ts';
import { settingStore } from './settings.ts';
import { signalStore } from './signals.ts';
import { tokenStore } from './tokens.ts';
import { userStore } from './users.ts';
import { webhookStore } from './webhooks.ts';
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
};

/**
 * Opens the embedded store: one SQLite file, migrated to the current schema. Several processes may open it; each writes in short transactions.
 * Rejects with StoreUnavailable, which names the cause, when the file cannot be opened or a newer Parley has written it.
 */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const { file, busyTimeoutMs = 1500, diskWaitMs = 30_000, onFault = () => {}, onStep } = options;
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (file !== ':memory:') createPrivately(file);
  const db = connect(file, busyTimeoutMs, onFault);
  try {
    db.exec(PRAGMAS);
    migrate(db, MIGRATIONS, onStep);
    db.exec(`PRAGMA busy_timeout = ${LOCK_MS}`);
  } catch (error) {
    db.close();
    throw error;
  }
  return storeOn(db, { file, busyTimeoutMs, diskWaitMs, onFault });
}

/** What opening an existing file would do to its schema. Changes nothing. Errors: StoreUnavailable. */
export function readSqliteSchema(file: string, busyTimeoutMs = 1500): SchemaState {
  const db = connect(file, busyTimeoutMs);
  try {
    return schemaOf(db);
  } finally {
    db.close();
  }
}

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

function storeOn(db: Connection, { file, busyTimeoutMs, diskWaitMs, onFault }: Required<Omit<SqliteOptions, 'onStep'>>): Store {
  const isInMemory = file === ':memory:';
  const folder = openFolder(isInMemory ? undefined : join(dirname(file), 'files'));
  const openSnapshot = () => connect(file, busyTimeoutMs, onFault);
  const tables = writesOn(db);
  const run = runnerOf(tables);
  const here: Commit = async (jobs) => commit(db, run, jobs);
  const writer = createWriter(here, { busyTimeoutMs, diskWaitMs, onFault });
  const writes = queued(tables, writer.write);
  const { stop, ...signals } = signalStore(db, writes.signals);
  let thread: WriterThread | undefined;
  let isClosed = false;
  return {
    kind: 'sqlite',
    settings: settingStore(db, writes.settings),
    users: userStore(db, writes.users),
    sessions: sessionStore(db, writes.sessions),
    tokens: tokenStore(db, writes.tokens),
    credentials: credentialStore(db, writes.credentials),
    groups: groupStore(db, writes.groups),
    removals: removalStore(db, writes.removals, writes.journal),
    memberships: membershipStore(db, writes.memberships),
    log: logStore(db, writes),
    cursors: cursorStore(writes.cursors),
    saved: savedStore(db, writes.saved),
    files: fileStore(db, writes.files, folder),
    contentKeys: contentKeyStore(db, writes.contentKeys),
    rewrite: rewriteStore(db, writes.replacing, writes.journal),
    webhooks: webhookStore(db, writes.webhooks),
    deliveries: deliveryStore(db, writes.deliveries),
    push: pushStore(db, writes.push),
    security: securityStore(db, writes.security),
    addresses: addressStore(db, writes.addresses),
    links: linkStore(db, writes.links),
    mails: mailStore(db, writes.mails),
    signals,
    size: async () => sizeOf(file),
    search: searchStore(db, writes.search),
    backup: backupStore(db, writes.backup, openSnapshot),
    ping: async () => void db.one('SELECT 1'),
    inspect: async () => problemsOf(db),
    commitMs: writer.commitMs,
    async startWriterThread() {
      if (isInMemory || isClosed) return;
      const { writeOnThread } = await import('./writing/thread.ts');
      thread ??= isClosed ? undefined : writeOnThread({ file, writer, here, onFault });
      await thread?.started;
    },
    async close() {
      isClosed = true;
      stop();
      await writer.close();
      await thread?.close();
      db.close();
      folder.close();
    },
  };
}
