import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Service } from '../helpers/process.ts';
import { freshDatabase, mongoService, present, redisService } from '../helpers/services.ts';
import { Wire } from '../helpers/wire.ts';
import { OUR_OWN, PARLEY, startCommand } from './load.ts';
import type { StoreKind } from './schedule.ts';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

/** Time that a driver may need to reconnect to a server that is back, ms. */
const RECOVERY_MS = 5000;

/** The output and status of a command. */
type Said = { readonly status: number | null; readonly out: string; readonly err: string };

/** The processes of a run and their state. */
export class TestEnvironment {
  readonly servers: readonly Service[];
  readonly mongo: Service | undefined;
  readonly redis: Service | undefined;
  /** The proxied connection between each server and Redis; empty without Redis. */
  readonly wires: readonly Wire[];
  /** Path of the embedded database. */
  readonly dataDir: string;
  readonly #closing: (() => unknown)[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #down = new Set<Service>();
  #onUp: (() => void)[] = [];
  #storeAwayUntil = 0;
  /** The only server that writers use while it is up; undefined: all in turn. */
  favourite: number | undefined;

  private constructor(
    servers: readonly Service[],
    parts: Pick<TestEnvironment, 'mongo' | 'redis' | 'wires' | 'dataDir'> & { readonly closing: (() => unknown)[] },
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

  /** Starts the services and servers of a run. Throws when something is missing. */
  static async open(store: StoreKind): Promise<TestEnvironment> {
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
    return new TestEnvironment(servers, { mongo, redis, wires, dataDir, closing }, env);
  }

  /** The URL of a server, up or not; the index wraps. */
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

  /** Resolves when at least one server is up. */
  async someUp(): Promise<void> {
    while (this.isAllDown()) await new Promise<void>((resolve) => this.#onUp.push(resolve));
  }

  server(index: number): Service {
    const server = this.servers[index % this.servers.length];
    if (!server) throw new Error(`there is no server ${index}`);
    return server;
  }

  /** Ends a server; resolves to the time taken, ms. */
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

  /** Starts one more server, which nobody else asks, on the same stores. It goes with the run. */
  async startAnother(env: Readonly<Record<string, string>>): Promise<Service> {
    const server = await startServer({ ...this.#env, ...env });
    this.#closing.push(() => server.stop());
    return server;
  }

  /** The network between one more server and MongoDB. */
  wireToMongo(): Promise<Wire> {
    const { mongo } = this;
    if (!mongo) throw new Error('this run has no MongoDB');
    return Wire.open({ teardown: (close) => void this.#closing.push(close) }, { url: this.#env.MONGODB_URL ?? mongo.url });
  }

  /** Records that the store goes down or is back. */
  storeIsAway(isAway: boolean): void {
    this.#storeAwayUntil = isAway ? Number.POSITIVE_INFINITY : performance.now() + RECOVERY_MS;
  }

  /** Whether the store is down, or was until a moment ago, so that responses may be late; with `since`, at any time since then, ms of performance.now(). */
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

  /** Ends all processes; pending waits for a server never resolve. */
  async close(): Promise<void> {
    for (const server of this.servers) this.#down.add(server);
    const all = [...this.servers, this.mongo, this.redis].filter((service) => service !== undefined);
    await Promise.all(all.map((service) => service.stop()));
    for (const close of this.#closing) await close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

const startServer = (env: Readonly<Record<string, string>>): Promise<Service> =>
  startCommand([process.execPath, '--expose-gc', SERVER], env);

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

/** Resident memory of a process, bytes. */
export async function memoryOf(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
