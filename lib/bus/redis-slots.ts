const SLOTS = 16_384;
const POLYNOMIAL = 0x1021;

/** The Redis Cluster slot of a key or sharded channel: CRC16/XMODEM of its hash tag, modulo 16384 (Redis Cluster specification). */
export function slotOf(key: string): number {
  const [, tag] = /^[^{]*\{([^}]+)\}/.exec(key) ?? [];
  let crc = 0;
  for (const byte of Buffer.from(tag ?? key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}

/** The node that serves a slot, as `host:port`; undefined when none is known. */
type Owners = (slot: number) => string | undefined;

/** One name `name(i)` for each node, whose slot that node serves. A node with too few slots may have none. */
export function nameForEach(nodes: ReadonlySet<string>, owner: Owners, name: (i: number) => string): string[] {
  const names = new Map<string, string>();
  const max = 50 * nodes.size;
  for (let i = 0; i < max && names.size < nodes.size; i += 1) {
    const node = owner(slotOf(name(i)));
    if (node !== undefined && !names.has(node)) names.set(node, name(i));
  }
  return [...names.values()];
}
