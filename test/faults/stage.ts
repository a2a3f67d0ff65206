import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Service, startService } from '../helpers/process.ts';
import { freshDatabase, mongoService, present, redisService } from '../helpers/services.ts';
import { Wire } from '../helpers/wire.ts';
import { OUR_OWN, PARLEY } from './load.ts';
import type { StoreKind } from './schedule.ts';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

/** A driver may take so long to notice that its server is back, ms. */
const RECOVERY_MS = 5000;

/** What a command said, once it has ended. */
export type Said = { readonly status: number | null; readonly out: string; readonly err: string };

/** The processes of a run, and which of them are up. */
export class Stage {
  readonly servers: readonly Service[];
  readonly mongo: Service | undefined;
  readonly redis: Service | undefined;
  /** The network between each server and Redis; empty without Redis. */
  readonly wires: readonly Wire[];
  /** Of the embedded database. */
  readonly dataDir: string;
  readonly #closing: readonly (() => unknown)[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #down = new Set<Service>();
  #onUp: (() => void)[] = [];
  #storeAwayUntil = 0;
  /** The only server that writers ask while it is up; undefined: all, by turns. */
  favourite: number | undefined;

  private constructor(
    servers: readonly Service[],
    parts: Pick<Stage, 'mongo' | 'redis' | 'wires' | 'dataDir'> & { readonly closing: readonly (() => unknown)[] },
    env: Readonly<Record<string, string>>,
  ) {
    this.servers = servers;
    this.mongo = parts.mongo;
    this.redis = parts.redis;
    this.wires = parts.wires;
    this.#closing = parts.closing;
    this.dataDir = parts.dataDir;
    this.#env = env;
  }

  /** Starts all that a run on this store needs. Throws the reason when something is missing. */
  static async open(store: StoreKind): Promise<Stage> {
    const dataDir = await mkdtemp(join(tmpdir(), 'parley-faults-'));
    const mongo = store === 'mongo' ? present(await mongoService({ own: true })) : undefined;
    const redis = store === 'mongo' ? present(await redisService({ own: true })) : undefined;
    const shared = mongo && redis ? { MONGODB_URL: freshDatabase(mongo), REDIS_URL: redis.url } : {};
    const env = { LOG_LEVEL: 'error', POSTS_PER_SECOND: '0', STREAMS_PER_USER: '0', DATA_DIR: dataDir, ...shared };
    const servers: Service[] = [];
    const wires: Wire[] = [];
    const closing: (() => unknown)[] = [];
    for (let i = store === 'mongo' ? 2 : 1; i > 0; i -= 1) {
      const wire = redis && (await Wire.open({ teardown: (close) => void closing.push(close) }, redis));
      if (wire) wires.push(wire);
      servers.push(await startServer(wire ? { ...env, REDIS_URL: wire.url } : env));
    }
    return new Stage(servers, { mongo, redis, wires, dataDir, closing }, env);
  }

  /** The address of a server, whether it is up or not; the count goes around. */
  url(index: number): string {
    return this.servers[index % this.servers.length]?.url ?? '';
  }

  isUp(index: number): boolean {
    const server = this.servers[index % this.servers.length];
    return server !== undefined && !this.#down.has(server);
  }

  isAllDown(): boolean {
    return this.#down.size === this.servers.length;
  }

  /** Resolves when some server is up. */
  async someUp(): Promise<void> {
    while (this.isAllDown()) await new Promise<void>((resolve) => this.#onUp.push(resolve));
  }

  server(index: number): Service {
    const server = this.servers[index % this.servers.length];
    if (!server) throw new Error(`there is no server ${index}`);
    return server;
  }

  /** Ends a server; the time that took, ms. */
  async end(server: Service, signal: 'SIGKILL' | 'SIGTERM'): Promise<number> {
    const startedAt = performance.now();
    this.#down.add(server);
    await server.kill(signal);
    return performance.now() - startedAt;
  }

  async start(server: Service): Promise<void> {
    await server.restart();
    this.#down.delete(server);
    for (const resolve of this.#onUp.splice(0)) resolve();
  }

  /** Says that the store goes away, or is back. */
  storeIsAway(isAway: boolean): void {
    this.#storeAwayUntil = isAway ? Number.POSITIVE_INFINITY : performance.now() + RECOVERY_MS;
  }

  /** Whether it is away, or was a moment ago, so that answers may be late. `since`: or at any time since then, ms of performance.now(). */
  isStoreAway(since = performance.now()): boolean {
    return since <= this.#storeAwayUntil;
  }

  /** Runs `bin/parley` with the settings of the servers. With `until` it is killed when that resolves. */
  async cli(
    args: readonly string[],
    { input = '', until }: { readonly input?: string; readonly until?: Promise<unknown> } = {},
  ): Promise<Said> {
    const child = spawn(PARLEY, args, { env: { ...without(OUR_OWN), ...this.#env }, stdio: ['pipe', 'pipe', 'pipe'] });
    void until?.then(() => child.kill('SIGKILL'));
    child.stdin.on('error', () => {}).end(input);
    const [out, err, status] = await Promise.all([textOf(child.stdout), textOf(child.stderr), statusOf(child)]);
    return { status, out, err };
  }

  /** Ends everything; who still waits for a server waits for ever. */
  async close(): Promise<void> {
    for (const server of this.servers) this.#down.add(server);
    const all = [...this.servers, this.mongo, this.redis].filter((service) => service !== undefined);
    await Promise.all(all.map((service) => service.stop()));
    for (const close of this.#closing) close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

function startServer(env: Readonly<Record<string, string>>): Promise<Service> {
  return startService({
    name: 'parley',
    command: 'env',
    args: (port) => [
      ...OUR_OWN.flatMap((name) => (name in env ? [] : ['-u', name])),
      ...Object.entries({ ...env, PORT: String(port) }).map(([name, value]) => `${name}=${value}`),
      ...[process.execPath, '--expose-gc', SERVER],
    ],
    listening: /Parley is at/,
    url: (port) => `http://127.0.0.1:${port}`,
  });
}

const without = (names: readonly string[]): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.includes(name)));

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

const statusOf = (child: ReturnType<typeof spawn>): Promise<number | null> =>
  new Promise((resolve, reject) => void child.once('error', reject).once('close', resolve));

/** The memory of a process that is in use (resident set), bytes. */
export async function memoryOf(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
