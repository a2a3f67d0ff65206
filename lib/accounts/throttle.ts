import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import type { UserId } from '../ids.ts';

/** Token bucket: refill per second and size. */
export const FAILURES_PER_ADDRESS = { perSecond: 1 / 10, burst: 10 };
const FAILURES_PER_NAME = { perSecond: 1 / 20, burst: 20 };

/** A counter of failed log-ins: a token bucket and its refill rate. */
export type Count = { readonly bucket: string; readonly perSecond: number; readonly burst: number };

/** Counted per address, per name, or per browser that has logged in before. */
export const addressCount = (address: string): Count => ({ bucket: `login-address:${address}`, ...FAILURES_PER_ADDRESS });
export const nameCount = (key: string): Count => ({ bucket: `login-name:${key}`, ...FAILURES_PER_NAME });
export const deviceCount = (user: UserId): Count => ({ bucket: `login-known:${user}`, ...FAILURES_PER_NAME });

/** Counts an attempt as failed before it is checked, so that concurrent attempts are limited too. Errors: `tooMany`. */
export function countAttempt(core: Core, counts: readonly Count[]): void {
  const waitMs = Math.max(...counts.map(({ bucket, perSecond, burst }) => core.rateLimiter.take(bucket, perSecond, burst)));
  if (waitMs > 0) throw tooMany(`Too many failed log-ins. Try again in ${Math.ceil(waitMs / 1000)} seconds.`, waitMs);
}

/** Undoes the count of a successful attempt. */
export function takeBack(core: Core, counts: readonly Count[]): void {
  for (const { bucket } of counts) core.rateLimiter.giveBack(bucket);
}
