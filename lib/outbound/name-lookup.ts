import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** A resolved address, as in node:dns. */
export type Resolved = { readonly address: string; readonly family: number };
/** Resolves a host name to all its addresses, at least one. Rejects when it has none, and when `signal` aborts. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly Resolved[]>;

export type LookupOptions = {
  /** The time limit of a whole lookup, ms. */
  readonly timeoutMs?: number;
  /** Name servers, as `address:port`; the system's by default. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly resolvConf?: string;
};

const LOOKUP_TIMEOUT_MS = 3000;
/** The timeout of one query to one server; doubled for the second try. */
const QUERY_TIMEOUT_MS = 1000;
const HOSTS_FILE = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

/**
 * Resolves names like getaddrinfo: the hosts file, then DNS with the search list of resolv.conf. Uses c-ares, since getaddrinfo runs in libuv's
 * pool of four threads, where a few lookups that time out would block every other lookup, file access and password hash.
 */
export function nameLookup(options: LookupOptions = {}): Resolve {
  const { timeoutMs = LOOKUP_TIMEOUT_MS, servers, hostsFile = HOSTS_FILE, resolvConf = '/etc/resolv.conf' } = options;
  return async (host, signal) => {
    const name = host.toLowerCase().replace(/\.$/, '');
    const known = hostsIn(await textOf(hostsFile), name);
    if (known.length > 0) return known;
    const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: 2 });
    if (servers) resolver.setServers(servers);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    limit.addEventListener('abort', () => resolver.cancel(), { once: true });
    const names = host.endsWith('.') ? [name] : candidatesOf(name, await textOf(resolvConf));
    return firstFound(resolver, host, names, limit);
  };
}

/** The text of a file; empty when it cannot be read. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

const LOOPBACK: readonly Resolved[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** The addresses of a name in a hosts file, in order. Without an entry localhost is loopback (RFC 6761, section 6.3). */
function hostsIn(text: string, name: string): readonly Resolved[] {
  const found = text.split('\n').flatMap((line): Resolved[] => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    return family !== 0 && names.some((one) => one.toLowerCase() === name) ? [{ address, family }] : [];
  });
  return found.length === 0 && /^(.+\.)?localhost$/.test(name) ? LOOPBACK : found;
}

/** The names to query, in order (resolv.conf(5)): a name with fewer than `ndots` dots is tried with the search list first. */
function candidatesOf(name: string, text: string): readonly string[] {
  const search = [...text.matchAll(/^[ \t]*(?:search|domain)[ \t]+(.+)$/gm)].at(-1)?.[1]?.trim().split(/\s+/) ?? [];
  const ndots = Number([...text.matchAll(/^[ \t]*options[ \t].*\bndots:(\d{1,2})/gm)].at(-1)?.[1] ?? 1);
  const longer = search.filter((suffix) => suffix !== '.').map((suffix) => `${name}.${suffix.replace(/\.$/, '')}`);
  return name.split('.').length - 1 < ndots ? [...longer, name] : [name, ...longer];
}

/** The addresses of the first name that has any. The next name is queried only when the previous one does not exist. */
async function firstFound(resolver: Resolver, host: string, names: readonly string[], limit: AbortSignal): Promise<readonly Resolved[]> {
  for (const name of names) {
    limit.throwIfAborted();
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = [...resolvedIn(v4, 4), ...resolvedIn(v6, 6)];
    if (found.length > 0) return found;
    const problem = [v4, v6].map(codeOf).find((code) => code !== undefined && !NO_SUCH_NAME.includes(code));
    if (problem !== undefined) throw new Error(`${host} could not be resolved (${problem}).`);
  }
  throw new Error(`${host} has no address (ENOTFOUND).`);
}

const NO_SUCH_NAME = ['ENOTFOUND', 'ENODATA'];

const resolvedIn = (result: PromiseSettledResult<string[]>, family: number): Resolved[] =>
  result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : [];

/** The error code of a query. `ECANCELLED` means that the time limit ended it, so it is reported as a timeout. */
function codeOf(result: PromiseSettledResult<unknown>): string | undefined {
  if (result.status === 'fulfilled') return undefined;
  const { reason } = result;
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'EAI_FAIL';
  return code === 'ECANCELLED' ? 'ETIMEOUT' : code;
}
