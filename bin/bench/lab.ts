import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccount } from '../../lib/accounts/operations.ts';
import { createToken } from '../../lib/accounts/tokens.ts';
import { readConfig } from '../../lib/config.ts';
import { changeMembership } from '../../lib/groups/membership.ts';
import { insertGroup } from '../../lib/groups/operations.ts';
import { type OpenCore, openCore } from '../../lib/open-core.ts';
import { freshDatabase, mongoService, redisService, type Service } from '../../test/helpers/services.ts';
import { type Child, start, urlFrom } from './child.ts';
import type { Answer, Order } from './load.ts';
import type { Target } from './wire.ts';

const PARLEY = join(import.meta.dirname, '../parley');
const here = (file: string): string => join(import.meta.dirname, file);

/** Target of the load: server, credentials and groups. `pids`: all processes whose CPU counts as the server's. */
export type Site = {
  readonly name: string;
  readonly streams: Target;
  readonly posts: Target;
  readonly streamPath: (room: number) => string;
  readonly postPath: (room: number) => string;
  readonly body: (text: string) => string;
  /** Where an embedded store has its data. */
  readonly folder?: string;
  readonly pids: () => number[];
  /** Process that holds the streams. */
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

/** The process that generates the load. */
export type Load = { ask(order: Order): Promise<Answer>; stop(): Promise<void>; readonly pid: number };

export async function startLoad(): Promise<Load> {
  const child = start({ args: [here('load.ts')], on: 'load', ipc: true });
  const ask = async (order: Order): Promise<Answer> => {
    child.process.send(order);
    const [answer] = (await once(child.process, 'message')) as [Answer & { readonly error?: string }];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
  return { ask, stop: child.stop, pid: child.process.pid ?? 0 };
}

export async function startBare({ batch = false, file = '', env = {} } = {}): Promise<Site> {
  const child = start({ args: [here('bare-server.ts')], env: { ...env, BATCH: batch ? '1' : '', FILE: file }, on: 'server' });
  const target = { url: await urlFrom(child) };
  const path = (room: number): string => `/${room}`;
  return {
    name: batch ? 'bare Node.js, one write per event loop turn' : 'bare Node.js, one write per message',
    ...{ streams: target, posts: target, streamPath: path, postPath: path, body: (text: string) => text },
    ...{ pids: child.pids, pid: child.process.pid ?? 0, stop: child.stop },
  };
}

/** The bare append path over HTTP, with its own store; Node.js has the same options as in bin/parley. */
export async function startAppending(groups: number): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const env = { ...UNLIMITED, MONGODB_URL: '', REDIS_URL: '', DATA_DIR: folder, GROUPS: String(groups) };
  const child = start({ args: ['--max-semi-space-size=24', here('append-server.ts')], env, on: 'server' });
  const target = { url: await urlFrom(child) };
  const path = (room: number): string => `/${room}`;
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    name: 'bare append path over HTTP',
    ...{ streams: target, posts: target, streamPath: path, postPath: path, body: (text: string) => text },
    ...{ pids: child.pids, pid: child.process.pid ?? 0, stop },
  };
}

type Settings = {
  readonly rooms: number;
  /** Format of streams and posts: of pages (`html`) or programs (`json`). */
  readonly as?: 'json' | 'html';
  readonly env?: Readonly<Record<string, string>>;
  /** Changes the store before the server starts. */
  readonly prepare?: (core: OpenCore, groups: readonly string[]) => Promise<void>;
};

const UNLIMITED = {
  LOG_LEVEL: 'error',
  POSTS_PER_SECOND: '0',
  STREAMS_PER_USER: '0',
  MAX_CONNECTIONS_PER_ADDRESS: '0',
  PORT: '0',
  HOST: '127.0.0.1',
  WEB_CONCURRENCY: '1',
};

/** The real program on SQLite with the in-process bus, with one member of all groups. */
export async function startParley(settings: Settings): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const env = { ...UNLIMITED, MONGODB_URL: '', REDIS_URL: '', DATA_DIR: folder, ...settings.env };
  const world = await populate(env, settings);
  const server = await serve(env);
  const stop = async (): Promise<void> => {
    await server.child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...siteOf('Parley, embedded', settings, world, { streams: server, posts: server, pids: server.child.pids, stop }), folder };
}

/** Two servers on MongoDB and Redis: one receives the posts, the other holds the streams, so that every message passes through Redis. */
export async function startParleyPair(settings: Settings, isCounted: 'all' | 'without store' = 'without store'): Promise<Site> {
  const [mongo, redis] = [await need(mongoService({ own: true })), await need(redisService({ own: true }))];
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const env = { ...UNLIMITED, MONGODB_URL: freshDatabase(mongo), REDIS_URL: redis.url, DATA_DIR: folder, ...settings.env };
  const world = await populate(env, settings);
  const [streams, posts] = [await serve(env), await serve(env)];
  const stop = async (): Promise<void> => {
    await Promise.all([streams.child.stop(), posts.child.stop()]);
    await Promise.all([mongo.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  const stores = isCounted === 'all' ? [mongo.pid ?? 0] : [];
  const pids = () => [...streams.child.pids(), ...posts.child.pids(), redis.pid ?? 0, ...stores];
  return siteOf('Parley, MongoDB and Redis', settings, world, { streams, posts, pids, stop });
}

/** The service; throws an error that names what is missing. */
export async function need(service: ReturnType<typeof mongoService>): Promise<Service> {
  const found = await service;
  if ('missing' in found) throw new Error(found.missing);
  return found;
}

/** The member of all groups. */
const BENCH = { name: 'Bench', password: 'measured in turns' };

/** Session cookies of the member of all groups, for requests of a browser. */
export async function logIn({ posts }: Site): Promise<string> {
  const answer = await fetch(`${posts.url}/login`, { method: 'POST', body: new URLSearchParams(BENCH), redirect: 'manual' });
  if (answer.status !== 303) throw new Error(`the log-in was answered ${answer.status}`);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

type World = { readonly token: string; readonly slugs: readonly string[] };

async function populate(env: Record<string, string>, { rooms, prepare }: Settings): Promise<World> {
  const core = await openCore(readConfig(env), { role: 'visitor', bcryptCost: 4 });
  try {
    const user = await createAccount(core, BENCH);
    const { token } = await createToken(core, user);
    const slugs: string[] = [];
    for (let i = 0; i < rooms; i += 1) {
      const group = await insertGroup(core, `Group ${i}`, false);
      await changeMembership(core, group.id, user.id, { in: true, role: 'member', by: user.id });
      slugs.push(group.slug);
    }
    await prepare?.(core, slugs);
    return { token, slugs };
  } finally {
    await core.close();
  }
}

type Server = { readonly child: Child; readonly url: string };

async function serve(env: Record<string, string>): Promise<Server> {
  const child = start({ program: PARLEY, args: ['serve'], env, on: 'server' });
  return { child, url: await urlFrom(child) };
}

type Servers = { readonly streams: Server; readonly posts: Server; readonly pids: () => number[]; readonly stop: () => Promise<void> };

function siteOf(name: string, { as = 'json' }: Settings, { token, slugs }: World, { streams, posts, pids, stop }: Servers): Site {
  const headers = { Authorization: `Bearer ${token}` };
  return {
    name: as === 'html' ? `${name}, HTML` : name,
    streams: { url: streams.url, headers: { ...headers, Accept: 'text/event-stream' } },
    posts: { url: posts.url, headers: { ...headers, 'Content-Type': 'application/json', Accept: 'application/json' } },
    streamPath: (room) => `/groups/${slugs[room]}/events?as=${as}`,
    postPath: (room) => `/groups/${slugs[room]}/messages`,
    body: (text) => JSON.stringify({ body: text }),
    pids,
    pid: streams.child.process.pid ?? 0,
    stop,
  };
}
