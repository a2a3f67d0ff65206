import { isIP } from 'node:net';
import type { Config } from '../config.ts';
import { nameLookup, type Resolve, type Resolved } from './name-lookup.ts';

/** A call that is not made, and why. */
export class DestinationRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Refused';
  }
}

const MAX_URL_LENGTH = 2000;

/** A URL that may be called at all: http or https, no user information. Its fragment is dropped. Throws Refused. */
export function parseTarget(text: string): URL {
  const url = text.length > MAX_URL_LENGTH ? null : URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new DestinationRefused(`It must be an http:// or https:// address of ${MAX_URL_LENGTH} characters at most.`);
  if (url.username !== '' || url.password !== '') throw new DestinationRefused('It may not carry a user name or password.');
  url.hash = '';
  return url;
}

/** How addresses are found. `signal` ends the wait for a look-up. */
type AddressOptions = { readonly resolve?: Resolve | undefined; readonly signal?: AbortSignal | undefined };

/**
 * The addresses to connect to for this URL, looked up once, every one of them checked: whoever calls connects to these and looks nothing up again.
 * Unless the host or the address is among ALLOW_OUTGOING, all must be public. Throws Refused, what the look-up throws, or the reason of `signal`.
 */
export async function addressesOf(
  url: URL,
  config: Pick<Config, 'allowOutgoing'>,
  { resolve = nameLookup(), signal = new AbortController().signal }: AddressOptions = {},
): Promise<readonly Resolved[]> {
  const host = hostOf(url);
  const literal = isIP(host);
  const found = literal === 0 ? await Promise.race([resolve(host, signal), aborted(signal)]) : [{ address: host, family: literal }];
  if (found.length === 0) throw new DestinationRefused(`${host} has no address.`);
  if (literal === 0 && config.allowOutgoing.some((allowed) => nameOf(allowed) === nameOf(host))) return found;
  for (const { address } of found)
    if (!(await isPublic(address)) && !(await isAllowed(address, config.allowOutgoing)))
      throw new DestinationRefused(`${host} is not on the public internet (${address}). ALLOW_OUTGOING can admit it.`);
  return found;
}

function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** Refuses at once what is sure to be refused later: a literal address that is not public and not admitted. Throws Refused. */
export async function refuseLiteral(url: URL, config: Pick<Config, 'allowOutgoing'>): Promise<void> {
  if (isIP(hostOf(url)) !== 0) await addressesOf(url, config);
}

/** The URL parser has made every form of an IPv4 address (decimal, octal, hex, short) into four numbers. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/** As the URL parser writes it, which knows names in other scripts. */
const nameOf = (host: string): string => (URL.parse(`http://${host}`)?.hostname ?? host).replace(/\.$/, '');

const loadIpaddr = async () => (await import('ipaddr.js')).default;
type Ipaddr = Awaited<ReturnType<typeof loadIpaddr>>;
type Address = ReturnType<Ipaddr['parse']>;

/** Of IPv6 only this much is the public internet, and of that not what is set aside for protocols (RFC 2928); ipaddr.js knows the other exceptions. */
const PUBLIC_V6 = ['2000::/3'];
const SPECIAL_V6 = ['2001::/23'];

/** Whether an address is one of the public internet. Whatever is not known to be, is not. */
export async function isPublic(text: string): Promise<boolean> {
  const ipaddr = await loadIpaddr();
  if (isIP(text) === 0 || !ipaddr.isValid(text)) return false; // short forms of IPv4 are valid to the library alone
  const address = withoutWrapping(ipaddr, ipaddr.parse(text));
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (isIn(ipaddr, address, PUBLIC_V6) && !isIn(ipaddr, address, SPECIAL_V6));
}

/** Forms of IPv6 that lead to an IPv4 address: mapped, compatible, translated (SIIT) and NAT64; it is the last 32 bits of them. */
const WRAPPED = ['::ffff:0:0/96', '::/96', '::ffff:0:0:0/96', '64:ff9b::/96'];

function withoutWrapping(ipaddr: Ipaddr, address: Address): Address {
  if (address.kind() === 'ipv4' || !isIn(ipaddr, address, WRAPPED)) return address;
  return ipaddr.fromByteArray(address.toByteArray().slice(-4));
}

const isIn = (ipaddr: Ipaddr, address: Address, networks: readonly string[]): boolean =>
  networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match(base, bits);
  });

/** Whether one of the networks of ALLOW_OUTGOING has this address. */
async function isAllowed(text: string, allowed: readonly string[]): Promise<boolean> {
  const ipaddr = await loadIpaddr();
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  const networks = allowed.filter((one) => isIP(one.split('/', 1)[0] ?? '') !== 0);
  return networks.some((one) => isIn(ipaddr, address, [one.includes('/') ? one : `${one}/${isIP(one) === 4 ? 32 : 128}`]));
}
