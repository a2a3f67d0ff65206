import { type Config, isLoopback } from '../../config.ts';
import type { Finding } from './checks.ts';

const ANSWER_WITHIN_MS = 3000;

/** Whether a server answers where the settings say. None at all is a failure only when it has to be running. */
export async function checkServer(config: Config, isLive: boolean): Promise<Finding> {
  if (config.port === 0) {
    const detail = 'not looked for: PORT is 0, any free port';
    return isLive ? { detail, mend: 'Set PORT to the one that the server says it is at.' } : { detail };
  }
  const url = `${serverUrl(config)}/readyz`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), redirect: 'manual' }).catch((error: Error) => error);
  if (answer instanceof Error) return notThere(url, answer, isLive);
  const said = await answer.text().catch(() => '');
  const state = stateIn(said);
  if (state === undefined)
    return { detail: `${url} answers ${answer.status}, but it is not Parley`, mend: 'Set PORT to another, or stop what listens there.' };
  if (answer.status !== 200)
    return { detail: `${url} answers ${answer.status}: ${state}`, mend: 'See store and bus above; the log of the server says more.' };
  const exposed = isLoopback(config.host) || config.publicUrl?.startsWith('https:') ? '' : ' (reachable from outside: put TLS before it)';
  return { detail: `${url} answers: ${state}${exposed}` };
}

function notThere(url: string, error: Error, isLive: boolean): Finding {
  const isSlow = error.name === 'TimeoutError';
  const detail = isSlow ? `${url} does not answer within ${ANSWER_WITHIN_MS / 1000} s` : `nothing answers at ${url}`;
  if (isSlow) return { detail, mend: 'Look at the log of the server; stop it and start it again.' };
  return isLive
    ? { detail, mend: "Start it with 'parley serve', or correct HOST and PORT." }
    : { detail: `${detail} (start it with 'parley serve')` };
}

/** Where the server of these settings can be asked from this machine. */
export const serverUrl = ({ host, port }: Pick<Config, 'host' | 'port'>): string => `http://${hostToAsk(host)}:${port}`;

/** An address that listens on all interfaces is asked on this machine's own. */
function hostToAsk(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** What /readyz says, in one line; undefined when it was somebody else who answered. */
function stateIn(said: string): string | undefined {
  try {
    const { status, store, bus } = JSON.parse(said) as Record<string, unknown>;
    return typeof status === 'string' && store !== undefined ? `${status}, store ${store}, bus ${bus}` : undefined;
  } catch {
    return undefined;
  }
}
