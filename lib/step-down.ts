/**
 * Lets one of several holders of a role step down so that one of them remains, without a write that spans two records: announce on the own record, then
 * look for another holder who has not announced, else withdraw. Each of two concurrent callers announces before it reads, so at least one sees the
 * announcement of the other. A store with transactions over several records (SQLite) does not need it.
 * - `announce` marks the record; undefined when another writer changed it first.
 * - `anotherRemains`: whether another holder exists who has not announced.
 * - `withdraw` removes the mark; false when another writer changed the record first.
 * Resolves to the announced record, which the caller replaces by compare-and-set; `changed`: read the record again; `last`: nobody else remains.
 */
export async function announceStepDown<Announced extends object>(steps: {
  readonly announce: () => Promise<Announced | undefined>;
  readonly anotherRemains: () => Promise<boolean>;
  readonly withdraw: (announced: Announced) => Promise<boolean>;
}): Promise<Announced | 'changed' | 'last'> {
  const announced = await steps.announce();
  if (!announced) return 'changed';
  if (await steps.anotherRemains()) return announced;
  return (await steps.withdraw(announced)) ? 'last' : 'changed';
}
