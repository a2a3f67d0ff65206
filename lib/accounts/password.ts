import bcrypt from 'bcrypt';
import type { Passwords } from '../core.ts';
import { tooMany } from '../errors.ts';
import { MAX_PASSWORD_BYTES } from './account.ts';

const CONCURRENCY = 2; // bcrypt uses libuv's four threads; more at once would starve file access
const MAX_WAITING = 20;

/** bcrypt at `cost` (12: about 0.2 s). Two run concurrently, 20 wait; more fail with `tooMany`. */
export function openPasswords(cost: number): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  let dummy: Promise<string> | undefined;

  const enter = async (): Promise<void> => {
    if (running < CONCURRENCY) {
      running += 1;
      return;
    }
    if (waiting.length >= MAX_WAITING) throw tooMany('Too many people are logging in right now. Try again in a few seconds.', 3000);
    await new Promise<void>((resolve) => waiting.push(resolve)); // leave() passes its slot to the next
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };
  const gated = async <T>(work: () => Promise<T>): Promise<T> => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };

  return {
    hash: (password) => gated(() => bcrypt.hash(password, cost)),
    verify: (password, hash) =>
      gated(async () => {
        dummy ??= bcrypt.hash('nobody has this password', cost);
        const isRight = await bcrypt.compare(password, hash ?? (await dummy));
        const isWithinLimit = Buffer.byteLength(password, 'utf8') <= MAX_PASSWORD_BYTES; // bcrypt ignores the rest
        return isRight && isWithinLimit && hash !== null;
      }),
  };
}
