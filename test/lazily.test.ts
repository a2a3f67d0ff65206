import test from 'ava';
import { lazily } from '../lib/lazily.ts';

test('lazily: loads once for all callers', async (t) => {
  let loads = 0;
  const { open, opened } = lazily(async () => ++loads);
  t.is(opened(), undefined);
  t.deepEqual(await Promise.all([open(), open()]), [1, 1]);
  t.is(await open(), 1);
  t.is(opened(), 1);
});

test('lazily: after a failure the next caller loads again', async (t) => {
  const outcomes = [Promise.reject(new Error('too many open files')), Promise.resolve('loaded')];
  const { open, opened, settled } = lazily(() => outcomes.shift() ?? Promise.reject(new Error('loaded once more')));
  const failed = open();
  await settled();
  await t.throwsAsync(failed, { message: 'too many open files' });
  t.is(opened(), undefined);
  t.is(await open(), 'loaded');
  t.is(await open(), 'loaded');
});
