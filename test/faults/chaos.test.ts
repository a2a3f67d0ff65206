import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { isLongRun } from '../helpers/long-run.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { run } from './run.ts';
import type { StoreKind } from './schedule.ts';

// Only checked for here: each run starts services of its own, which it kills.
const { shared } = await sharedServices(test);

/** How long faults are injected, ms. `npm run faults` takes minutes. */
const MS: Readonly<Record<StoreKind, number>> = isLongRun ? { sqlite: 60_000, mongo: 90_000 } : { sqlite: 15_000, mongo: 25_000 };

/** The seed is new each time. */
async function survive(t: ExecutionContext, store: StoreKind): Promise<void> {
  t.timeout(400_000);
  const seed = randomBytes(4).toString('hex');
  const report = await run({ store, seed, ms: MS[store], print: () => {} });
  const count = (name: string): number => report.get(name) ?? 0;
  t.log(`seed ${seed}: ${count('faults')} faults, ${count('messages')} messages, ${count('streams opened')} streams`);
  t.true(count('messages') > 100 && count('faults') > 2, 'a run in which hardly anything happens shows nothing');
}

test.serial('sqlite: whatever fails, each message is there once, in order, for every kind of reader', survive, 'sqlite');

shared.serial('mongo and redis: whatever fails, each message is there once, in order, for every kind of reader', survive, 'mongo');
