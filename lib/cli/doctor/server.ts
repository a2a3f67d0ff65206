import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Config, isLoopback } from '../../config.ts';
import type { Finding } from './checks.ts';

const ANSWER_WITHIN_MS = 3000;

/** Checks whether a server answers at the address of the settings. No server is a failure only if `isLive`. */
export async function checkServer(config: Config, isLive: boolean): Promise<Finding> {
  if (config.port === 0 && config.listen === undefined) {
    const detail = 'not checked: PORT is 0 (any free port)';
    return isLive ? { detail, mend: 'Set PORT to the port that the server printed.' } : { detail };
  }
  const url = config.listen === undefined ? `${serverUrl(config)}/readyz` : `unix:${config.listen}`;
  const answer = await readiness(config).catch((error: Error) => error);
  if (answer instanceof Error) return notThere(url, answer, isLive);
  const state = stateIn(answer.body);
  if (state === undefined)
    return {
      detail: `${url} answers ${answer.status}, but it is not Parley`,
      mend: 'Set PORT to another port, or stop the program that uses this one.',
    };
  if (answer.status !== 200)
    return { detail: `${url} answers ${answer.status}: ${state}`, mend: "See store and bus above, and the server's log." };
  const exposed =
    config.listen !== undefined || isLoopback(config.host) || config.publicUrl?.startsWith('https:')
      ? ''
      : ' (reachable from outside: put TLS before it)';
  return { detail: `${url} answers: ${state}${exposed}` };
}

async function readiness(config: Config): Promise<{ readonly status: number; readonly body: string }> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  if (config.listen === undefined) {
    const answer = await fetch(`${serverUrl(config)}/readyz`, { signal, redirect: 'manual' });
    return { status: answer.status, body: await answer.text().catch(() => '') };
  }
  const asked = request({ socketPath: config.listen, path: '/readyz', signal }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await text(answer) };
}

function notThere(url: string, error: Error, isLive: boolean): Finding {
  const isSlow = error.name === 'TimeoutError';
  const detail = isSlow ? `${url} does not answer within ${ANSWER_WITHIN_MS / 1000} s` : `nothing answers at ${url}`;
  if (isSlow) return { detail, mend: "Read the server's log, and restart the server." };
  return isLive
    ? { detail, mend: "Start it with 'parley serve', or correct HOST and PORT, or LISTEN." }
    : { detail: `${detail} (start it with 'parley serve')` };
}

/** The URL at which this machine reaches a server with these settings. */
export const serverUrl = ({ host, port }: Pick<Config, 'host' | 'port'>): string => `http://${reachableHost(host)}:${port}`;

/** For a server on all interfaces: the loopback address. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** The body of /readyz in one line; undefined if another program answered. */
function stateIn(body: string): string | undefined {
  try {
    const { status, store, bus } = JSON.parse(body) as Record<string, unknown>;
    return typeof status === 'string' && store !== undefined ? `${status}, store ${store}, bus ${bus}` : undefined;
  } catch {
    return undefined;
  }
}
