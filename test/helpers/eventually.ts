import { setInterval } from 'node:timers/promises';

/** Far longer than any step takes on a busy machine: reached only by a condition that never holds. */
const TIMEOUT_MS = 60_000;

/** Between two checks, so that the waiting test leaves the CPU to the server. */
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
