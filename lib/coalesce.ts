import { setImmediate as nextTurn } from 'node:timers/promises';

const MAX_MS = 2;

/**
 * Waits until a turn of the event loop adds no item, 2 ms at most, so that items that arrive together are written together.
 * A single item waits only for the end of the current turn. `count`: the number of items so far.
 */
export async function coalesce(count: () => number): Promise<void> {
  const until = performance.now() + MAX_MS;
  for (let before = 0; count() > before && performance.now() < until; ) {
    before = Math.max(count(), 1);
    await nextTurn();
  }
}
