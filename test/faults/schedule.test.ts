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

test('schedule: one round has every fault of the store', (t) => {
  const kinds = (store: StoreKind, count: number) => [...new Set(first(count, 'any', store).map(({ fault }) => fault.kind))].sort();
  t.deepEqual(kinds('sqlite', 13), ['acknowledged', 'ahead', 'change', 'clock', 'cut', 'flood', 'hangUp', 'kill', 'lock', 'pause', 'stop']);
  t.deepEqual(kinds('mongo', 20), [
    'acknowledged',
    'ahead',
    'change',
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
    { after: 48, fault: { kind: 'cut', reader: 4, bytes: 5727 } },
    { after: 6, fault: { kind: 'hangUp', messages: 34 } },
    { after: 54, fault: { kind: 'pause', reader: 0, messages: 125 } },
  ]);
});

test('schedule: random numbers are roughly uniform and within their bounds', (t) => {
  const dice = new Dice('fair');
  const thrown = Array.from({ length: 6000 }, () => dice.int(1, 6));
  const counts = [1, 2, 3, 4, 5, 6].map((side) => thrown.filter((one) => one === side).length);
  for (const count of counts) t.true(count > 850 && count < 1150, `${count} of 6000`);
  t.deepEqual(dice.shuffle([1, 2, 3, 4]).sort(), [1, 2, 3, 4]);
});
