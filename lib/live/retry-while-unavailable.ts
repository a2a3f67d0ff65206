import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import { StoreUnavailable } from '../errors.ts';

const BACKOFF = { firstMs: 50, maxMs: 1000 };

type Wait = {
  /** Called before each attempt; no more attempts once it returns false. */
  readonly isWanted: () => boolean;
  /** Called once, with the first failure. */
  readonly onUnavailable: (error: StoreUnavailable) => void;
};

/**
 * Retries `work` with backoff while the store is unavailable. Resolves to undefined once it is no longer wanted; rejects with any other
 * error at once.
 */
export async function retryWhileUnavailable<T>(work: () => Promise<T>, { isWanted, onUnavailable }: Wait): Promise<T | undefined> {
  for (let attempt = 0; isWanted(); attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (attempt === 0) onUnavailable(error);
    }
    await delay(backoffMs(BACKOFF, attempt), undefined, { ref: false });
  }
  return undefined;
}
