import cluster from 'node:cluster';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isatty } from 'node:tty';
import { isEmpty, setupCode } from './accounts/operations.ts';
import type { OpenServer, ServerOptions } from './app.ts';
import { GO, LEAVE, LEFT, type Listening, Supervisor } from './cluster/workers.ts';
import { type Config, ConfigError, isLoopback } from './config.ts';
import { configWarnings } from './config-warnings.ts';
import type { Core } from './core.ts';
import { createListener, REQUEST_MS } from './http/listener.ts';
import { type Logger, openLogger } from './logger.ts';
import { shareMetrics } from './metrics/sharing.ts';
import { type CoreOptions, openCore } from './open-core.ts';

/** Connections that may wait to be accepted: when all clients of a server come back at once, one too many waits a second to try again. */
const BACKLOG = 4096;
const STOP_WITHIN_MS = 9000;
/** The image library takes some 100 ms of a processor to load, which the first requests should have. */
const PROBE_THUMBNAILS_AFTER_MS = 1500;

type ServeOptions = {
  readonly isDev?: boolean;
  /** Says something to whoever started the server. */
  readonly say: (line: string) => void;
  /** Never from the environment. */
  readonly forTests?: Pick<CoreOptions, 'now' | 'bcryptCost'> & Pick<ServerOptions, 'heartbeatMs' | 'sweepMs' | 'leaseMs'>;
};

/**
 * Serves until SIGTERM or SIGINT, then ends streams, finishes writes and closes the store. Resolves to the exit status. Rejects when it cannot start.
 * With `config.workers` more than 1 this process only looks after the workers, which serve; SIGHUP replaces them one by one.
 */
export async function serve(config: Config, options: ServeOptions): Promise<number> {
  refuseUnkept(config);
  if (config.workers === 1 || cluster.isWorker) return serveHere(config, options);
  const logger = openLogger(config, { worker: 0, pid: process.pid });
  const supervisor = new Supervisor(config, {
    say: options.say,
    logger,
    requestMs: REQUEST_MS,
    stopped: stopAsked(() => supervisor.roll()),
  });
  shareMetrics();
  return supervisor.run();
}

async function serveHere(config: Config, options: ServeOptions): Promise<number> {
  const { isDev = false, forTests = {} } = options;
  const logger = openLogger(config, cluster.worker ? { worker: cluster.worker.id, pid: process.pid } : null);
  const core = await openCore(config, { role: 'server', logger, ...forTests }).catch((error: unknown) => {
    logger.error({ reason: error instanceof Error ? error.message : String(error) }, 'the start failed');
    throw error;
  });
  for (const { detail, mend } of configWarnings(config)) logger.warn({ mend }, detail);
  const front = createListener();
  const open = async () => (await import('./app.ts')).openServer(core, { isDev, ...forTests }, front);
  const howToBegin = await firstSteps(core, config); // before anybody can connect: from here on the code is asked for
  const stopped = stopAsked(() => logger.info({}, 'SIGHUP: nothing to do, since this process has no workers'));
  const early = cluster.isWorker ? await open() : undefined; // a worker must be able to answer before another leaves for it
  front.http.listen({ port: config.port, host: config.host, backlog: BACKLOG });
  await once(front.http, 'listening');
  const url = urlOf(config, front.http.address() as AddressInfo);
  logger.info({ url, store: core.store.kind, bus: config.redisUrl ? 'redis' : 'in-process' }, 'listening');
  sayAll(options, [`Parley is at ${url}`, ...howToBegin]);
  const server = early ?? (await open()); // loaded only now: whoever is quick waits a moment, instead of being refused
  const probe = setTimeout(() => warnWithoutThumbnails(core, logger), PROBE_THUMBNAILS_AFTER_MS);
  const left = leaveAsked().then(() => {
    logger.info({}, 'replaced: leaving');
    return leave(server);
  });

  await Promise.race([stopped, left]);
  clearTimeout(probe);
  logger.info({}, 'stopping');
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref(); // a request that will not end must not hold the process
  await server.close();
  await core.close();
  return 0;
}

/** Once for the whole server: the first of several workers does it. */
async function warnWithoutThumbnails({ thumbnailer }: Core, logger: Logger): Promise<void> {
  if (cluster.worker && cluster.worker.id > 1) return;
  const { canMakeThumbnails, THUMBNAIL_ADVICE } = await import('./files/thumbnail-probe.ts');
  if (!(await canMakeThumbnails(thumbnailer)))
    logger.warn({ mend: THUMBNAIL_ADVICE }, 'no thumbnails can be made: pictures are shown as plain files');
}

/** A worker leaves the saying to the process that looks after it. */
function sayAll({ say }: ServeOptions, lines: readonly string[]): void {
  if (cluster.isWorker) process.send?.({ listening: lines } satisfies Listening);
  else for (const line of lines) say(line);
}

/** Lets its clients go to other workers, and waits until no connection can be on its way here any more. */
async function leave(server: OpenServer): Promise<void> {
  await server.leave();
  const go = heard(GO);
  process.send?.(LEFT);
  await go;
}

/** A setting that would be overlooked is refused: nobody should believe that texts are encrypted, or that eight processes run, when it is not so. */
function refuseUnkept(config: Config): void {
  const problems = [
    ...(config.encryptionKeys.length > 0 ? ['ENCRYPTION_KEYS is not supported by this version: messages would be stored as they are'] : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}

/** What to tell whoever starts a chat that nobody has an account in. */
async function firstSteps(core: Core, config: Config): Promise<string[]> {
  if (!(await isEmpty(core))) return [];
  const advice = 'Nobody has an account yet: sign up there, and you are the administrator.';
  return isLoopback(config.host) ? [advice] : [advice, `Set-up code for that first account: ${await setupCode(core)}`];
}

function urlOf(config: Config, address: AddressInfo): string {
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return config.publicUrl ?? `http://${host}:${address.port}`;
}

/**
 * Resolves at the first SIGTERM or SIGINT, or when the terminal goes away (SIGHUP); any other SIGHUP calls `onHangUp`. Later signals are
 * ignored: at Ctrl-C under `npm start` the terminal and npm both send one.
 */
function stopAsked(onHangUp: () => void): Promise<void> {
  const hadTerminal = isatty(0);
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    process.on('SIGHUP', () => (hadTerminal && !isatty(0) ? resolve() : onHangUp()));
  });
}

/** Resolves when this worker has been replaced. */
const leaveAsked = (): Promise<void> => (cluster.isWorker ? heard(LEAVE) : new Promise(() => {}));

function heard(word: string): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message) => message === word && resolve());
  });
}
