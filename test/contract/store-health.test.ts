import test, { type ExecutionContext } from 'ava';
import { type StoreFault, StoreUnavailable } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { storeHealth } from '../../lib/store/health.ts';
import type { Store } from '../../lib/store/port.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';

/** The health of a store in memory, with a clock that the test turns, and what was logged. */
async function watched(t: ExecutionContext) {
  const store: Store = await openSqlite({ file: ':memory:' });
  t.teardown(() => store.close());
  const logged: string[] = [];
  const note = (fields: object, message: string): void => void logged.push('fault' in fields ? `${fields.fault}: ${message}` : message);
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  const clock = { ms: 1 };
  const health = storeHealth(log, () => clock.ms);
  const fail = (fault: StoreFault): void => {
    clock.ms += 1;
    health.onFault(new StoreUnavailable(`it is ${fault}`, { fault }));
    clock.ms += 1;
  };
  return { health, store, clock, logged, fail, check: () => health.check(store) };
}

test('store health: a fault ends with the next successful write; both are logged once', async (t) => {
  const { check, fail, logged } = await watched(t);
  t.deepEqual(await check(), { isUp: true });
  fail('locked');
  fail('locked');
  t.deepEqual(await check(), { isUp: true });
  t.deepEqual(logged, ['locked: the store failed', 'locked: the store takes writes again']);
});

test('store health: after a full disk it is up again when nothing has failed for 10 s', async (t) => {
  const { check, fail, clock } = await watched(t);
  fail('full');
  t.deepEqual(await check(), { isUp: false, cause: 'it is full', fault: 'full' });
  clock.ms += 9_990;
  t.deepEqual(await check(), { isUp: false, cause: 'it is full', fault: 'full' });
  clock.ms += 20;
  t.deepEqual(await check(), { isUp: true });
});

test('store health: a damaged file stays damaged, whatever other writes do', async (t) => {
  const { check, fail, clock } = await watched(t);
  fail('damaged');
  fail('locked');
  clock.ms += 3_600_000;
  t.deepEqual(await check(), { isUp: false, cause: 'it is damaged', fault: 'damaged' });
});

test('it writes, and not only reads: at first, after a fault, and each half minute', async (t) => {
  const { health, store, clock, fail } = await watched(t);
  let writes = 0;
  const sessions = {
    ...store.sessions,
    set: async (...args: Parameters<Store['sessions']['set']>) => {
      writes += 1;
      await store.sessions.set(...args);
    },
  };
  const counted = { ...store, sessions };
  const after = async (ms: number): Promise<number> => {
    clock.ms += ms;
    await health.check(counted);
    return writes;
  };
  t.is(await after(0), 1);
  t.is(await after(29_000), 1);
  t.is(await after(2_000), 2);
  fail('unreachable');
  t.is(await after(0), 3);
  t.is(await after(1), 3);
});
