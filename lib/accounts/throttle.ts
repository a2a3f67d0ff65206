import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { networkOf } from '../network.ts';

/**
 * Failed log-ins that are admitted: the size of a token bucket and its refill per second.
 * - `address`: by an IPv4 address, or the /64 of an IPv6 address, which is one line or one machine (RFC 6177).
 * - `site`: by the /48 of an IPv6 address, which a provider may give to one customer.
 * - `nameFrom`: at one name by one network (IPv4 address or /48). Smaller and slower than `name`, so that no network uses that up alone.
 * - `name`: at one name by everybody: the bound on guessing from many networks.
 * - `known`: at one account by browsers that have been logged in to it before.
 * - `factor`: codes of one account's second factor, after its password; browsers that have been logged in before have a count of their own.
 */
export const FAILURES = {
  address: { perSecond: 1 / 10, burst: 10 },
  site: { perSecond: 1 / 2, burst: 40 },
  nameFrom: { perSecond: 1 / 60, burst: 10 },
  name: { perSecond: 1 / 10, burst: 100 },
  known: { perSecond: 1 / 20, burst: 20 },
  factor: { perSecond: 1 / 60, burst: 10 },
};

/** A counter of failed log-ins: a token bucket and its refill rate. */
type Count = { readonly bucket: string; readonly perSecond: number; readonly burst: number };

const count = (kind: keyof typeof FAILURES, of: string): Count => ({ bucket: `login-${kind}:${of}`, ...FAILURES[kind] });

/** The counters of a log-in from a browser that is not known. The name's own comes last: it counts only what the others admit. */
export function strangerCounts(address: string, nameKey: string): Count[] {
  const site = networkOf(address, 48);
  const counts = [count('address', networkOf(address)), count('nameFrom', `${site} ${nameKey}`), count('name', nameKey)];
  return site.includes('/') ? [count('site', site), ...counts] : counts;
}

/** The counters of a log-in that names nobody: by address alone. */
export function addressCounts(address: string): Count[] {
  const site = networkOf(address, 48);
  const counts = [count('address', networkOf(address))];
  return site.includes('/') ? [count('site', site), ...counts] : counts;
}

/** The counter of browsers that have been logged in to the account before. */
export const knownCount = (user: UserId): Count => count('known', user);

/** The counter of codes of a second factor. */
export const factorCount = (user: UserId, isKnown: boolean): Count => count('factor', `${user}${isKnown ? ' known' : ''}`);

/**
 * Counts an attempt as failed before it is checked, so that concurrent attempts are limited too. An attempt that one counter refuses is not
 * counted by the others. Errors: `tooMany`.
 */
export async function countAttempt(core: Core, counts: readonly Count[]): Promise<void> {
  for (const [at, { bucket, perSecond, burst }] of counts.entries()) {
    const waitMs = await core.rateLimiter.takeShared(bucket, perSecond, burst);
    if (waitMs === 0) continue;
    takeBack(core, counts.slice(0, at));
    core.securityLog.record({ event: 'login_throttled' });
    throw tooMany(t`Too many failed log-ins. Try again in ${Math.ceil(waitMs / 1000)} seconds.`, waitMs);
  }
}

/** Undoes the count of a successful attempt. */
export function takeBack(core: Core, counts: readonly Count[]): void {
  for (const { bucket } of counts) core.rateLimiter.giveBackShared(bucket);
}
