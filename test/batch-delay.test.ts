import test from 'ava';
import { NOTHING_WRITTEN, openBatchDelay } from '../lib/batch-delay.ts';

/** Items that arrive, and what waits for them. */
function arriving() {
  let items = 0;
  const batchDelay = openBatchDelay(() => items);
  const add = (): void => {
    items += 1;
    batchDelay.note();
  };
  return { batchDelay, add };
}

const soon = (): number => performance.now() + 1e9;

test('batch delay: after a slow write, waits until as many are there as were written and waiting', async (t) => {
  const { batchDelay, add } = arriving();
  let isOver = false;
  const wait = batchDelay.wait({ written: 3, waiting: 2, tookMs: 100, endedAt: soon() }).then(() => {
    isOver = true;
  });
  for (let k = 0; k < 4; k += 1) add();
  await Promise.resolve();
  t.false(isOver);
  add();
  await wait;
  await batchDelay.wait({ written: 3, waiting: 2, tookMs: 100, endedAt: soon() });
  t.pass('all are there already');
});

test('batch delay: waits for nobody before the first write, after a fast one, or long after a slow one', async (t) => {
  const { batchDelay } = arriving();
  await batchDelay.wait(NOTHING_WRITTEN);
  await batchDelay.wait({ written: 64, waiting: 64, tookMs: 1, endedAt: performance.now() });
  await batchDelay.wait({ written: 64, waiting: 64, tookMs: 100, endedAt: performance.now() - 1000 });
  t.pass();
});

test('batch delay: those who do not come back are waited for as long as a part of the write took', async (t) => {
  const { batchDelay, add } = arriving();
  add();
  const startedAt = performance.now();
  await batchDelay.wait({ written: 1, waiting: 1, tookMs: 25, endedAt: startedAt });
  t.true(performance.now() - startedAt >= 5);
});
