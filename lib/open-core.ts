import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openDirectory } from './accounts/directory.ts';
import { openLocalBus } from './bus/local.ts';
import { meteredBus } from './bus/metered.ts';
import type { Bus } from './bus/port.ts';
import type { Config } from './config.ts';
import type { Core, Indexer, Passwords, Pictures, Written } from './core.ts';
import type { OnFault } from './errors.ts';
import { type Random, randomId, randomToken, systemRandom } from './ids.ts';
import { openAppender } from './log/appender.ts';
import type { Entry } from './log/entry.ts';
import type { Log } from './logger.ts';
import { Meters } from './metrics/meters.ts';
import { openLimits } from './rate-limiter.ts';
import { LogIndexer } from './search/indexer.ts';
import { openSecrets } from './secrets.ts';
import { storeHealth } from './store/health.ts';
import { withRecent } from './store/lookup-cache.ts';
import { StoreMissing } from './store/missing.ts';
import type { Store } from './store/port.ts';
import { openCalls } from './webhooks/outgoing/plan.ts';

const BCRYPT_COST = 12;
const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

export type CoreOptions = {
  /** `server` holds the embedded database for itself; a `visitor` (the CLI) works beside it. */
  readonly role: 'server' | 'visitor';
  /** Reject with StoreMissing instead of creating a store. */
  readonly mustExist?: boolean;
  /** For tests; never from the environment. */
  readonly now?: () => number;
  readonly random?: Random;
  readonly bcryptCost?: number;
  readonly log?: Log;
};

export type OpenCore = Core & { close(): Promise<void> };

/** Opens the store and the bus that the configuration names, and what every operation needs besides. Rejects when the store cannot be opened. */
export async function openCore(config: Config, options: CoreOptions): Promise<OpenCore> {
  const { now = Date.now, random = systemRandom, role } = options;
  const log = options.log ?? (await openServerLog(config));
  const health = storeHealth(role === 'server' ? log : SILENT); // a command reports by itself why it failed
  const { store: opened, release } = await openStore(config, { ...options, onFault: health.onFault });
  const { store, recent } = withRecent(opened);
  const meters = new Meters();
  const bus = meteredBus(await openBus(config, store, { now, log, role }), meters);
  const keys = config.secretKeys.length > 0 ? config.secretKeys : [await store.settings.putIfAbsent('secret-key', randomToken(random, 43))];
  const directory = openDirectory(store);
  const calls = openCalls({ store, recent, directory });
  const indexer = new LogIndexer({ store, log });
  const written = openWritten();
  const core: Core = {
    config,
    store,
    health,
    recent,
    bus,
    log,
    now,
    random,
    secrets: openSecrets(keys),
    passwords: passwordsAt(options.bcryptCost ?? BCRYPT_COST),
    directory,
    calls,
    appender: openAppender({ store, bus: noting(bus, indexer, written), now, log, meters, calls }),
    indexer,
    written,
    limits: openLimits(now),
    pictures: picturesFor(log),
    meters,
  };
  const close = async (): Promise<void> => {
    await core.appender.idle();
    await core.indexer.stop();
    core.pictures.close();
    await bus.close();
    await store.close();
    release();
  };
  return { ...core, close };
}

/** What is written is announced on the bus; the search index hears it too, and what tells devices. */
const noting = (bus: Bus, indexer: Indexer, written: Written): Pick<Bus, 'publish'> => ({
  publish(event) {
    indexer.note(event.group);
    bus.publish(event);
    if (event.type === 'entries') written.note(event.entries);
  },
});

function openWritten(): Written {
  const listeners = new Set<(entries: readonly Entry[]) => void>();
  return {
    note(entries) {
      for (const listener of listeners) listener(entries);
    },
    onWritten(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function openServerLog(config: Config): Promise<Log> {
  const { openLog } = await import('./logger.ts');
  return openLog(config);
}

/** bcrypt is loaded with the first password: most commands of the CLI see none. */
function passwordsAt(cost: number): Passwords {
  let opened: Promise<Passwords> | undefined;
  const open = (): Promise<Passwords> => {
    opened ??= import('./accounts/password.ts').then(({ openPasswords }) => openPasswords(cost));
    return opened;
  };
  return {
    hash: async (password) => (await open()).hash(password),
    verify: async (password, hash) => (await open()).verify(password, hash),
  };
}

/** What looks at pictures is loaded with the first one. */
function picturesFor(log: Log): Pictures {
  let opened: Promise<Pictures> | undefined;
  const open = (): Promise<Pictures> => {
    opened ??= import('./files/thumbnails.ts').then(({ openPictures }) => openPictures(log));
    return opened;
  };
  return {
    look: async (source, bytes, type) => (await open()).look(source, bytes, type),
    close: () => void opened?.then((pictures) => pictures.close()),
  };
}

/** Drivers are loaded only where they are used: a start with no settings should not wait for them. */
async function openStore(
  config: Config,
  { role, mustExist = false, onFault }: Pick<CoreOptions, 'role' | 'mustExist'> & { readonly onFault: OnFault },
): Promise<{ store: Store; release: () => void }> {
  if (config.mongodbUrl !== undefined) {
    const { openMongo } = await import('./store/mongo/open.ts');
    return { store: await openMongo({ url: config.mongodbUrl, mustExist, onFault }), release: () => {} };
  }
  const [{ openSqlite }, { lockServer }] = await Promise.all([import('./store/sqlite/open.ts'), import('./store/sqlite/lock.ts')]);
  const file = join(config.dataDir, 'parley.db');
  if (mustExist && !existsSync(file)) throw new StoreMissing(config.dataDir);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const lock = role === 'server' ? lockServer(config.dataDir) : undefined;
  return { store: await openSqlite({ file, onFault }), release: () => lock?.release() };
}

async function openBus(
  config: Config,
  store: Store,
  { now, log, role }: { now: () => number; log: Log; role: CoreOptions['role'] },
): Promise<Bus> {
  if (config.redisUrl !== undefined) {
    const { openRedisBus } = await import('./bus/redis.ts');
    const installation = await store.settings.putIfAbsent('installation', randomId(systemRandom, 8)); // its own names on a Redis that others use too
    return openRedisBus({ url: config.redisUrl, prefix: `parley-${installation}`, now, log });
  }
  const local = openLocalBus({ now, log });
  if (!store.signals) return local;
  const { openOutboxBus } = await import('./bus/outbox.ts');
  return openOutboxBus(store.signals, local, role);
}
