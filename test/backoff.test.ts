import test from 'ava';
import fc from 'fast-check';
import { backoffMs } from '../lib/backoff.ts';

test('backoff: the wait doubles with each failure, up to the maximum', (t) => {
  const waits = [0, 1, 2, 3, 4, 5000].map((failures) => backoffMs({ firstMs: 50, maxMs: 300, jitter: 0 }, failures));
  t.deepEqual(waits, [50, 100, 200, 300, 300, 300]);
});

test('backoff: only the share named by jitter is random, half of the wait unless given', (t) => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 2000 }), (jitter, failures) => {
      const full = backoffMs({ firstMs: 25, maxMs: 1000, jitter: 0 }, failures);
      const wait = backoffMs({ firstMs: 25, maxMs: 1000, jitter }, failures);
      return wait <= full && wait >= full * (1 - jitter);
    }),
  );
  const waits = Array.from({ length: 200 }, () => backoffMs({ firstMs: 100, maxMs: 100 }, 0));
  t.true(waits.every((wait) => wait >= 50 && wait <= 100));
  t.true(new Set(waits).size > 100);
});
