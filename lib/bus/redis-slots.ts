import calculateSlot from 'cluster-key-slot';

/** The node that serves a slot, as `host:port`; undefined when none is known. */
type Owners = (slot: number) => string | undefined;

/** One name `name(i)` for each node, whose slot that node serves. A node with too few slots may have none. */
export function nameForEach(nodes: ReadonlySet<string>, owner: Owners, name: (i: number) => string): string[] {
  const names = new Map<string, string>();
  const max = 50 * nodes.size;
  for (let i = 0; i < max && names.size < nodes.size; i += 1) {
    const node = owner(calculateSlot(name(i)));
    if (node !== undefined && !names.has(node)) names.set(node, name(i));
  }
  return [...names.values()];
}
