import { setTimeout as delay } from 'node:timers/promises';
import { isUncertain } from '../files/operations.ts';

/** Attempts in a row in which nothing is done, while the store does not answer. */
const ATTEMPTS = 30;
const PAUSE_MS = 1000;

/**
 * Repeats work that can be repeated while the store does not answer, for about half a minute. `progress`: a number that grows with what is done; an
 * attempt that did something is followed by as many others. Rejects with the last error.
 */
export async function whileAway<T>(work: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const before = progress();
    try {
      return await work();
    } catch (error) {
      if (!isUncertain(error) || attempt === ATTEMPTS) throw error;
      if (progress() > before) attempt = 0;
      await delay(PAUSE_MS);
    }
  }
}
