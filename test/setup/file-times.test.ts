import test from 'ava';
import { FileTimes, listTimes } from '../helpers/file-times.ts';

test('test runner: running files are listed by elapsed time, finished ones by duration', (t) => {
  const clock = { now: 0 };
  const times = new FileTimes('/parley', () => clock.now);
  times.read('begin /parley/test/a.test.ts');
  clock.now = 4000;
  times.read('begin /parley/test/b.test.ts');
  clock.now = 65_000;
  t.is(listTimes(times.running()), 'test/a.test.ts (65 s), test/b.test.ts (61 s)');
  times.read('end /parley/test/a.test.ts');
  t.is(listTimes(times.running()), 'test/b.test.ts (61 s)');
  times.read('end /parley/test/b.test.ts');
  t.deepEqual(times.running(), []);
  t.is(listTimes(times.slowest(1)), 'test/a.test.ts (65 s)');
});
