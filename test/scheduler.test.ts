import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { Scheduler } from '../lib/scheduler.ts';

/** Works for about this long. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('a piece of work runs at once while there is time, and what it throws is the caller’s', async (t) => {
  const scheduler = new Scheduler();
  let isDone = false;
  const first = scheduler.run(() => {
    isDone = true;
    return 5;
  });
  t.true(isDone);
  t.is(await first, 5);
  await t.throwsAsync(
    scheduler.run(() => {
      throw new Error('broken');
    }),
    { message: 'broken' },
  );
  await scheduler.turn();
});

test('long work is spread over turns of the event loop, in the order of the calls, and others have theirs in between', async (t) => {
  const scheduler = new Scheduler();
  const order: string[] = [];
  const pieces = Array.from({ length: 5 }, (_, n) =>
    scheduler.run(() => {
      order.push(`piece ${n}`);
      busy(15);
    }),
  );
  const turns = (async () => {
    for (let n = 0; n < 5; n++) {
      await nextTurn();
      order.push('turn');
    }
  })();
  await Promise.all([...pieces, turns]);
  t.deepEqual(
    order.filter((one) => one !== 'turn'),
    [0, 1, 2, 3, 4].map((n) => `piece ${n}`),
  );
  const longest = Math.max(
    ...order
      .join(' ')
      .split('turn')
      .map((between) => between.match(/piece/g)?.length ?? 0),
  );
  t.is(longest, 1, order.join(', '));
});
