import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { sharedServices } from '../helpers/shared-services.ts';
import { run } from './run.ts';
import type { StoreKind } from './schedule.ts';

// Only checked for here: each run starts services of its own, which it kills.
const { shared } = await sharedServices(test);

/** The seed is new each time. `npm run faults` runs longer. */
async function survive(t: ExecutionContext, store: StoreKind, ms: number): Promise<void> {
  t.timeout(300_000);
  const seed = randomBytes(4).toString('hex');
  const report = await run({ store, seed, ms, print: () => {} });
  const count = (name: string): number => report.get(name) ?? 0;
  t.log(`seed ${seed}: ${count('faults')} faults, ${count('messages')} messages, ${count('streams opened')} streams`);
  t.true(count('messages') > 100 && count('faults') > 2, 'a run in which hardly anything happens shows nothing');
}

test.serial('sqlite: whatever fails, each message is there once, in order, for every kind of reader', survive, 'sqlite', 25_000);

shared.serial('mongo and redis: whatever fails, each message is there once, in order, for every kind of reader', survive, 'mongo', 40_000);
