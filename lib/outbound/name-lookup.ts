import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** An address that a name stands for, as node:dns gives it. */
export type Resolved = { readonly address: string; readonly family: number };
/** Looks up a name: all its addresses, at least one. Rejects when there is none, and when `signal` aborts. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly Resolved[]>;

export type LookupOptions = {
  /** How long a look-up may take in all, whatever the name servers do. */
  readonly withinMs?: number;
  /** Name servers, as `address:port`; those of the system unless a test says otherwise. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly resolvConf?: string;
};

const LOOKUP_WITHIN_MS = 3000;
/** Of one query to one server; the second try waits twice as long. */
const QUERY_WITHIN_MS = 1000;
const HOSTS_FILE = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

/**
 * Looks up names as getaddrinfo does: the hosts file, then DNS with the search list of resolv.conf. It uses c-ares sockets: getaddrinfo runs in libuv's
 * pool of four threads, where a few names that no server answers for would hold up every other look-up, file and password.
 */
export function nameLookup(options: LookupOptions = {}): Resolve {
  const { withinMs = LOOKUP_WITHIN_MS, servers, hostsFile = HOSTS_FILE, resolvConf = '/etc/resolv.conf' } = options;
  return async (host, signal) => {
    const name = host.toLowerCase().replace(/\.$/, '');
    const known = hostsIn(await textOf(hostsFile), name);
    if (known.length > 0) return known;
    const resolver = new Resolver({ timeout: QUERY_WITHIN_MS, tries: 2 });
    if (servers) resolver.setServers(servers);
    const bound = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    bound.addEventListener('abort', () => resolver.cancel(), { once: true });
    const names = host.endsWith('.') ? [name] : candidatesOf(name, await textOf(resolvConf));
    return firstFound(resolver, host, names, bound);
  };
}

/** A file that is absent says nothing. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

const LOOPBACK: readonly Resolved[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** What a hosts file has for a name, in its order; localhost is loopback without one (RFC 6761, section 6.3). */
function hostsIn(text: string, name: string): readonly Resolved[] {
  const found = text.split('\n').flatMap((line): Resolved[] => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    return family !== 0 && names.some((one) => one.toLowerCase() === name) ? [{ address, family }] : [];
  });
  return found.length === 0 && /^(.+\.)?localhost$/.test(name) ? LOOPBACK : found;
}

/** The names to ask for, in order (resolv.conf(5)): with fewer than `ndots` dots those of the search list come first. */
function candidatesOf(name: string, text: string): readonly string[] {
  const search = [...text.matchAll(/^[ \t]*(?:search|domain)[ \t]+(.+)$/gm)].at(-1)?.[1]?.trim().split(/\s+/) ?? [];
  const ndots = Number([...text.matchAll(/^[ \t]*options[ \t].*\bndots:(\d{1,2})/gm)].at(-1)?.[1] ?? 1);
  const longer = search.filter((suffix) => suffix !== '.').map((suffix) => `${name}.${suffix.replace(/\.$/, '')}`);
  return name.split('.').length - 1 < ndots ? [...longer, name] : [name, ...longer];
}

/** The first of these names that has an address; the next is asked for only when this one does not exist. */
async function firstFound(resolver: Resolver, host: string, names: readonly string[], bound: AbortSignal): Promise<readonly Resolved[]> {
  for (const name of names) {
    bound.throwIfAborted();
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = [...resolvedIn(v4, 4), ...resolvedIn(v6, 6)];
    if (found.length > 0) return found;
    const problem = [v4, v6].map(codeOf).find((code) => code !== undefined && !NO_SUCH_NAME.includes(code));
    if (problem !== undefined) throw new Error(`${host} could not be looked up (${problem}).`);
  }
  throw new Error(`${host} has no address (ENOTFOUND).`);
}

const NO_SUCH_NAME = ['ENOTFOUND', 'ENODATA'];

const resolvedIn = (result: PromiseSettledResult<string[]>, family: number): Resolved[] =>
  result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : [];

/** `ECANCELLED` is said of what the bound has ended: it is a time-out as well. */
function codeOf(result: PromiseSettledResult<unknown>): string | undefined {
  if (result.status === 'fulfilled') return undefined;
  const { reason } = result;
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'EAI_FAIL';
  return code === 'ECANCELLED' ? 'ETIMEOUT' : code;
}
