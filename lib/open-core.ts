import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openDirectory } from './accounts/directory.ts';
import { openLocalBus } from './bus/local.ts';
import { meteredBus } from './bus/metered.ts';
import type { Bus } from './bus/port.ts';
import type { Config } from './config.ts';
import type { Core, Indexer, Passwords, Thumbnailer, WrittenEntries } from './core.ts';
import type { OnFault } from './errors.ts';
import { type Random, randomId, randomToken, systemRandom } from './ids.ts';
import { openAppender } from './log/appender.ts';
import type { Entry } from './log/entry.ts';
import type { Logger } from './logger.ts';
import { Meters } from './metrics/meters.ts';
import { openRateLimiter } from './rate-limiter.ts';
import { LogIndexer } from './search/indexer.ts';
import { openSecrets } from './secrets.ts';
import { storeHealth } from './store/health.ts';
import { withLookupCache } from './store/lookup-cache.ts';
import { StoreMissing } from './store/missing.ts';
import type { Store } from './store/port.ts';
import { openWebhookCalls } from './webhooks/outgoing/plan.ts';

const BCRYPT_COST = 12;
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export type CoreOptions = {
  /** `server` locks the embedded database against other servers; a `visitor` (the CLI) uses it at the same time. */
  readonly role: 'server' | 'visitor';
  /** Reject with StoreMissing instead of creating a store. */
  readonly mustExist?: boolean;
  /** For tests; never from the environment. */
  readonly now?: () => number;
  readonly random?: Random;
  readonly bcryptCost?: number;
  readonly logger?: Logger;
};

export type OpenCore = Core & { close(): Promise<void> };

/** Opens the store and the bus that the configuration names, and builds the other dependencies. Rejects when the store cannot be opened. */
export async function openCore(config: Config, options: CoreOptions): Promise<OpenCore> {
  const { now = Date.now, random = systemRandom, role } = options;
  const logger = options.logger ?? (await openServerLog(config));
  const health = storeHealth(role === 'server' ? logger : SILENT); // a CLI command prints its own error
  const { store: opened, release } = await openStore(config, { ...options, onFault: health.onFault });
  const { store, lookupCache } = withLookupCache(opened);
  const meters = new Meters();
  const bus = meteredBus(await openBus(config, store, { now, logger, role }), meters);
  const keys = config.secretKeys.length > 0 ? config.secretKeys : [await store.settings.putIfAbsent('secret-key', randomToken(random, 43))];
  const directory = openDirectory(store);
  const webhookCalls = openWebhookCalls({ store, lookupCache, directory });
  const indexer = new LogIndexer({ store, logger });
  const written = openWritten();
  const core: Core = {
    config,
    store,
    health,
    lookupCache,
    bus,
    logger,
    now,
    random,
    secrets: openSecrets(keys),
    passwords: passwordsAt(options.bcryptCost ?? BCRYPT_COST),
    directory,
    webhookCalls,
    appender: openAppender({ store, bus: publishTo(bus, indexer, written), now, logger, meters, webhookCalls }),
    indexer,
    written,
    rateLimiter: openRateLimiter(now),
    thumbnailer: lazyThumbnailer(logger),
    meters,
  };
  const close = async (): Promise<void> => {
    await core.appender.idle();
    await core.indexer.stop();
    core.thumbnailer.close();
    await bus.close();
    await store.close();
    release();
  };
  return { ...core, close };
}

/** Publishes new entries on the bus, and passes them to the indexer and to the listeners of `written`. */
const publishTo = (bus: Bus, indexer: Indexer, written: WrittenEntries): Pick<Bus, 'publish'> => ({
  publish(event) {
    indexer.note(event.group);
    bus.publish(event);
    if (event.type === 'entries') written.note(event.entries);
  },
});

function openWritten(): WrittenEntries {
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

async function openServerLog(config: Config): Promise<Logger> {
  const { openLogger } = await import('./logger.ts');
  return openLogger(config);
}

/** Loads bcrypt at the first password: most CLI commands need none. */
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

/** Loads the thumbnailer at the first image. */
function lazyThumbnailer(logger: Logger): Thumbnailer {
  let opened: Promise<Thumbnailer> | undefined;
  const open = (): Promise<Thumbnailer> => {
    opened ??= import('./files/thumbnails.ts').then(({ openThumbnailer }) => openThumbnailer(logger));
    return opened;
  };
  return {
    create: async (source, bytes, type) => (await open()).create(source, bytes, type),
    close: () => void opened?.then((thumbnailer) => thumbnailer.close()),
  };
}

/** Loads drivers only when they are used: a start with the default settings does not wait for them. */
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
  { now, logger, role }: { now: () => number; logger: Logger; role: CoreOptions['role'] },
): Promise<Bus> {
  if (config.redisUrl !== undefined) {
    const { openRedisBus } = await import('./bus/redis.ts');
    const installation = await store.settings.putIfAbsent('installation', randomId(systemRandom, 8)); // a key prefix of its own, since other programs may use the same Redis
    return openRedisBus({ url: config.redisUrl, prefix: `parley-${installation}`, now, logger });
  }
  const local = openLocalBus({ now, logger });
  if (!store.signals) return local;
  const { openOutboxBus } = await import('./bus/outbox.ts');
  return openOutboxBus(store.signals, local, role);
}
