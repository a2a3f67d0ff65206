import bcrypt from 'bcrypt';
import pLimit from 'p-limit';
import type { PasswordQueue, Passwords } from '../core.ts';
import { tooMany } from '../errors.ts';
import { t } from '../language/text.ts';
import { MAX_PASSWORD_BYTES } from './account.ts';

/** At once, by queue: bcrypt uses libuv's four threads; more would starve file access. */
const CONCURRENCY = { stranger: 2, known: 1 } as const;
const MAX_WAITING = 20;

/** bcrypt at `cost` (12: about 0.2 s). Of each queue 20 wait; more fail with `tooMany`. */
export function openPasswords(cost: number): Passwords {
  const limits = { stranger: pLimit(CONCURRENCY.stranger), known: pLimit(CONCURRENCY.known) };
  let dummy: Promise<string> | undefined;

  const limited = async <T>(queue: PasswordQueue, work: () => Promise<T>): Promise<T> => {
    const limit = limits[queue];
    if (limit.activeCount + limit.pendingCount >= CONCURRENCY[queue] + MAX_WAITING)
      throw tooMany(t`Too many people are logging in right now. Try again in a few seconds.`, 3000);
    return limit(work);
  };

  return {
    hash: (password, queue) => limited(queue, () => bcrypt.hash(password, cost)),
    verify: (password, hash, queue) =>
      limited(queue, async () => {
        dummy ??= bcrypt.hash('nobody has this password', cost);
        const isRight = await bcrypt.compare(password, hash ?? (await dummy));
        const isWithinLimit = Buffer.byteLength(password, 'utf8') <= MAX_PASSWORD_BYTES; // bcrypt ignores the rest
        return isRight && isWithinLimit && hash !== null;
      }),
  };
}
