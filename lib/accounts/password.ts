import bcrypt from 'bcrypt';
import type { Passwords } from '../core.ts';
import { tooMany } from '../errors.ts';
import { MAX_PASSWORD_BYTES } from './account.ts';

const AT_ONCE = 2; // bcrypt works in libuv's four threads; more at once starve file access
const MAX_WAITING = 20;

/** bcrypt at `cost` (12: about 0.2 s), two at once and twenty waiting; past that `tooMany`. */
export function openPasswords(cost: number): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  let dummy: Promise<string> | undefined;

  const enter = async (): Promise<void> => {
    if (running < AT_ONCE) {
      running += 1;
      return;
    }
    if (waiting.length >= MAX_WAITING) throw tooMany('Too many people are logging in right now. Try again in a few seconds.', 3000);
    await new Promise<void>((resolve) => waiting.push(resolve)); // whoever leaves hands its place over
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
        const isWhole = Buffer.byteLength(password, 'utf8') <= MAX_PASSWORD_BYTES; // bcrypt would overlook the rest
        return isRight && isWhole && hash !== null;
      }),
  };
}
