import type { ExecutionContext, TestFn } from 'ava';
import type { Credential } from '../../lib/accounts/credentials-port.ts';
import { newUserId, randomId, systemRandom } from '../../lib/ids.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

/** Registers the tests of credentials besides passwords. */
export function credentialsContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: credentials: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: credentials: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries(cases))
    test.serial(`${name}: credentials: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}

const NOW = 1_700_000_000_000;

const aCredential = (fields: Partial<Credential> = {}): Credential => ({
  id: randomId(systemRandom, 20),
  user: newUserId(systemRandom),
  kind: 'totp',
  sealed: 'sealed “$where” {"$gt":""}',
  label: 'Authenticator app',
  counter: 7,
  createdAt: NOW,
  lastUsedAt: null,
  ...fields,
});

const cases: Readonly<Record<string, Case>> = {
  'a record comes back as it went in, by its id and of its user, by age': async (t, store, other) => {
    const late = aCredential({ createdAt: NOW + 5, lastUsedAt: NOW + 6 });
    const early = aCredential({ user: late.user, kind: 'recovery', sealed: '', label: '' });
    for (const credential of [late, early, aCredential()]) t.true(await store.credentials.insert(credential));
    t.deepEqual(await other.credentials.byId(late.id), late);
    t.deepEqual(await other.credentials.ofUser(late.user), [early, late]);
    t.is(await other.credentials.byId('nobody'), undefined);
    t.deepEqual(await other.credentials.ofUser(newUserId(systemRandom)), []);
  },
  'an id that is taken is refused, and nothing is written': async (t, store, other) => {
    const first = aCredential();
    t.true(await store.credentials.insert(first));
    t.false(await other.credentials.insert({ ...aCredential(), id: first.id }));
    t.deepEqual(await store.credentials.byId(first.id), first);
  },
  'of several that use one counter, one succeeds': async (t, store, other) => {
    const { id } = aCredential();
    await store.credentials.insert(aCredential({ id }));
    t.false(await store.credentials.use(id, 6, 8, NOW), 'another counter');
    const used = await Promise.all(Array.from({ length: 6 }, (_, at) => (at % 2 ? store : other).credentials.use(id, 7, 8, NOW + 1)));
    t.is(used.filter(Boolean).length, 1);
    t.like(await other.credentials.byId(id), { counter: 8, lastUsedAt: NOW + 1 });
    t.true(await store.credentials.use(id, 8, 8, NOW + 2), 'a counter may stay');
    t.false(await store.credentials.use('nobody', 0, 1, NOW));
  },
  'one is removed once, by its user; all of a kind together': async (t, store, other) => {
    const one = aCredential();
    const codes = Array.from({ length: 3 }, () => aCredential({ user: one.user, kind: 'recovery' }));
    for (const credential of [one, ...codes]) await store.credentials.insert(credential);
    t.false(await store.credentials.remove(one.id, newUserId(systemRandom)), 'not by another');
    const [code] = codes;
    const removed = await Promise.all(
      Array.from({ length: 6 }, (_, at) => (at % 2 ? store : other).credentials.remove(code?.id ?? '', one.user)),
    );
    t.is(removed.filter(Boolean).length, 1);
    await other.credentials.removeAll(one.user, 'recovery');
    t.deepEqual(await store.credentials.ofUser(one.user), [one]);
  },
};
