import type { ExecutionContext, TestFn } from 'ava';
import type { Membership } from '../../lib/groups/port.ts';
import { type GroupId, newGroupId, newUserId, randomId, systemRandom, type UserId } from '../../lib/ids.ts';
import type { Device } from '../../lib/push/port.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

/** Registers the tests of push subscriptions. */
export function pushContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: push: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: push: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries(cases))
    test.serial(`${name}: push: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}

const NOW = 1_700_000_000_000;
const aUser = (): UserId => newUserId(systemRandom);

const aDevice = (fields: Partial<Device> = {}): Device => ({
  id: randomId(systemRandom, 64),
  user: aUser(),
  session: randomId(systemRandom, 64),
  sealed: 'sealed “$where”',
  label: 'Firefox on Linux',
  createdAt: NOW,
  lastOkAt: null,
  failures: 0,
  ...fields,
});

const enter = (store: Store, group: GroupId, user: UserId, fields: Partial<Membership> = {}): Promise<boolean> =>
  store.memberships.put({
    ...{ group, user, in: true, role: 'member', rev: 1, by: user, lined: true, at: NOW, mark: 0, level: 'mentions', hidden: null },
    ceding: false,
    ...fields,
  });

const byUser = (a: { user: string }, b: { user: string }): number => (a.user < b.user ? -1 : 1);

const cases: Readonly<Record<string, Case>> = {
  'there is none at first': async (t, store) => {
    t.false(await store.push.any());
    t.deepEqual(await store.push.ofUser(aUser()), []);
    t.deepEqual(await store.push.ofUsers([]), []);
  },

  'devices come back as they were put, by age, also to another process': async (t, store, other) => {
    const user = aUser();
    const [late, early] = [aDevice({ user, createdAt: NOW + 5 }), aDevice({ user, lastOkAt: NOW + 9, failures: 3 })];
    for (const device of [late, early, aDevice()]) await store.push.put(device);
    t.deepEqual(await other.push.ofUser(user), [early, late]);
    t.true(await other.push.any());
    const somebody = aDevice();
    await other.push.put(somebody);
    const found = await store.push.ofUsers([user, somebody.user, aUser()]);
    t.deepEqual(found.map(({ id }) => id).sort(), [early.id, late.id, somebody.id].sort());
  },

  'one that is put again keeps its age with its user, and begins anew with another': async (t, store, other) => {
    const device = aDevice();
    await store.push.put(device);
    await store.push.recordFailure(device.id);
    await store.push.recordSuccess(device.id, NOW + 1);
    await store.push.recordFailure(device.id);
    t.deepEqual(await other.push.ofUser(device.user), [{ ...device, lastOkAt: NOW + 1, failures: 1 }]);
    const again = { ...device, session: 'new', sealed: 'anew', label: 'Chrome', createdAt: NOW + 7 };
    await other.push.put(again);
    t.deepEqual(await store.push.ofUser(device.user), [{ ...again, createdAt: NOW, lastOkAt: NOW + 1, failures: 0 }]);
    const another = { ...again, user: aUser() };
    await store.push.put(another);
    t.deepEqual(await other.push.ofUser(device.user), []);
    t.deepEqual(await other.push.ofUser(another.user), [another]);
  },

  'of several that put one at once, all do': async (t, store, other) => {
    const device = aDevice();
    const users = Array.from({ length: 6 }, aUser);
    await Promise.all(users.map((user, index) => (index % 2 === 0 ? store : other).push.put({ ...device, user })));
    const found = await store.push.ofUsers(users);
    t.is(found.length, 1);
    t.is(found[0]?.id, device.id);
  },

  'failures are counted until a success': async (t, store) => {
    const device = aDevice();
    await store.push.put(device);
    for (let count = 1; count <= 3; count += 1) {
      await store.push.recordFailure(device.id);
      t.is((await store.push.ofUser(device.user))[0]?.failures, count);
    }
    await store.push.recordSuccess(device.id, NOW + 8);
    t.like((await store.push.ofUser(device.user))[0], { failures: 0, lastOkAt: NOW + 8 });
    await store.push.recordFailure('nobody');
    await store.push.recordSuccess('nobody', NOW);
  },

  'one is removed by its user, or by whoever knows it; those of a session or of a user together': async (t, store) => {
    const user = aUser();
    const [a, b, c, d] = [aDevice({ user }), aDevice({ user, session: 's1' }), aDevice({ user, session: 's1' }), aDevice()];
    for (const device of [a, b, c, d]) await store.push.put(device);
    t.false(await store.push.remove(a.id, d.user), 'not by another');
    t.true(await store.push.remove(a.id, user));
    t.false(await store.push.remove(a.id, user));
    await store.push.removeAll({ session: 's1' });
    t.deepEqual(await store.push.ofUser(user), []);
    t.deepEqual(await store.push.ofUser(d.user), [d]);
    await store.push.put(a);
    await store.push.removeAll({ user });
    t.deepEqual(await store.push.ofUser(user), []);
    t.true(await store.push.remove(d.id));
  },

  'who is in a group and has a device is found with their level, once': async (t, store, other) => {
    const group = newGroupId(systemRandom);
    const [both, quiet, without, gone, elsewhere] = [aUser(), aUser(), aUser(), aUser(), aUser()];
    for (const user of [both, both, quiet, gone, elsewhere]) await store.push.put(aDevice({ user }));
    await enter(store, group, both, { level: 'everything' });
    await enter(store, group, quiet);
    await store.memberships.setPreferences(group, quiet, { level: 'nothing' });
    await enter(store, group, without);
    await enter(store, group, gone);
    await enter(store, group, gone, { in: false, rev: 2 });
    await enter(store, newGroupId(systemRandom), elsewhere);
    const expected = [
      { user: both, level: 'everything' as const },
      { user: quiet, level: 'nothing' as const },
    ];
    t.deepEqual((await other.push.inGroup(group)).sort(byUser), expected.sort(byUser));
    t.deepEqual(await store.push.inGroup(newGroupId(systemRandom)), []);
  },
};
