import type { ExecutionContext, TestFn } from 'ava';
import { type GroupId, newGroupId, newUid, newUserId, randomId, systemRandom, type UserId } from '../../lib/ids.ts';
import type { CursorSet } from '../../lib/live/all-groups/port.ts';
import { type Draft, EMPTY_HEAD, type Entry, type EntryBody, entryAfter, headAfter } from '../../lib/log/entry.ts';
import { MAX_MENTIONS_COUNTED } from '../../lib/log/port.ts';
import { EVERYBODY } from '../../lib/markup/mentions.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

/** Registers the tests of stored cursors and of mentions in unread messages. */
export function readingContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: reading: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: reading: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries({ ...cursors, ...mentions }))
    test.serial(`${name}: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}

const NOW = 1_700_000_000_000;
const aUser = (): UserId => newUserId(systemRandom);
const aSet = (user = aUser()): CursorSet => ({
  id: randomId(systemRandom),
  user,
  positions: new Map([
    [1, 9_999_999_999],
    [70_000, 0],
    [3, 12],
  ]),
});

const cursors: Record<string, Case> = {
  'cursors: a set is found by its user as it was stored, and by nobody else': async (t, store, other) => {
    const set = aSet();
    await store.cursors.insert(set, NOW);
    t.deepEqual(await other.cursors.use(set.user, set.id, NOW), set.positions);
    t.is(await store.cursors.use(aUser(), set.id, NOW), undefined);
    t.is(await store.cursors.use(set.user, randomId(systemRandom), NOW), undefined);
    const empty = { ...aSet(), positions: new Map<number, number>() };
    await store.cursors.insert(empty, NOW);
    t.deepEqual(await store.cursors.use(empty.user, empty.id, NOW), empty.positions);
  },
  'cursors: a sweep takes what was not used since, and what was replaced sooner': async (t, store) => {
    const user = aUser();
    const [kept, replaced, used] = [aSet(user), aSet(user), aSet(user)];
    await store.cursors.insert(replaced, NOW);
    await store.cursors.insert(used, NOW, replaced.id);
    await store.cursors.insert(kept, NOW, used.id);
    const there = async () => {
      const found: boolean[] = [];
      for (const { id } of [replaced, used, kept]) found.push((await store.cursors.use(user, id, 0)) !== undefined);
      return found;
    };
    await store.cursors.use(user, used.id, NOW + 5);
    await store.cursors.use(user, used.id, NOW + 1); // a clock that is behind
    await store.cursors.sweep(NOW, NOW + 1);
    t.deepEqual(await there(), [false, true, true]);
    await store.cursors.sweep(NOW + 5, NOW + 1);
    t.deepEqual(await there(), [false, true, false]);
    await store.cursors.sweep(NOW + 6, 0);
    t.deepEqual(await there(), [false, false, false]);
  },
  "cursors: one user's sets are replaced by their own alone": async (t, store) => {
    const [mine, theirs] = [aSet(), aSet()];
    await store.cursors.insert(theirs, NOW);
    await store.cursors.insert(mine, NOW, theirs.id);
    await store.cursors.sweep(0, NOW + 1);
    t.deepEqual(await store.cursors.use(theirs.user, theirs.id, NOW), theirs.positions);
  },
};

type Body = EntryBody & { readonly author?: UserId };
const somebody = aUser();

/** Writes a log of these; resolves to its entries. */
async function logged(store: Store, group: GroupId, ...bodies: readonly Body[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const body of bodies) {
    const draft = { author: somebody, uid: newUid(systemRandom), ...body } as Draft;
    const last = entries.at(-1);
    entries.push(entryAfter(draft, group, last ? headAfter(last) : EMPTY_HEAD, NOW));
  }
  const { written } = await store.log.append(group, entries);
  if (written !== entries.length) throw new Error('the log was not written');
  return entries;
}

const says = (...mentions: UserId[]) =>
  ({ kind: 'message', body: 'hi', format: 'text', ...(mentions.length > 0 ? { mentions } : {}) }) as const;

const mentions: Record<string, Case> = {
  'mentions: messages after a number that name somebody are counted, each once, by group': async (t, store, other) => {
    const [me, you] = [aUser(), aUser()];
    const [one, two, none] = [newGroupId(systemRandom), newGroupId(systemRandom), newGroupId(systemRandom)];
    await logged(store, one, says(me), says(), says(you, me), says(me), says(you));
    await logged(store, two, says(), says(me, me));
    const count = async (after: number, user = me) =>
      Object.fromEntries(
        await other.log.countMentions(
          user,
          [one, two, none].map((group) => ({ group, after })),
        ),
      );
    t.deepEqual(await count(0), { [one]: 3, [two]: 1, [none]: 0 });
    t.deepEqual(await count(1), { [one]: 2, [two]: 1, [none]: 0 });
    t.deepEqual(await count(4), { [one]: 0, [two]: 0, [none]: 0 });
    t.deepEqual(await count(0, you), { [one]: 2, [two]: 0, [none]: 0 });
    t.deepEqual(await count(0, aUser()), { [one]: 0, [two]: 0, [none]: 0 });
    t.deepEqual(await store.log.countMentions(me, []), new Map());
  },
  'mentions: an edit names too; with its message it counts once; of oneself nobody is told': async (t, store) => {
    const me = aUser();
    const group = newGroupId(systemRandom);
    const edit = (target: number, author = somebody): Body => ({
      kind: 'edit',
      target,
      body: 'hi',
      format: 'text',
      mentions: [me],
      author,
    });
    await logged(store, group, says(), says(me), edit(1), edit(1), edit(2), { ...says(me), author: me }, edit(6, me));
    t.deepEqual(await store.log.countMentions(me, [{ group, after: 0 }]), new Map([[group, 2]]));
    t.deepEqual(await store.log.countMentions(me, [{ group, after: 1 }]), new Map([[group, 2]]), 'the edit is newer than what was read');
    t.deepEqual(await store.log.countMentions(me, [{ group, after: 2 }]), new Map([[group, 0]]));
  },
  'mentions: what names everybody counts for all but its author, once with what names them besides': async (t, store, other) => {
    const [me, you] = [aUser(), aUser()];
    const [group, elsewhere] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    const all = EVERYBODY.id;
    const edit: Body = { kind: 'edit', target: 2, body: 'hi', format: 'text', mentions: [all], author: me };
    await logged(store, group, says(all), says(), says(me, all), { ...says(all), author: me }, edit);
    await logged(store, elsewhere, says(all));
    const count = async (user: UserId, after = 0) => (await other.log.countMentions(user, [{ group, after }])).get(group);
    t.deepEqual([await count(me), await count(you), await count(somebody)], [2, 4, 2]);
    t.deepEqual([await count(me, 1), await count(you, 3)], [1, 2]);
  },
  'mentions: what is scrubbed names nobody': async (t, store) => {
    const me = aUser();
    const group = newGroupId(systemRandom);
    const edit: Body = { kind: 'edit', target: 1, body: 'hi', format: 'text', mentions: [me] };
    await logged(store, group, says(me), edit, says(me), { kind: 'erase', target: 1, undoUntil: NOW, due: NOW });
    t.deepEqual(await store.log.countMentions(me, [{ group, after: 0 }]), new Map([[group, 2]]));
    await store.log.scrub(group, 1, 4);
    t.deepEqual(await store.log.countMentions(me, [{ group, after: 0 }]), new Map([[group, 1]]));
  },
  'mentions: so many are counted per group and no more, and none crowds out another group': async (t, store) => {
    const me = aUser();
    const [many, few] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    await logged(store, many, ...Array.from({ length: 10 * MAX_MENTIONS_COUNTED + 5 }, () => says(me)));
    await logged(store, few, says(me));
    const counts = await store.log.countMentions(me, [
      { group: many, after: 0 },
      { group: few, after: 0 },
    ]);
    t.deepEqual(
      counts,
      new Map([
        [many, MAX_MENTIONS_COUNTED],
        [few, 1],
      ]),
    );
  },
  'mentions: those of an entry that was refused are not there': async (t, store) => {
    const me = aUser();
    const group = newGroupId(systemRandom);
    const [first] = await logged(store, group, says());
    if (!first) return t.fail();
    const again = { ...first, ...says(me), uid: newUid(systemRandom) };
    t.deepEqual(await store.log.append(group, [again]), { written: 0, stopped: 'conflict' });
    t.deepEqual(await store.log.countMentions(me, [{ group, after: 0 }]), new Map([[group, 0]]));
  },
};
