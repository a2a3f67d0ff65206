import { setInterval } from 'node:timers/promises';

/** Longer than any step takes on a busy machine. */
const TIMEOUT_MS = 60_000;

/** Interval between two checks, ms. */
const CHECK_EVERY_MS = 5;

/** Resolves once `holds` returns true, checked every 5 ms. Throws after 60 s. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + TIMEOUT_MS;
  if (await holds()) return;
  for await (const _ of setInterval(CHECK_EVERY_MS)) {
    if (await holds()) return;
    if (performance.now() > until) throw new Error(`not true after ${TIMEOUT_MS / 1000} s: ${holds}`);
  }
}
