import { isIP } from 'node:net';
import type { Config } from '../config.ts';
import { nameLookup, type Resolve, type Resolved } from './name-lookup.ts';

/** A request that is not sent; the message says why. */
export class DestinationRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Refused';
  }
}

const MAX_URL_LENGTH = 2000;

/** Parses a target URL: http or https, without credentials. Its fragment is dropped. Throws DestinationRefused. */
export function parseTarget(text: string): URL {
  const url = text.length > MAX_URL_LENGTH ? null : URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new DestinationRefused(`The URL must start with http:// or https:// and have at most ${MAX_URL_LENGTH} characters.`);
  if (url.username !== '' || url.password !== '') throw new DestinationRefused('The URL must not contain a user name or password.');
  url.hash = '';
  return url;
}

/** How addresses are resolved. `signal` aborts a lookup. */
type AddressOptions = { readonly resolve?: Resolve | undefined; readonly signal?: AbortSignal | undefined };

/**
 * Resolves and checks the addresses of a URL. The caller must connect to these and not resolve the host again. All must be public, unless
 * ALLOW_OUTGOING lists the host or the address. Throws DestinationRefused, the error of the lookup, or the reason of `signal`.
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
      throw new DestinationRefused(`${host} is not a public address (${address}). ALLOW_OUTGOING can allow it.`);
  return found;
}

function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** Refuses a literal address that is neither public nor allowed, without a lookup. Throws DestinationRefused. */
export async function refuseLiteral(url: URL, config: Pick<Config, 'allowOutgoing'>): Promise<void> {
  if (isIP(hostOf(url)) !== 0) await addressesOf(url, config);
}

/** The host without brackets. The URL parser has normalized every form of an IPv4 address (decimal, octal, hex, short). */
const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/** The host as the URL parser normalizes it, which converts international names to Punycode. */
const nameOf = (host: string): string => (URL.parse(`http://${host}`)?.hostname ?? host).replace(/\.$/, '');

const loadIpaddr = async () => (await import('ipaddr.js')).default;
type Ipaddr = Awaited<ReturnType<typeof loadIpaddr>>;
type Address = ReturnType<Ipaddr['parse']>;

/** Public IPv6 is 2000::/3 without the protocol assignments 2001::/23 (RFC 2928); ipaddr.js knows the other exceptions. */
const PUBLIC_V6 = ['2000::/3'];
const SPECIAL_V6 = ['2001::/23'];

/** Whether an address is known to be public. */
export async function isPublic(text: string): Promise<boolean> {
  const ipaddr = await loadIpaddr();
  if (isIP(text) === 0 || !ipaddr.isValid(text)) return false; // the library also accepts short forms of IPv4
  const address = embeddedIpv4(ipaddr, ipaddr.parse(text));
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (isIn(ipaddr, address, PUBLIC_V6) && !isIn(ipaddr, address, SPECIAL_V6));
}

/** IPv6 networks whose last 32 bits are an IPv4 address: mapped, compatible, translated (SIIT) and NAT64. */
const IPV4_EMBEDDING = ['::ffff:0:0/96', '::/96', '::ffff:0:0:0/96', '64:ff9b::/96'];

function embeddedIpv4(ipaddr: Ipaddr, address: Address): Address {
  if (address.kind() === 'ipv4' || !isIn(ipaddr, address, IPV4_EMBEDDING)) return address;
  return ipaddr.fromByteArray(address.toByteArray().slice(-4));
}

const isIn = (ipaddr: Ipaddr, address: Address, networks: readonly string[]): boolean =>
  networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match(base, bits);
  });

/** Whether a network of ALLOW_OUTGOING contains this address. */
async function isAllowed(text: string, allowed: readonly string[]): Promise<boolean> {
  const ipaddr = await loadIpaddr();
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  const networks = allowed.filter((one) => isIP(one.split('/', 1)[0] ?? '') !== 0);
  return networks.some((one) => isIn(ipaddr, address, [one.includes('/') ? one : `${one}/${isIP(one) === 4 ? 32 : 128}`]));
}
