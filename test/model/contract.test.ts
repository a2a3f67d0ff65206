import test, { type TestFn } from 'ava';
import { busContract } from '../contract/bus.ts';
import { storeContract } from '../contract/store.ts';
import { BusNet } from './bus.ts';
import { Disk, type DiskKind, type Weathered } from './disk.ts';
import { openModelStore } from './store.ts';
import { Tape } from './tape.ts';
import { FAIR } from './world.ts';

/** Without a schedule and faults, the model must pass the contract of a store and a bus. */
const free = (): Weathered => ({
  step: async () => {},
  note: () => {},
  violations: [],
  weather: FAIR,
  tape: new Tape({ seed: 0, length: 0 }),
  time: { after: async () => {} },
});

/** Registers the contract tests whose titles begin with these nouns. */
function only(nouns: RegExp): TestFn {
  const choose = (title: string, ...rest: unknown[]): void => void (nouns.test(title) && Reflect.apply(test, undefined, [title, ...rest]));
  return Object.assign(choose, { before: test.before, after: test.after, serial: () => {} }) as unknown as TestFn;
}

for (const kind of ['file', 'document', 'replicas'] satisfies DiskKind[])
  storeContract(
    only(/: (log|memberships|hostile text .* from the log)\b/),
    async () => {
      const world = free();
      const disks = [new Disk(kind, world), new Disk(kind, world)] as const;
      const diskOf = (group: string): Disk => (group < 'h' ? disks[0] : disks[1]);
      const open = (name: string) => openModelStore(world, name, disks, diskOf).store;
      return { store: open('one'), close: async () => {}, second: async () => open('other') };
    },
    `model ${kind}`,
  );

busContract(test, async () => {
  const clock = { now: 1_700_000_000_000 };
  const net = new BusNet(free(), () => clock.now);
  return { here: net.join('here').bus, there: net.join('there').bus, clock };
});
