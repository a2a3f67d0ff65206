/**
 * The real server with a clock that a signal turns, a heartbeat of a second and cheap password hashing: `node --expose-gc test/faults/server.ts`.
 * SIGUSR2 sets the clock back by an hour, or forth again, SIGIO ahead by two hours, or back again; SIGWINCH collects garbage and writes how many bytes
 * are held all the same into the file `held-<process id>` of the data folder.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readConfig } from '../../lib/config.ts';
import { serve } from '../../lib/server.ts';
import { HEARTBEAT_MS, SWEEP_MS } from './bounds.ts';

const HOUR_MS = 3_600_000;
const config = readConfig();
let offsetMs = 0;
const turnClock = (signal: NodeJS.Signals, ms: number): void => {
  process.on(signal, () => {
    offsetMs = offsetMs === ms ? 0 : ms;
  });
};
turnClock('SIGUSR2', -HOUR_MS);
turnClock('SIGIO', 2 * HOUR_MS);
process.on('SIGWINCH', async () => {
  globalThis.gc?.();
  await nextTurn(); // objects finalized by the first collection, such as compression contexts, are freed in a later turn
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const file = join(config.dataDir, `held-${process.pid}`);
  writeFileSync(`${file}.new`, String(heapUsed + external));
  renameSync(`${file}.new`, file);
});

const status = await serve(config, {
  print: (line) => void process.stdout.write(`${line}\n`),
  forTests: { now: () => Date.now() + offsetMs, isSkewed: true, bcryptCost: 4, heartbeatMs: HEARTBEAT_MS, sweepMs: SWEEP_MS },
});
process.exitCode = status;
