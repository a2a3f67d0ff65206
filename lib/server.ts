import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isEmpty, setupCode } from './accounts/operations.ts';
import { openCore, openServer } from './app.ts';
import { type Config, ConfigError, isLoopback } from './config.ts';
import type { Core } from './core.ts';

const STOP_WITHIN_MS = 9000;

export type ServeOptions = {
  readonly isDev?: boolean;
  /** Says something to whoever started the server. */
  readonly say: (line: string) => void;
};

/** Serves until SIGTERM or SIGINT, then ends streams, finishes writes and closes the store. Resolves to the exit status. Rejects when it cannot start. */
export async function serve(config: Config, { isDev = false, say }: ServeOptions): Promise<number> {
  refuseUnkept(config);
  const core = await openCore(config, { role: 'server' });
  const server = await openServer(core, { isDev });
  const howToBegin = await firstSteps(core, config); // before anybody can connect: from here on the code is asked for
  const stopped = stopSignal();
  server.http.listen(config.port, config.host);
  await once(server.http, 'listening');
  const url = urlOf(config, server.http.address() as AddressInfo);
  for (const line of [`Parley is at ${url}`, ...howToBegin]) say(line);
  core.log.info({ url, store: core.store.kind, bus: config.redisUrl ? 'redis' : 'in-process' }, 'listening');

  await stopped;
  core.log.info({}, 'stopping');
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref(); // a request that will not end must not hold the process
  await server.close();
  await core.close();
  return 0;
}

/** A setting that would be overlooked is refused: nobody should believe that texts are encrypted, or that eight processes run, when it is not so. */
function refuseUnkept(config: Config): void {
  const problems = [
    ...(config.encryptionKeys.length > 0 ? ['ENCRYPTION_KEYS is not supported by this version: messages would be stored as they are'] : []),
    ...(config.workers > 1
      ? ['WEB_CONCURRENCY more than 1 is not supported by this version: start several servers on the same MongoDB and Redis']
      : []),
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

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
