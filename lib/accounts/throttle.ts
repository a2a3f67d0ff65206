import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import type { UserId } from '../ids.ts';

/** Tries a second, and how many at first. */
export const FAILURES_PER_ADDRESS = { perSecond: 1 / 10, burst: 10 };
const FAILURES_PER_NAME = { perSecond: 1 / 20, burst: 20 };

/** What failed log-ins are counted by: a bucket and how it refills. */
export type Count = { readonly bucket: string; readonly perSecond: number; readonly burst: number };

/** By the address they come from, by the name they try, or by the browser that was in before. */
export const addressCount = (address: string): Count => ({ bucket: `login-address:${address}`, ...FAILURES_PER_ADDRESS });
export const nameCount = (key: string): Count => ({ bucket: `login-name:${key}`, ...FAILURES_PER_NAME });
export const deviceCount = (user: UserId): Count => ({ bucket: `login-known:${user}`, ...FAILURES_PER_NAME });

/** Counts a try as failed until it turns out right, so that many at once find the limit too. Errors: `tooMany`. */
export function countAttempt(core: Core, counts: readonly Count[]): void {
  const waitMs = Math.max(...counts.map(({ bucket, perSecond, burst }) => core.rateLimiter.take(bucket, perSecond, burst)));
  if (waitMs > 0) throw tooMany(`Too many failed log-ins. Try again in ${Math.ceil(waitMs / 1000)} seconds.`, waitMs);
}

/** The try turned out right: it counts for nothing. */
export function takeBack(core: Core, counts: readonly Count[]): void {
  for (const { bucket } of counts) core.rateLimiter.giveBack(bucket);
}
