const SLOTS = 16_384;
const POLYNOMIAL = 0x1021;

/** The slot of a Redis Cluster that a key or sharded channel belongs to: CRC16/XMODEM of its hash tag, modulo 16384 (Redis Cluster specification). */
export function slotOf(key: string): number {
  const [, tag] = /^[^{]*\{([^}]+)\}/.exec(key) ?? [];
  let crc = 0;
  for (const byte of Buffer.from(tag ?? key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}

/** Where slots are now: for each the node that serves it, `host:port`; undefined where none is known. */
type Owners = (slot: number) => string | undefined;

/** For each of `nodes` a number i such that `name(i)` belongs to it. A node that serves too few slots to be hit has none. */
export function nameForEach(nodes: ReadonlySet<string>, owner: Owners, name: (i: number) => string): string[] {
  const names = new Map<string, string>();
  const most = 50 * nodes.size;
  for (let i = 0; i < most && names.size < nodes.size; i += 1) {
    const node = owner(slotOf(name(i)));
    if (node !== undefined && !names.has(node)) names.set(node, name(i));
  }
  return [...names.values()];
}
