import bcrypt from 'bcrypt';
import pLimit from 'p-limit';
import type { Passwords } from '../core.ts';
import { tooMany } from '../errors.ts';
import { MAX_PASSWORD_BYTES } from './account.ts';

const CONCURRENCY = 2; // bcrypt uses libuv's four threads; more at once would starve file access
const MAX_WAITING = 20;

/** bcrypt at `cost` (12: about 0.2 s). Two run concurrently, 20 wait; more fail with `tooMany`. */
export function openPasswords(cost: number): Passwords {
  const limit = pLimit(CONCURRENCY);
  let dummy: Promise<string> | undefined;

  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.activeCount + limit.pendingCount >= CONCURRENCY + MAX_WAITING)
      throw tooMany('Too many people are logging in right now. Try again in a few seconds.', 3000);
    return limit(work);
  };

  return {
    hash: (password) => limited(() => bcrypt.hash(password, cost)),
    verify: (password, hash) =>
      limited(async () => {
        dummy ??= bcrypt.hash('nobody has this password', cost);
        const isRight = await bcrypt.compare(password, hash ?? (await dummy));
        const isWithinLimit = Buffer.byteLength(password, 'utf8') <= MAX_PASSWORD_BYTES; // bcrypt ignores the rest
        return isRight && isWithinLimit && hash !== null;
      }),
  };
}
