import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { openDirectory } from './accounts/directory.ts';
import { openPasswords } from './accounts/password.ts';
import { accountRoutes } from './accounts/routes.ts';
import { adminRoutes } from './admin/routes.ts';
import { hookRoutes } from './bots/hooks.ts';
import { botRoutes } from './bots/routes.ts';
import { openLocalBus } from './bus/local.ts';
import type { Bus } from './bus/port.ts';
import type { Config } from './config.ts';
import type { Core } from './core.ts';
import { finishLines } from './groups/membership.ts';
import { settleFirstAccount } from './groups/operations.ts';
import { roster } from './groups/roster.ts';
import { groupRoutes } from './groups/routes.ts';
import { createKoa } from './http/koa.ts';
import type { Web } from './http/web.ts';
import { type Random, randomToken, systemRandom } from './ids.ts';
import { openLimits } from './limits.ts';
import { Hub } from './live/hub.ts';
import { liveRoutes } from './live/routes.ts';
import { type Log, openLog } from './log.ts';
import { openAppender } from './messages/appender.ts';
import { groupsIndexRoutes } from './messages/index-routes.ts';
import { messageRoutes } from './messages/routes.ts';
import { scrubDue } from './messages/scrub.ts';
import { openSecrets } from './secrets.ts';
import { healthRoutes, staticFiles } from './site/routes.ts';
import type { Store } from './store/port.ts';
import { createViews } from './views/render.ts';

const BCRYPT_COST = 12;

export type CoreOptions = {
  /** `server` holds the embedded database for itself; a `visitor` (the CLI) works beside it. */
  readonly role: 'server' | 'visitor';
  /** For tests; never from the environment. */
  readonly now?: () => number;
  readonly random?: Random;
  readonly bcryptCost?: number;
  readonly log?: Log;
};

export type OpenCore = Core & { close(): Promise<void> };

/** Opens the store and the bus that the configuration names, and what every operation needs besides. Rejects when the store cannot be opened. */
export async function openCore(config: Config, options: CoreOptions): Promise<OpenCore> {
  const { now = Date.now, random = systemRandom, log = openLog(config), role } = options;
  const { store, release } = await openStore(config, role);
  const bus = await openBus(config, store, { now, log, role });
  const keys = config.secretKeys.length > 0 ? config.secretKeys : [await store.settings.putIfAbsent('secret-key', randomToken(random, 43))];
  const core: Core = {
    config,
    store,
    bus,
    log,
    now,
    random,
    secrets: openSecrets(keys),
    passwords: openPasswords(options.bcryptCost ?? BCRYPT_COST),
    directory: openDirectory(store),
    appender: openAppender({ store, bus, now, log }),
    limits: openLimits(now),
  };
  const close = async (): Promise<void> => {
    await core.appender.idle();
    await bus.close();
    await store.close();
    release();
  };
  return { ...core, close };
}

/** Drivers are loaded only where they are used: a start with no settings should not wait for them. */
async function openStore(config: Config, role: CoreOptions['role']): Promise<{ store: Store; release: () => void }> {
  if (config.mongodbUrl !== undefined) {
    const { openMongo } = await import('./store/mongo/open.ts');
    return { store: await openMongo({ url: config.mongodbUrl }), release: () => {} };
  }
  const [{ openSqlite }, { lockServer }] = await Promise.all([import('./store/sqlite/open.ts'), import('./store/sqlite/lock.ts')]);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const lock = role === 'server' ? lockServer(config.dataDir) : undefined;
  return { store: await openSqlite({ file: join(config.dataDir, 'parley.db') }), release: () => lock?.release() };
}

async function openBus(
  config: Config,
  store: Store,
  { now, log, role }: { now: () => number; log: Log; role: CoreOptions['role'] },
): Promise<Bus> {
  if (config.redisUrl !== undefined) {
    const { openRedisBus } = await import('./bus/redis.ts');
    return openRedisBus({ url: config.redisUrl, now, log });
  }
  const local = openLocalBus({ now, log });
  if (!store.signals) return local;
  const { openOutboxBus } = await import('./bus/outbox.ts');
  return openOutboxBus(store.signals, local, role);
}

export type ServerOptions = {
  readonly isDev?: boolean;
  readonly heartbeatMs?: number;
  readonly probeMs?: number;
  /** How often what is due is looked for: erased texts, lines that a crash left out. */
  readonly sweepMs?: number;
};

export type OpenServer = {
  readonly http: Server;
  readonly hub: Hub;
  /** Does now what the sweep does from time to time. */
  sweep(): Promise<void>;
  /** Stops accepting, ends streams, lets requests finish. Leaves the core open. */
  close(): Promise<void>;
};

/** The web server over a core; not listening yet. */
export async function openServer(core: Core, options: ServerOptions = {}): Promise<OpenServer> {
  const isDev = options.isDev ?? false;
  const views = createViews({ dev: isDev });
  const renderMembers = async (group: Parameters<typeof roster>[1]) =>
    views.render('groups/_members.njk', { members: await roster(core, group) });
  const hub = new Hub({ core, views, renderMembers, ...timing(options) });
  await settleFirstAccount(core);
  await hub.start();

  const web: Web = { core, views, hub, isDev };
  const afterSignUp = () => settleFirstAccount(core);
  const koa = createKoa(web, {
    files: staticFiles(web),
    early: [healthRoutes(web), hookRoutes(web), liveRoutes(web)],
    late: [
      accountRoutes(web, { afterSignUp }),
      groupsIndexRoutes(web),
      groupRoutes(web),
      botRoutes(web),
      messageRoutes(web),
      adminRoutes(web),
    ],
  });
  const http = createServer({ requestTimeout: 60_000, headersTimeout: 20_000, keepAliveTimeout: 10_000 }, koa.callback());

  const sweep = () => sweepOnce(core);
  const timer = setInterval(() => void sweep(), options.sweepMs ?? 5000).unref();
  const close = async (): Promise<void> => {
    clearInterval(timer);
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    await hub.close();
    http.closeIdleConnections();
    await closed;
  };
  return { http, hub, sweep, close };
}

const timing = ({ heartbeatMs, probeMs }: ServerOptions) => ({
  ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
  ...(probeMs === undefined ? {} : { probeMs }),
});

async function sweepOnce(core: Core): Promise<void> {
  try {
    await scrubDue(core);
    await finishLines(core);
    await core.store.sessions.sweep(core.now());
  } catch (error) {
    core.log.warn({ err: error }, 'the sweep failed; it will try again');
  }
}
