import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { makePrivate } from './data-folder.ts';
import type { Encryption } from './encryption/open.ts';
import type { OnDamage } from './encryption/sealed.ts';
import { REGISTRY } from './encryption/settings.ts';
import { type OnFault, StoreUnavailable } from './errors.ts';
import type { Logger } from './logger.ts';
import { STORE_WAIT_MS } from './request-scope.ts';
import type { SchemaState } from './store/migration.ts';
import { StoreMissing } from './store/missing.ts';
import type { Store } from './store/port.ts';

const PATIENT_MS = 30_000;

export type StoreOptions = {
  /** `server` locks the embedded database against other servers; a `visitor` (the CLI) uses it at the same time. */
  readonly role: 'server' | 'visitor';
  /** Reject with StoreMissing instead of creating a store. */
  readonly mustExist?: boolean;
  readonly logger: Logger;
  readonly onFault: OnFault;
  /** How long one answer of MongoDB, or one write of SQLite, may take. */
  readonly storeWaitMs?: number;
  /** One answer of the store may take 30 s: for long work that no request waits for. */
  readonly isPatient?: boolean;
  /** Called for texts that cannot be decrypted; each is logged once otherwise. */
  readonly onDamage?: OnDamage;
};

type OpenedStore = { readonly store: Store; readonly release: () => void; readonly encryption?: Encryption };

/**
 * Opens the store that the configuration names, with decryption by ENCRYPTION_KEYS. Errors: ConfigError when a key that the store needs is missing.
 * `release` gives up the lock of a server, after the store is closed.
 */
export async function openStore(config: Config, options: StoreOptions): Promise<OpenedStore> {
  const { store: raw, release } = await openUnencrypted(config, options);
  try {
    if (config.encryptionKeys.length === 0 && (await raw.settings.get(REGISTRY)) === undefined) return { store: raw, release };
    const { reportingTo, withEncryption } = await import('./encryption/open.ts');
    return { ...(await withEncryption(raw, config.encryptionKeys, options.onDamage ?? reportingTo(options.logger))), release };
  } catch (error) {
    await raw.close();
    release();
    throw error;
  }
}

/** Loads drivers only when they are used: a start with the default settings does not wait for them. */
async function openUnencrypted(
  config: Config,
  { role, mustExist = false, logger, onFault, isPatient = false, storeWaitMs = STORE_WAIT_MS }: StoreOptions,
): Promise<{ store: Store; release: () => void }> {
  const onStep = (step: object): void => logger.info({ ...step }, 'migrating the database');
  if (config.mongodbUrl !== undefined) {
    const { openMongo } = await import('./store/mongo/open.ts');
    const serverSelectionTimeoutMs = isPatient ? PATIENT_MS : storeWaitMs;
    return { store: await openMongo({ url: config.mongodbUrl, mustExist, onFault, onStep, serverSelectionTimeoutMs }), release: () => {} };
  }
  const { openSqlite } = await import('./store/sqlite/open.ts');
  const file = join(config.dataDir, 'parley.db');
  if (mustExist && !existsSync(file)) throw new StoreMissing(config.dataDir);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  if (role === 'server') keepPrivate(config, logger);
  const wait = isPatient ? { busyTimeoutMs: PATIENT_MS } : { diskWaitMs: storeWaitMs };
  const options = { file, onFault, onStep, ...wait };
  if (role === 'visitor')
    return { store: await openSqlite({ ...options, lockSchema: () => lockUnlessServed(config.dataDir) }), release: () => {} };
  const { lockServer } = await import('./store/sqlite/lock.ts');
  const lock = lockServer(config.dataDir);
  return { store: await openSqlite(options), release: () => lock.release() };
}

/** A command of this version does not change the schema under a server of an older one. */
async function lockUnlessServed(dataDir: string): Promise<() => void> {
  const { lockServer } = await import('./store/sqlite/lock.ts');
  try {
    const lock = lockServer(dataDir);
    return () => lock.release();
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    throw new Error(`A server of an older version is running on ${dataDir}: restart it with this version first.`);
  }
}

/** What opening the store would do to its schema. Changes nothing. Rejects with StoreMissing when there is none. */
export async function readSchema(config: Config): Promise<SchemaState> {
  if (config.mongodbUrl !== undefined) return (await import('./store/mongo/open.ts')).readMongoSchema(config.mongodbUrl);
  const { readSqliteSchema } = await import('./store/sqlite/open.ts');
  const file = join(config.dataDir, 'parley.db');
  if (!existsSync(file)) throw new StoreMissing(config.dataDir);
  return readSqliteSchema(file);
}

/** Before anything is written there. Errors: a plain Error when other users of the machine can read the folder and that cannot be changed. */
function keepPrivate({ dataDir }: Config, logger: Logger): void {
  const [first, ...others] = makePrivate(dataDir);
  if (!first) return;
  const fields = { path: first.path, mode: first.mode.toString(8), others: others.length };
  logger.warn(fields, 'the data was accessible to other users of this machine: folders now have mode 700, files 600');
}
