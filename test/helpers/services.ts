import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Implementation, TestFn } from 'ava';
import { type Launch, type Service, startService } from './process.ts';
import { type Missing, which } from './programs.ts';
import { ensureSecantusd } from './secantus.ts';

export type { Service } from './process.ts';
export { chromiumPath, type Missing, program, which } from './programs.ts';

/**
 * - `own`: start one for this caller alone, to be killed and restarted at will. Otherwise the one that MONGODB_URL or REDIS_URL names
 *   (`bin/test` starts one for all test files), else one per test file.
 * - `cluster` (Redis): the one node of a Redis Cluster; always its own.
 */
export type ServiceOptions = { readonly own?: boolean; readonly cluster?: boolean };

/** A MongoDB server. Its URL names the database `parley`; take `freshDatabase(service)` for an empty one. */
export function mongoService(options: ServiceOptions = {}): Promise<Service | Missing> {
  return options.own ? startMongo() : shared('MONGODB_URL', startMongo);
}

/** A Redis server, shared by test files: keep to groups with random ids. */
export function redisService(options: ServiceOptions = {}): Promise<Service | Missing> {
  if (options.cluster) return startRedis(clusterNode);
  return options.own ? startRedis(redisServer) : shared('REDIS_URL', () => startRedis(redisServer));
}

/** URL of a database that nobody else uses. */
export function freshDatabase(service: Service): string {
  const url = new URL(service.url);
  url.pathname = `/parley-${randomBytes(6).toString('hex')}`;
  return url.href;
}

/** The service itself; throws the reason when it is missing. For the inside of tests registered with `requireOrSkip`. */
export function present<T extends object>(needed: T | Missing): T {
  if (isMissing(needed)) throw new Error(needed.missing);
  return needed;
}

/** Registers a test as `test(title, implementation)` does. */
export type Register<Context> = <Args extends unknown[]>(
  title: string,
  implementation: Implementation<Args, Context>,
  ...args: Args
) => void;

/**
 * The way to register tests that need these things. When one is missing they are skipped, each by name and with the reason;
 * with CI set it throws instead, so that the test file fails.
 */
export function requireOrSkip<Context = unknown>(
  test: TestFn<Context>,
  ...needs: (object | Missing)[]
): Register<Context> & { readonly serial: Register<Context> } {
  const reason = needs.find(isMissing)?.missing;
  if (reason === undefined) return Object.assign<Register<Context>, { serial: Register<Context> }>(test, { serial: test.serial });
  if (isCI()) throw new Error(`${reason}: with CI set, nothing may be missing`);
  const skip: Register<Context> = (title, implementation, ...args) => test.skip(`${title} (${reason})`, implementation, ...args);
  return Object.assign(skip, { serial: skip });
}

export const isMissing = (needed: object): needed is Missing => 'missing' in needed;

const isCI = (): boolean => !['', '0', 'false', undefined].includes(process.env.CI);

const started = new Map<string, Promise<Service | Missing>>();

/** `bin/test` sets `<variable>_MISSING` when it found no server, so that not every test file tries to install one. */
function shared(variable: 'MONGODB_URL' | 'REDIS_URL', start: () => Promise<Service | Missing>): Promise<Service | Missing> {
  const url = process.env[variable];
  if (url) return Promise.resolve(foreign(url, variable));
  const missing = process.env[`${variable}_MISSING`];
  if (missing) return Promise.resolve({ missing });
  const service = started.get(variable) ?? start();
  started.set(variable, service);
  return service;
}

/** A server that another process runs: it is used, never stopped. */
function foreign(url: string, variable: string): Service {
  const refuse = () => Promise.reject(new Error(`the server in ${variable} is not this test's to stop: ask for {own: true}`));
  return { url, pid: undefined, output: () => '', kill: refuse, restart: refuse, stop: () => Promise.resolve() };
}

async function startMongo(): Promise<Service | Missing> {
  const command = await ensureSecantusd();
  if (typeof command !== 'string') return command;
  return startService({
    name: 'mongo',
    command,
    args: (port, dir) => ['--host', '127.0.0.1', '--port', String(port), '--storage-path', `${dir}/data`, '--sync-on-commit'],
    listening: /listening on/,
    url: (port) => `mongodb://127.0.0.1:${port}/parley`,
  });
}

async function startRedis(launch: (command: string) => Launch): Promise<Service | Missing> {
  const command = which('redis-server');
  return command ? startService(launch(command)) : { missing: 'no Redis for tests: neither REDIS_URL nor redis-server on PATH' };
}

const redisServer = (command: string): Launch => ({
  name: 'redis',
  command,
  args: (port, dir) => ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', '', '--appendonly', 'no'],
  listening: /Ready to accept connections/,
  url: (port) => `redis://127.0.0.1:${port}`,
});

/** Two URLs mean a cluster, here both of the same node. nodes.conf keeps the slots, so only the first start assigns them. */
const clusterNode = (command: string): Launch => ({
  ...redisServer(command),
  args: (port, dir) => [
    ...redisServer(command).args(port, dir),
    ...['--cluster-enabled', 'yes', '--cluster-port', String(port - 12_000), '--cluster-announce-ip', '127.0.0.1'],
  ],
  url: (port) => `redis://127.0.0.1:${port},redis://127.0.0.1:${port}`,
  prepare: assignAllSlots,
});

/** A new node answers `fail` for 2 s; WAIT makes the server pause between two polls. */
async function assignAllSlots(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  const poll = 'WAIT 1 50\r\nCLUSTER INFO\r\n';
  socket.write(`CLUSTER ADDSLOTSRANGE 0 16383\r\n${poll}`);
  for await (const answer of socket) {
    if (String(answer).includes('cluster_state:ok')) break;
    if (String(answer).includes('cluster_state:fail')) socket.write(poll);
  }
}
