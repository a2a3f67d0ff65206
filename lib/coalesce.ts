import { setImmediate as nextTurn } from 'node:timers/promises';

const MAX_MS = 2;

/**
 * Waits as long as every turn of the event loop brings more, for 2 ms at most, so that what arrives together can be written together.
 * A lone one waits for the rest of its turn only.
 */
export async function coalesce(count: () => number): Promise<void> {
  const until = performance.now() + MAX_MS;
  for (let before = 0; count() > before && performance.now() < until; ) {
    before = Math.max(count(), 1);
    await nextTurn();
  }
}
