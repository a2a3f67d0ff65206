import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable } from '../errors.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1000;

type Wait = {
  /** Asked before each further attempt. */
  readonly isWanted: () => boolean;
  /** Told once, of the first failure. */
  readonly onAway: (error: StoreUnavailable) => void;
};

/**
 * Does what needs the store, again and again while the store is away, with growing pauses that chance spreads. Resolves to undefined once
 * it is not wanted any more; rejects with any other error at once.
 */
export async function retryWhileUnavailable<T>(work: () => Promise<T>, { isWanted, onAway }: Wait): Promise<T | undefined> {
  for (let attempt = 0; isWanted(); attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (attempt === 0) onAway(error);
    }
    await delay(Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2), undefined, { ref: false });
  }
  return undefined;
}
