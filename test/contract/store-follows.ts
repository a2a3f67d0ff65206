import { newGroupId, newUserId, systemRandom } from '../../lib/ids.ts';
import type { Case } from './store-pins.ts';

const AT = Date.UTC(2026, 0, 2);

export const follows: Record<string, Case> = {
  'follows: a record begins once, and stays as its user has set it': async (t, store, other) => {
    const [user, group] = [newUserId(systemRandom), newGroupId(systemRandom)];
    t.is(await other.follows.get(user, group, 1), undefined);
    await store.follows.begin({ user, group, root: 1, at: AT });
    await store.follows.begin({ user, group, root: 1, at: AT + 1 });
    const begun = { user, group, root: 1, follows: true, read: 0, at: AT };
    t.deepEqual(await other.follows.get(user, group, 1), begun);
    await store.follows.set({ user, group, root: 1, follows: false, at: AT + 2 });
    await store.follows.begin({ user, group, root: 1, at: AT + 3 });
    t.deepEqual(await other.follows.get(user, group, 1), { ...begun, follows: false });
    await store.follows.set({ user, group, root: 2, follows: true, at: AT + 4 });
    t.deepEqual(await other.follows.get(user, group, 2), { ...begun, root: 2, at: AT + 4 });
  },
  'follows: the read mark goes forward only, and makes no record': async (t, store, other) => {
    const [user, group] = [newUserId(systemRandom), newGroupId(systemRandom)];
    await store.follows.markRead(user, group, 1, 7);
    t.is(await other.follows.get(user, group, 1), undefined);
    await store.follows.begin({ user, group, root: 1, at: AT });
    await store.follows.markRead(user, group, 1, 7);
    await other.follows.markRead(user, group, 1, 3);
    t.is((await store.follows.get(user, group, 1))?.read, 7);
    await store.follows.set({ user, group, root: 1, follows: false, at: AT });
    t.is((await store.follows.get(user, group, 1))?.read, 7);
  },
  'follows: of a user the newest come first, of a thread its followers, of others none': async (t, store, other) => {
    const [ann, bob] = [newUserId(systemRandom), newUserId(systemRandom)];
    const group = newGroupId(systemRandom);
    for (const [root, at] of [
      [1, AT],
      [5, AT + 2],
      [9, AT + 1],
    ] as const)
      await store.follows.begin({ user: ann, group, root, at });
    await store.follows.begin({ user: bob, group, root: 5, at: AT });
    await store.follows.set({ user: ann, group, root: 9, follows: false, at: AT });
    t.deepEqual(
      (await other.follows.listOf(ann, 9)).map(({ root }) => root),
      [5, 1],
    );
    t.deepEqual(
      (await other.follows.listOf(ann, 1)).map(({ root }) => root),
      [5],
    );
    t.deepEqual(await other.follows.followers(group, 5, 9), [ann, bob].toSorted());
    t.is((await other.follows.followers(group, 5, 1)).length, 1);
    t.deepEqual(await other.follows.followers(group, 9, 9), []);
    t.deepEqual(await other.follows.followers(newGroupId(systemRandom), 5, 9), []);
    await store.follows.removeOf(ann);
    t.deepEqual(await other.follows.listOf(ann, 9), []);
    t.deepEqual(await other.follows.followers(group, 5, 9), [bob]);
  },
};
