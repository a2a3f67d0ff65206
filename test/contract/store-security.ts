import type { ExecutionContext, TestFn } from 'ava';
import { newUserId, randomId, systemRandom } from '../../lib/ids.ts';
import type { SecurityRecord } from '../../lib/security/event.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

/** Registers the tests of security events. */
export function securityContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: security: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: security: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries(cases))
    test.serial(`${name}: security: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}

const NOW = 1_700_000_000_000;

const anEvent = (fields: Partial<SecurityRecord> = {}): SecurityRecord => ({
  id: randomId(systemRandom, 18),
  owner: newUserId(systemRandom),
  at: NOW,
  event: 'password_changed',
  user: newUserId(systemRandom),
  by: null,
  via: 'browser',
  address: '192.0.2.7',
  detail: 'a “$where” {"$gt":""}',
  ...fields,
});

const cases: Readonly<Record<string, Case>> = {
  'a record comes back as it went in, once and to its owner alone': async (t, store, other) => {
    const full = anEvent();
    const bare = anEvent({ owner: full.owner, at: NOW - 1, user: null, address: null, detail: null, by: newUserId(systemRandom) });
    const foreign = anEvent();
    await store.security.insert([full, bare, foreign]);
    await store.security.insert([full]);
    t.deepEqual(await other.security.list(full.owner, { limit: 10 }), [full, bare]);
    t.deepEqual(await other.security.list(foreign.owner, { limit: 10 }), [foreign]);
  },
  'lists are newest first, and go on behind a position, in the same millisecond too': async (t, store, other) => {
    const owner = newUserId(systemRandom);
    const events = Array.from({ length: 9 }, (_, n) => anEvent({ owner, id: `e${n}`, at: NOW + Math.floor(n / 3) }));
    await store.security.insert(events);
    const wanted = events.toReversed();
    const first = await other.security.list(owner, { limit: 4 });
    const second = await other.security.list(owner, { limit: 4, before: first[3] });
    const third = await other.security.list(owner, { limit: 4, before: second[3] });
    t.deepEqual([...first, ...second, ...third], wanted);
    t.deepEqual(await other.security.list(owner, { limit: 4, before: third[0] }), []);
  },
  'of one owner so many stay, failed log-ins counted apart': async (t, store) => {
    const owner = newUserId(systemRandom);
    const foreign = anEvent();
    await store.security.insert([foreign]);
    await store.security.insert(Array.from({ length: 5 }, (_, n) => anEvent({ owner, id: `c${n}`, at: NOW + n })));
    await store.security.insert(
      Array.from({ length: 9 }, (_, n) => anEvent({ owner, id: `f${n}`, at: NOW + 100 + n, event: 'login_failed' })),
    );
    await store.security.trim(owner, false, 3);
    await store.security.trim(owner, true, 2);
    await store.security.trim(owner, true, 7);
    const kept = (await store.security.list(owner, { limit: 50 })).map(({ id }) => id);
    t.deepEqual(kept, ['f8', 'f7', 'c4', 'c3', 'c2']);
    t.is((await store.security.list(foreign.owner, { limit: 5 })).length, 1);
  },
  'the sweep removes what is older, and nothing else': async (t, store) => {
    const owner = newUserId(systemRandom);
    await store.security.insert([1000, 2000, 3000].map((at) => anEvent({ owner, id: `s${at}`, at })));
    await store.security.sweep(2000);
    t.deepEqual(
      (await store.security.list(owner, { limit: 5 })).map(({ at }) => at),
      [3000, 2000],
    );
  },
};
