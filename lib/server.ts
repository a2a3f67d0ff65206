import cluster from 'node:cluster';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isatty } from 'node:tty';
import { isEmpty, setupCode } from './accounts/sign-up-mode.ts';
import type { OpenServer, ServerOptions } from './app.ts';
import { GO, LEAVE, LEFT, type Listening } from './cluster/messages.ts';
import { type Config, isEveryAddress, isLoopback } from './config.ts';
import { configWarnings } from './config-warnings.ts';
import type { Core } from './core.ts';
import { createListener, REQUEST_MS } from './http/listener.ts';
import { type Logger, openLogger } from './logger.ts';
import { type CoreOptions, openCore } from './open-core.ts';

/** Accept queue: when all clients reconnect at once, a connection beyond it is retried only after 1 s. */
const BACKLOG = 4096;
const STOP_WITHIN_MS = 9000;
/** Loading the image library takes about 100 ms of CPU time; the first requests come first. */
const PROBE_THUMBNAILS_AFTER_MS = 1500;

type ServeOptions = {
  readonly isDev?: boolean;
  /** Prints a line for whoever started the server. */
  readonly print: (line: string) => void;
  /** Never from the environment. */
  readonly forTests?: Pick<CoreOptions, 'now' | 'isSkewed' | 'bcryptCost'> & Pick<ServerOptions, 'heartbeatMs' | 'sweepMs' | 'leaseMs'>;
};

/**
 * Serves until SIGTERM or SIGINT, then ends streams, finishes writes and closes the store. Resolves to the exit status. Rejects when the start fails.
 * With `config.workers` above 1 this process only supervises the workers; SIGHUP replaces them one by one.
 */
export async function serve(config: Config, options: ServeOptions): Promise<number> {
  if (config.listen !== undefined && cluster.isPrimary) await (await unixSocket()).removeLeftSocket(config.listen);
  if (config.workers === 1 || cluster.isWorker) return serveHere(config, options);
  const logger = openLogger(config, { worker: 0, pid: process.pid });
  const [{ Supervisor }, { shareMetrics }] = await Promise.all([import('./cluster/workers.ts'), import('./metrics/sharing.ts')]);
  const supervisor = new Supervisor(config, {
    print: options.print,
    logger,
    requestMs: REQUEST_MS,
    stopped: stopRequested(() => supervisor.roll()),
  });
  shareMetrics();
  return supervisor.run();
}

async function serveHere(config: Config, options: ServeOptions): Promise<number> {
  const { isDev = false, forTests = {} } = options;
  const logger = openLogger(config, cluster.worker ? { worker: cluster.worker.id, pid: process.pid } : null);
  const core = await openCore(config, { role: 'server', logger, ...forTests }).catch((error: unknown) => {
    logger.error({ reason: error instanceof Error ? error.message : String(error) }, 'start failed');
    throw error;
  });
  for (const { detail, mend } of configWarnings(config)) logger.warn({ mend }, detail);
  const listener = createListener(core);
  const open = async () => {
    const [{ openServer }] = await Promise.all([import('./app.ts'), core.load()]);
    return openServer(core, { isDev, ...forTests }, listener);
  };
  const instructions = await firstSteps(core, config); // before listening: from then on the set-up code is required
  const stopped = stopRequested(() => logger.info({}, 'SIGHUP ignored: this process has no workers'));
  const early = cluster.isWorker ? await open() : undefined; // a worker must be able to respond before the one that it replaces leaves
  const { listen: path, port, host } = config;
  listener.http.listen({ ...(path === undefined ? { port, host } : { path }), backlog: BACKLOG });
  await once(listener.http, 'listening');
  if (path !== undefined) (await unixSocket()).admitGroup(path);
  const url = urlOf(config, listener.http.address());
  logger.info({ url, store: core.store.kind, bus: config.redisUrl ? 'redis' : 'in-process' }, 'listening');
  printAll(options, [`Parley is at ${url}`, ...instructions]);
  const server = early ?? (await open()); // loaded after listening: early requests wait instead of being refused
  const failed = (error: unknown): void => logger.warn({ err: error }, 'whether thumbnails can be created could not be found out');
  const probe = setTimeout(() => void warnWithoutThumbnails(core, logger).catch(failed), PROBE_THUMBNAILS_AFTER_MS);
  const left = leaveRequested().then(() => {
    logger.info({}, 'replaced by another worker: leaving');
    return leave(server);
  });

  await Promise.race([stopped, left]);
  clearTimeout(probe);
  logger.info({}, 'stopping');
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref(); // a request that does not end must not block the exit
  await server.close();
  await core.close();
  return 0;
}

const unixSocket = () => import('./composition/unix-socket.ts');

/** Logged once per server: by the first worker. */
async function warnWithoutThumbnails({ thumbnailer }: Core, logger: Logger): Promise<void> {
  if (cluster.worker && cluster.worker.id > 1) return;
  const { canMakeThumbnails, THUMBNAIL_ADVICE } = await import('./files/thumbnail-probe.ts');
  if (!(await canMakeThumbnails(thumbnailer)))
    logger.warn({ mend: THUMBNAIL_ADVICE }, 'thumbnails cannot be created: images are shown as plain files');
}

/** A worker sends the lines to its supervisor, which prints them. */
function printAll({ print }: ServeOptions, lines: readonly string[]): void {
  if (cluster.isWorker) process.send?.({ listening: lines } satisfies Listening);
  else for (const line of lines) print(line);
}

/** Moves its clients to other workers, and waits until the supervisor routes no more connections here. */
async function leave(server: OpenServer): Promise<void> {
  await server.leave();
  const go = messageReceived(GO);
  process.send?.(LEFT);
  await go;
}

/** Instructions for a server without accounts. */
async function firstSteps(core: Core, config: Config): Promise<string[]> {
  if (!(await isEmpty(core))) return [];
  const advice = 'Nobody has an account yet: sign up there. The first account becomes the administrator.';
  return isLoopback(config.host) ? [advice] : [advice, `Set-up code for the first account: ${await setupCode(core)}`];
}

function urlOf(config: Config, address: AddressInfo | string | null): string {
  if (typeof address === 'string' || address === null) return config.publicUrl ?? `unix:${config.listen}`;
  const host = isEveryAddress(address.address) ? 'localhost' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return config.publicUrl ?? `http://${host}:${address.port}`;
}

/**
 * Resolves at the first SIGTERM or SIGINT, or when the terminal is closed (SIGHUP); any other SIGHUP calls `onHangUp`. Later signals are
 * ignored: at Ctrl-C under `npm start`, the terminal and npm each send one.
 */
function stopRequested(onHangUp: () => void): Promise<void> {
  const hadTerminal = isatty(0);
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    process.on('SIGHUP', () => (hadTerminal && !isatty(0) ? resolve() : onHangUp()));
  });
}

/** Resolves when this worker has been replaced. */
const leaveRequested = (): Promise<void> => (cluster.isWorker ? messageReceived(LEAVE) : new Promise(() => {}));

function messageReceived(word: string): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message) => message === word && resolve());
  });
}
