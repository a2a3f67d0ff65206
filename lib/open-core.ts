import { openDirectory } from './accounts/directory.ts';
import { openAuditLog } from './audit/log.ts';
import { RESTORING } from './backup/port.ts';
import { openLocalBus } from './bus/local.ts';
import { meteredBus } from './bus/metered.ts';
import type { Bus } from './bus/port.ts';
import { lazyAppender, lazyIndexer, lazyPasswords, lazyThumbnailer } from './composition/lazy-parts.ts';
import type { Config } from './config.ts';
import type { Conversion, Core, Indexer, WrittenEntries } from './core.ts';
import type { Encryption } from './encryption/open.ts';
import { StoreUnavailable } from './errors.ts';
import { PROFILES_CHANNEL, type Random, randomId, randomToken, systemRandom } from './ids.ts';
import type { Entry } from './log/entry.ts';
import type { Logger } from './logger.ts';
import { withNotices } from './mail/notices.ts';
import { openMailOutbox } from './mail/outbox.ts';
import { openRenderedBodies } from './messages/rendered-bodies.ts';
import { Meters } from './metrics/meters.ts';
import { openStore, type StoreOptions } from './open-store.ts';
import { limitNames, openRateLimiter } from './rate-limiter.ts';
import { STORE_WAIT_MS } from './request-scope.ts';
import { Scheduler } from './scheduler.ts';
import { openSecrets } from './secrets.ts';
import { openSecurityLog } from './security/log.ts';
import { openSite } from './site/identity.ts';
import { storeHealth } from './store/health.ts';
import { withLookupCache } from './store/lookup-cache.ts';
import type { Store } from './store/port.ts';
import { openWebhookCalls } from './webhooks/outgoing/plan.ts';

const BCRYPT_COST = 12;
const NO_CONVERSION: Conversion = { start() {}, stop: async () => {} };
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export type CoreOptions = Pick<StoreOptions, 'role' | 'mustExist'> & {
  /** For tests; never from the environment. */
  readonly now?: () => number;
  /** Whether `now` is wrong, as the clock of one machine among others may be, so that the store is asked where that matters. */
  readonly isSkewed?: boolean;
  readonly random?: Random;
  readonly bcryptCost?: number;
  /** See Core. Tests that are not about it take long, so that a busy machine does not fail them. */
  readonly storeWaitMs?: number;
  readonly logger?: Logger;
};

/** `encryption`: undefined without ENCRYPTION_KEYS. `load`: loads what the first requests to a server need, which a command may never need. */
export type OpenCore = Core & { readonly encryption: Encryption | undefined; load(): Promise<void>; close(): Promise<void> };

/** Opens the store and the bus that the configuration names, and builds the other dependencies. Rejects when the store cannot be opened. */
export async function openCore(config: Config, options: CoreOptions): Promise<OpenCore> {
  const { now = Date.now, random = systemRandom, role, storeWaitMs = STORE_WAIT_MS } = options;
  const logger = options.logger ?? (await openServerLog(config));
  const health = storeHealth(role === 'server' ? logger : SILENT); // a CLI command prints its own error
  const { store: opened, release, encryption } = await openStore(config, { ...options, storeWaitMs, logger, onFault: health.onFault });
  await refuseHalfRestored(opened, release);
  const { store, lookupCache } = withLookupCache(opened);
  const meters = new Meters();
  const scheduler = new Scheduler();
  const keys = config.secretKeys.length > 0 ? config.secretKeys : [await store.settings.putIfAbsent('secret-key', randomToken(random, 43))];
  const secrets = openSecrets(keys);
  const bus = meteredBus(await openBus(config, store, { now, logger, role, secrets, encryption, refused: meters.busRefused }), meters);
  const directory = openDirectory({ store, bus });
  if (role === 'server') await bus.subscribe(PROFILES_CHANNEL, (event) => event.type === 'profile' && directory.note(event.user));
  const webhookCalls = openWebhookCalls({ store, lookupCache, directory });
  const mailOutbox = openMailOutbox({ store, secrets, now, random, isOn: config.smtpUrl !== undefined });
  const securityLog = openSecurityLog({ store, directory, logger, meters, now, random, via: role === 'server' ? 'server' : 'cli' });
  const indexer = lazyIndexer({ store, logger, scheduler });
  const written = openWritten();
  const appender = lazyAppender({
    ...{ store, bus: publishTo(bus, indexer, written), now, logger, meters, webhookCalls, storeWaitMs },
    reason: health.reason,
  });
  const via = role === 'server' ? 'server' : 'cli';
  const core: Core = {
    config,
    store,
    health,
    lookupCache,
    bus,
    logger,
    now,
    sharedNow: store.now && (options.now === undefined || options.isSkewed) ? store.now : async () => now(),
    random,
    secrets,
    passwords: lazyPasswords(options.bcryptCost ?? BCRYPT_COST),
    directory,
    webhookCalls,
    appender,
    indexer,
    conversion: encryption ? (await import('./encryption/runner.ts')).openConversion({ encryption, store, logger, now }) : NO_CONVERSION,
    written,
    rateLimiter: openRateLimiter(now, undefined, bus.limits && { limits: bus.limits, nameOf: limitNames(secrets) }),
    thumbnailer: lazyThumbnailer(logger),
    meters,
    securityLog: withNotices(securityLog, { store, outbox: mailOutbox, logger, now }),
    mailOutbox,
    audit: openAuditLog({ appender, directory, random, via }),
    site: openSite({ store, config }),
    scheduler,
    renderedBodies: openRenderedBodies(),
    storeWaitMs,
  };
  const close = async (): Promise<void> => {
    await core.appender.idle();
    await core.securityLog.idle();
    await core.indexer.stop();
    await core.conversion.stop();
    core.thumbnailer.close();
    core.renderedBodies.close();
    await bus.close();
    await store.close();
    release();
  };
  const load = async (): Promise<void> => void (await Promise.all([store.load?.(), appender.load(), indexer.load()]));
  await core.site.reload();
  return { ...core, encryption, load, close };
}

/** A restore that was interrupted has left a part of the data. */
async function refuseHalfRestored(store: Store, release: () => void): Promise<void> {
  if (((await store.settings.get(RESTORING)) ?? '') === '') return;
  await store.close();
  release();
  throw new StoreUnavailable('A restore into this database was interrupted. Repeat it with the same files: parley restore FILE …', {
    fault: 'refused',
  });
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

type BusOptions = {
  readonly refused: Meters['busRefused'];
  readonly role: CoreOptions['role'];
  readonly encryption: Encryption | undefined;
};

async function openBus(
  config: Config,
  store: Store,
  { role, encryption, ...shared }: Pick<Core, 'now' | 'logger' | 'secrets'> & BusOptions,
): Promise<Bus> {
  if (config.redisUrl !== undefined) {
    const { openRedisBus } = await import('./bus/redis.ts');
    const installation = await store.settings.putIfAbsent('installation', randomId(systemRandom, 8)); // a key prefix of its own, since other programs may use the same Redis
    const sealer = encryption && (await import('./encryption/sealed.ts')).openSealer(encryption.keyring, 'bus');
    return openRedisBus({ url: config.redisUrl, prefix: `parley-${installation}`, ...shared, ...(sealer ? { sealer } : {}) });
  }
  const local = openLocalBus(shared);
  if (!store.signals) return local;
  const { openOutboxBus } = await import('./bus/outbox.ts');
  return openOutboxBus(store.signals, local, role);
}
