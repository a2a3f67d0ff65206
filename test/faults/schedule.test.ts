import test from 'ava';
import { Dice } from './dice.ts';
import { type Step, type StoreKind, schedule } from './schedule.ts';

const STORES: readonly StoreKind[] = ['sqlite', 'mongo'];
const first = (count: number, seed: string, store: StoreKind): Step[] => {
  const steps = schedule(seed, store);
  return Array.from({ length: count }, () => steps.next().value);
};

for (const store of STORES) {
  test(`${store}: the same seed gives the same schedule, another seed another`, (t) => {
    t.deepEqual(first(100, 'a', store), first(100, 'a', store));
    t.notDeepEqual(first(100, 'a', store), first(100, 'b', store));
  });

  test(`${store}: a longer schedule begins as the shorter one`, (t) => {
    t.deepEqual(first(100, 'a', store).slice(0, 30), first(30, 'a', store));
  });
}

test('one round has every fault that the store can meet', (t) => {
  const kinds = (store: StoreKind, count: number) => [...new Set(first(count, 'any', store).map(({ fault }) => fault.kind))].sort();
  t.deepEqual(kinds('sqlite', 10), ['acknowledged', 'clock', 'cut', 'flood', 'kill', 'lock', 'pause', 'stop']);
  t.deepEqual(kinds('mongo', 18), [
    'acknowledged',
    'clients',
    'clock',
    'cut',
    'flood',
    'kill',
    'mongo',
    'outage',
    'pause',
    'publisher',
    'redis',
    'stop',
  ]);
});

test('a schedule is what it was: a seed from last year still reproduces', (t) => {
  t.deepEqual(first(3, 'kept', 'sqlite'), [
    { after: 56, fault: { kind: 'cut', reader: 1, bytes: 7158 } },
    { after: 48, fault: { kind: 'lock', refusals: 5 } },
    { after: 21, fault: { kind: 'clock', server: 0 } },
  ]);
});

test('dice are fair enough, and stay within what was asked', (t) => {
  const dice = new Dice('fair');
  const thrown = Array.from({ length: 6000 }, () => dice.int(1, 6));
  const counts = [1, 2, 3, 4, 5, 6].map((side) => thrown.filter((one) => one === side).length);
  for (const count of counts) t.true(count > 850 && count < 1150, `${count} of 6000`);
  t.deepEqual(dice.shuffle([1, 2, 3, 4]).sort(), [1, 2, 3, 4]);
});
