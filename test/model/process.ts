import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { openDirectory } from '../../lib/accounts/directory.ts';
import type { User } from '../../lib/accounts/port.ts';
import { readConfig } from '../../lib/config.ts';
import type { Core } from '../../lib/core.ts';
import { DomainError, notFound, StoreUnavailable } from '../../lib/errors.ts';
import { groupAccess, openGroup } from '../../lib/groups/operations.ts';
import { mayRead } from '../../lib/groups/rules.ts';
import type { StreamFormat } from '../../lib/live/formats.ts';
import { Hub } from '../../lib/live/hub.ts';
import { openAppender } from '../../lib/log/appender.ts';
import { openRenderedBodies } from '../../lib/messages/rendered-bodies.ts';
import { Meters } from '../../lib/metrics/meters.ts';
import { openRateLimiter } from '../../lib/rate-limiter.ts';
import { STORE_WAIT_MS } from '../../lib/request-scope.ts';
import { Scheduler } from '../../lib/scheduler.ts';
import { openSecrets } from '../../lib/secrets.ts';
import { openSite } from '../../lib/site/identity.ts';
import { withLookupCache } from '../../lib/store/lookup-cache.ts';
import type { BusEnd } from './bus.ts';
import type { ModelStore } from './store.ts';
import type { World } from './world.ts';

const START_MS = 1_700_000_000_000;
/** Slug of the group that all users are in. */
export const SLUG = 'kitchen';

/** Shorter than in production, so that a short run includes heartbeats. */
export const HEARTBEAT_MS = 3000;

const config = readConfig({ POSTS_PER_SECOND: '0', STREAMS_PER_USER: '0', LOG_LEVEL: 'silent' });
const secrets = openSecrets(['a key that is long enough for the model']);
const noThumbnails: Core['thumbnailer'] = { create: async () => undefined, square: async () => undefined, close: () => {} };
const noCalls: Core['webhookCalls'] = { plan: async () => undefined, notify: () => {}, onNotify: () => () => {} };
const noIndexer: Core['indexer'] = { note: () => {}, catchUp: async () => {}, start: async () => {}, stop: async () => {} };
const noPasswords = {
  hash: () => Promise.reject(new Error('passwords are not modelled')),
  verify: () => Promise.reject(new Error('passwords are not modelled')),
};

/** The request of a reader. `onAuthorised`: called when the stream is authorised. */
type Asked = {
  readonly user: User;
  readonly slug: string;
  readonly format: StreamFormat;
  readonly after: number | undefined;
  readonly onAuthorised: () => void;
};

/** One server process: the real core, writer and hub over a model store and a model bus, with a clock of its own. */
export class ModelProcess {
  readonly name: string;
  readonly core: Core;
  readonly #world: World;
  readonly #store: ModelStore;
  readonly #bus: BusEnd;
  readonly #hub: Hub;
  readonly #started: Promise<void>;
  readonly #asked = new Map<string, Asked>();
  /** An HTTP server that writes responses to simulated sockets. */
  readonly server = createServer({ connectionsCheckingInterval: 2 ** 30 }, (request, response) => void this.#answer(request, response));
  /** Offset of its clock, ms. */
  clockOffsetMs = 0;
  isDead = false;
  readonly #death = Promise.withResolvers<'dead'>();

  constructor(name: string, world: World, store: ModelStore, bus: BusEnd, heartbeatMs = HEARTBEAT_MS) {
    this.name = name;
    this.#world = world;
    this.#store = store;
    this.#bus = bus;
    const now = (): number => Math.floor(START_MS + world.time.ms + this.clockOffsetMs);
    const random = (bytes: number): Uint8Array => world.tape.bytes('ids', bytes);
    const logger = { debug: () => {}, info: () => {}, warn: this.#noted, error: this.#failed };
    const parts = {
      scheduler: new Scheduler(),
      renderedBodies: openRenderedBodies(),
      ...withLookupCache(store.store),
      bus: bus.bus,
      now,
      logger,
      random,
      meters: new Meters(),
      rateLimiter: openRateLimiter(now),
    };
    const directory = openDirectory({ store: parts.store });
    this.core = {
      ...parts,
      sharedNow: async () => now(),
      config,
      health: { check: async () => ({ isUp: true }), reason: () => undefined },
      secrets,
      passwords: noPasswords,
      thumbnailer: noThumbnails,
      webhookCalls: noCalls,
      indexer: noIndexer,
      conversion: { start: () => {}, stop: async () => {} },
      written: { note: () => {}, onWritten: () => () => {} },
      securityLog: { record: () => {}, idle: async () => {} },
      audit: { record: async () => {} },
      mailOutbox: { isOn: false, enqueue: async () => {}, onEnqueued: () => () => {} },
      directory,
      appender: openAppender(parts),
      site: openSite({ store: store.store, config: { siteName: undefined } }),
      storeWaitMs: STORE_WAIT_MS,
    };
    this.#hub = new Hub({ core: this.core, views: { render: rendered }, renderMembers: async () => 'members', heartbeatMs });
    this.#started = this.#start();
  }

  /** Resolves when it dies. */
  get death(): Promise<'dead'> {
    return this.#death.promise;
  }

  /** Registers the handler of a reader's request under a path. */
  expect(asked: Asked): string {
    const path = `/${this.#asked.size}`;
    this.#asked.set(path, asked);
    return path;
  }

  busFails(how: 'down' | 'frozen'): void {
    this.#bus.fail(how);
  }

  busHeals(): void {
    if (!this.isDead) this.#bus.heal();
  }

  /** Ends its streams; the readers reconnect to a process that is up. */
  async close(): Promise<void> {
    await this.#hub.close();
  }

  /** Kills the process: nothing in progress is finished and its connections break. Requests already sent to the store continue. */
  die(): void {
    this.isDead = true;
    this.#death.resolve('dead');
    this.#store.cut();
    void this.#bus.bus.close();
  }

  /** A server whose hub cannot be started exits and is started again. */
  async #start(): Promise<void> {
    try {
      await this.#hub.start();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await this.#world.time.after(100);
      if (!this.isDead) await this.#start();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = this.#asked.get(request.url ?? '');
    if (!asked) throw new Error('nobody asked for this');
    try {
      await this.#started;
      await this.#open(asked, response);
    } catch (error) {
      response.statusCode = error instanceof DomainError && error.code === 'notFound' ? 404 : 503;
      response.end();
    }
  }

  /** As in lib/live/routes.ts, without authentication. */
  async #open({ user, slug, format, after, onAuthorised }: Asked, response: ServerResponse): Promise<void> {
    const { group } = await openGroup(this.core, user, slug, this.core.lookupCache);
    const authorise = async (): Promise<void> => {
      if (!mayRead(await groupAccess(this.core, user, group, this.core.lookupCache.fresh()))) throw notFound();
      onAuthorised();
    };
    const start = (): void => {
      response.statusCode = 200;
      response.shouldKeepAlive = false;
      response.flushHeaders();
    };
    await this.#hub.open({
      group,
      listener: { user: user.id, ref: user.id, format },
      after: after === undefined ? undefined : { seq: after },
      response,
      authorise,
      start,
    });
  }

  readonly #noted = (fields: object, message: string): void => this.#world.note(`${this.name}: ${message} ${whatOf(fields)}`);

  readonly #failed = (fields: object, message: string): void => {
    this.#noted(fields, message);
    if (message === 'append failed') this.#world.violations.push(`${this.name}: ${message} ${whatOf(fields)}`);
  };
}

const whatOf = (fields: object): string => ('err' in fields && fields.err instanceof Error ? fields.err.message : '');

/** The checks read only the ids of rows, not their HTML. */
const rendered = (template: string): string => `<article >${template}</article>`;
