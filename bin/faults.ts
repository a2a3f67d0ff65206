#!/usr/bin/env node
/** Runs Parley with injected faults of its store, bus and network, and checks that nothing is lost: `node bin/faults.ts [--minutes N] [--seed S] [--store sqlite|mongo] [--steps N] [--quiet]` */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { run } from '../test/faults/run.ts';
import type { StoreKind } from '../test/faults/schedule.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: randomBytes(4).toString('hex') },
    store: { type: 'string' },
    steps: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});

const isStore = (name: string): name is StoreKind => name === 'sqlite' || name === 'mongo';
const stores = (values.store?.split(',') ?? ['sqlite', 'mongo']).filter(isStore);
const { seed } = values;
const length = values.steps === undefined ? { ms: Number(values.minutes) * 60_000 } : { steps: Number(values.steps) };
if (stores.length === 0 || !Object.values(length).every(Number.isFinite)) {
  console.error('usage: node bin/faults.ts [--minutes N] [--seed S] [--store sqlite|mongo] [--steps N] [--quiet]');
  process.exit(2);
}

for (const store of stores) {
  console.log(`${store}, seed ${seed}`);
  const startedAt = performance.now();
  const log = (line: string): void => {
    if (!values.quiet || !/^\d+ messages;/.test(line)) console.log(`  ${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${line}`);
  };
  try {
    const report = await run({ store, seed, ...length, print: log });
    for (const [name, count] of [...report].sort()) console.log(`  ${name}: ${count}`);
  } catch (error) {
    console.error(error);
    process.exit(1); // retrying clients would keep the process running
  }
}
