import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * The network that limits count an address by: an IPv4 address itself, the /64 of an IPv6 address (one line or one machine has a whole /64:
 * RFC 6177), or its /48 with `bits` 48. An IPv4 address mapped into IPv6 (RFC 4291, section 2.5.5.2) is that IPv4 address.
 */
export function networkOf(address: string, bits: 64 | 48 = 64): string {
  const [bare = ''] = address.split('%', 1);
  if (!isIPv6(bare)) return bare;
  const groups = groupsOf(bare);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [6, 7].flatMap((at) => [(groups[at] ?? 0) >> 8, (groups[at] ?? 0) & 0xff]).join('.');
  const kept = groups.slice(0, bits / 16).map((group) => group.toString(16));
  return `${kept.join(':')}::/${bits}`;
}

/** Whether one of the networks (an address, or CIDR notation) has the address. An IPv4 address mapped into IPv6 is that IPv4 address. No address is in none. */
export function isInNetworks(address: string | undefined, networks: readonly string[]): boolean {
  const [bare = ''] = (address ?? '').split('%', 1);
  if (isIP(bare) === 0) return false;
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', bits] = network.split('/');
    const family = isIPv6(base) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(base, family);
    else list.addSubnet(base, Number(bits), family);
  }
  return list.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const before = parsed(head);
  if (tail === undefined) return before;
  const after = parsed(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

const parsed = (part: string): number[] =>
  part === '' ? [] : part.split(':').flatMap((group) => (group.includes('.') ? fromIpv4(group) : parseInt(group, 16)));

function fromIpv4(text: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
