import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { openDirectory } from '../../lib/accounts/directory.ts';
import type { User } from '../../lib/accounts/port.ts';
import { readConfig } from '../../lib/config.ts';
import type { Core } from '../../lib/core.ts';
import { DomainError, notFound, StoreUnavailable } from '../../lib/errors.ts';
import { groupAccess, openGroup } from '../../lib/groups/operations.ts';
import { mayRead } from '../../lib/groups/rules.ts';
import type { StreamFormat } from '../../lib/live/batch.ts';
import { Hub } from '../../lib/live/hub.ts';
import { openAppender } from '../../lib/log/appender.ts';
import { Meters } from '../../lib/metrics/meters.ts';
import { openRateLimiter } from '../../lib/rate-limiter.ts';
import { openSecrets } from '../../lib/secrets.ts';
import { withLookupCache } from '../../lib/store/lookup-cache.ts';
import type { BusEnd } from './bus.ts';
import type { ModelStore } from './store.ts';
import type { World } from './world.ts';

const START_MS = 1_700_000_000_000;
/** Of the one group that people are in. */
export const SLUG = 'kitchen';

/** Shorter than a server's, so that what only a heartbeat finds is found in a short run. */
export const HEARTBEAT_MS = 3000;

const config = readConfig({ POSTS_PER_SECOND: '0', STREAMS_PER_USER: '0', LOG_LEVEL: 'silent' });
const secrets = openSecrets(['a key that is long enough for the model']);
const noPictures: Core['thumbnailer'] = { create: async () => undefined, close: () => {} };
const noCalls: Core['webhookCalls'] = { plan: async () => undefined, notify: () => {}, onNotify: () => () => {} };
const noIndexer: Core['indexer'] = { note: () => {}, catchUp: async () => {}, start: () => {}, stop: async () => {} };
const noPasswords = {
  hash: () => Promise.reject(new Error('passwords are not modelled')),
  verify: () => Promise.reject(new Error('passwords are not modelled')),
};

/** What a reader asks for. `onAuthorised`: told once the rules have let it in. */
export type Asked = {
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
  /** Answers real responses over whatever stream is said to be a connection. */
  readonly server = createServer({ connectionsCheckingInterval: 2 ** 30 }, (request, response) => void this.#answer(request, response));
  /** How far its clock is from the true one, in ms. */
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
      ...withLookupCache(store.store),
      bus: bus.bus,
      now,
      logger,
      random,
      meters: new Meters(),
      rateLimiter: openRateLimiter(now),
    };
    const directory = openDirectory(parts.store);
    this.core = {
      ...parts,
      config,
      health: { check: async () => ({ isUp: true }) },
      secrets,
      passwords: noPasswords,
      thumbnailer: noPictures,
      webhookCalls: noCalls,
      indexer: noIndexer,
      written: { note: () => {}, onWritten: () => () => {} },
      directory,
      appender: openAppender(parts),
    };
    this.#hub = new Hub({ core: this.core, views: { render: rendered }, renderMembers: async () => 'members', heartbeatMs });
    this.#started = this.#start();
  }

  /** Resolves when it dies. */
  get death(): Promise<'dead'> {
    return this.#death.promise;
  }

  /** Registers what a reader wants under a path that its request then names. */
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

  /** Ends its streams; their readers come back, to whoever answers then. */
  async close(): Promise<void> {
    await this.#hub.close();
  }

  /** It dies: nothing of what it was doing is finished, and its connections break. What is on its way to the store goes on. */
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

  /** As lib/live/routes.ts does it, but for who asks. */
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

/** Rows are not looked at, only that each comes. */
const rendered = (template: string): string => `<article >${template}</article>`;
