import type { ExecutionContext, TestFn } from 'ava';
import { type GroupId, newGroupId, newUid, newUserId, systemRandom, type UserId } from '../../lib/ids.ts';
import { type Draft, EMPTY_HEAD, type Entry, type EntryBody, entryAfter, headAfter } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';
import { used } from './store-acts.ts';
import { commands } from './store-commands.ts';
import { follows } from './store-follows.ts';
import { scheduled } from './store-scheduled.ts';
import { threads } from './store-threads.ts';

export type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

/** Registers the tests of pinned, saved and erased messages, of threads, and of uses of actions. */
export function pinsContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: pins: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: pins: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  const all = { ...pins, ...erased, ...withheld, ...saved, ...threads, ...follows, ...scheduled, ...used, ...commands };
  for (const [title, run] of Object.entries(all))
    test.serial(`${name}: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}

const somebody = newUserId(systemRandom);
const SAYS: EntryBody = { kind: 'message', body: 'hi', format: 'text' };
const pin = (target: number): EntryBody => ({ kind: 'pin', target, stands: true });
const unpin = (target: number): EntryBody => ({ kind: 'unpin', target });

async function logged(store: Store, group: GroupId, ...bodies: readonly EntryBody[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const body of bodies) {
    const last = entries.at(-1);
    entries.push(
      entryAfter({ author: somebody, uid: newUid(systemRandom), ...body } as Draft, group, last ? headAfter(last) : EMPTY_HEAD, 1),
    );
  }
  const { written } = await store.log.append(group, entries);
  if (written !== entries.length) throw new Error('the log was not written');
  return entries;
}

const pins: Record<string, Case> = {
  'pins: those that stand are found, the newest first, of this group alone': async (t, store, other) => {
    const [group, elsewhere] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    const entries = await logged(store, group, SAYS, SAYS, pin(2), SAYS, pin(1), { kind: 'pin', target: 4 });
    await logged(store, elsewhere, SAYS, pin(1));
    t.deepEqual(await other.log.pins(group, 9), [entries[4], entries[2]]);
    t.deepEqual(await store.log.pins(group, 1), [entries[4]]);
    t.deepEqual(await store.log.pins(newGroupId(systemRandom), 9), []);
  },
  'pins: taking one away leaves later pins of the same message, and other messages, as they are': async (t, store, other) => {
    const group = newGroupId(systemRandom);
    const entries = await logged(store, group, SAYS, SAYS, pin(1), pin(2), unpin(1), pin(1));
    await store.log.clearPins(group, 1, 5);
    t.deepEqual(await other.log.pins(group, 9), [entries[5], entries[3]]);
    await store.log.clearPins(group, 1, 5);
    await store.log.clearPins(newGroupId(systemRandom), 2, 99);
    t.deepEqual(await other.log.pins(group, 9), [entries[5], entries[3]]);
    const { stands: _, ...settled } = { stands: true, ...entries[2] };
    t.deepEqual(await store.log.range(group, 3, 3), [settled as Entry], 'all else of it stays');
    await store.log.clearPins(group, 1, 7);
    t.deepEqual(await store.log.pins(group, 9), [entries[3]]);
  },
};

const erase = (target: number): EntryBody => ({ kind: 'erase', target, undoUntil: 2, due: 3 });

const erased: Record<string, Case> = {
  'erased: messages count once each, without those that were taken back, and after their text is scrubbed': async (t, store, other) => {
    const [group, elsewhere] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    await logged(store, group, SAYS, SAYS, SAYS, erase(1), erase(2), { kind: 'unerase', target: 1 }, erase(3), erase(1), pin(1));
    await logged(store, elsewhere, SAYS, erase(1), { kind: 'unerase', target: 1 });
    t.is(await other.log.countErased(group), 3);
    await store.log.scrub(group, 2, 5);
    t.is(await other.log.countErased(group), 3);
    t.is(await store.log.countErased(elsewhere), 0);
    t.is(await store.log.countErased(newGroupId(systemRandom)), 0);
  },
};

const edit = (target: number, body: string): EntryBody => ({ kind: 'edit', target, body, format: 'text' });

const withheld: Record<string, Case> = {
  'erased: of messages asked for, those are found that are erased now, also after their text is scrubbed': async (t, store, other) => {
    const [group, elsewhere] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    await logged(store, group, SAYS, SAYS, SAYS, SAYS, erase(1), erase(2), { kind: 'unerase', target: 1 }, erase(3), erase(1), pin(1));
    await logged(store, elsewhere, SAYS, SAYS, SAYS, SAYS, erase(4), { kind: 'unerase', target: 4 });
    const among = async (...seqs: number[]) => [...(await other.log.erasedAmong(group, seqs))].toSorted();
    t.deepEqual(await among(1, 2, 3, 4, 5, 99), [1, 2, 3]);
    t.deepEqual(await among(...Array.from({ length: 1000 }, (_, index) => index + 2)), [2, 3]);
    t.deepEqual(await among(4, 2, 2), [2]);
    t.deepEqual(await among(), []);
    await store.log.scrub(group, 2, 6);
    t.deepEqual(await among(2, 4), [2]);
    t.deepEqual(await store.log.erasedAmong(elsewhere, [1, 2, 3, 4]), new Set());
  },
  'the last edit of a message before a seq is found, of that message and group alone': async (t, store, other) => {
    const [group, elsewhere] = [newGroupId(systemRandom), newGroupId(systemRandom)];
    const entries = await logged(store, group, SAYS, SAYS, edit(1, 'a'), edit(2, 'b'), edit(1, 'c'), pin(1), edit(1, 'd'));
    await logged(store, elsewhere, SAYS, SAYS);
    t.deepEqual(await other.log.lastEdit(group, 1, 7), entries[4] as Entry & { kind: 'edit' });
    t.deepEqual(await other.log.lastEdit(group, 1, 5), entries[2] as Entry & { kind: 'edit' });
    t.is(await other.log.lastEdit(group, 1, 3), undefined);
    t.is(await other.log.lastEdit(elsewhere, 1, 99), undefined);
  },
};

const NOW = 1_700_000_000_000;

const saved: Record<string, Case> = {
  'saved: each user has a list of their own, last saved first, page by page': async (t, store, other) => {
    const [me, you] = [newUserId(systemRandom), newUserId(systemRandom)];
    const [a, b] = [newGroupId(systemRandom), newGroupId(systemRandom)].toSorted();
    if (!a || !b) return t.fail();
    const put = (group: GroupId, seq: number, at: number, user = me) => store.saved.put({ user, group, seq, at });
    await put(a, 1, NOW);
    await put(b, 1, NOW);
    await put(a, 12, NOW);
    await put(a, 7, NOW + 1);
    await put(a, 1, NOW + 9, you);
    const all = [
      { user: me, group: a, seq: 7, at: NOW + 1 },
      { user: me, group: b, seq: 1, at: NOW },
      { user: me, group: a, seq: 12, at: NOW },
      { user: me, group: a, seq: 1, at: NOW },
    ];
    t.deepEqual(await other.saved.list(me, { limit: 9 }), all);
    for (const [index, after] of all.entries()) {
      t.deepEqual(await other.saved.list(me, { limit: 9, after }), all.slice(index + 1));
      t.deepEqual(await other.saved.list(me, { limit: 1, after }), all.slice(index + 1, index + 2));
    }
    t.deepEqual(await store.saved.list(me, { limit: 1 }), all.slice(0, 1));
    t.deepEqual(await store.saved.list(newUserId(systemRandom), { limit: 9 }), []);
    t.deepEqual([await store.saved.count(me), await store.saved.count(you)], [4, 1]);
  },
  'saved: again the first one stays; what is let go is gone, and may be saved anew': async (t, store) => {
    const [user, group] = [newUserId(systemRandom), newGroupId(systemRandom)];
    await Promise.all([1, 2, 3].map(() => store.saved.put({ user, group, seq: 1, at: NOW })).concat(store.saved.remove(user, group, 2)));
    await store.saved.put({ user, group, seq: 1, at: NOW + 5 });
    t.deepEqual(await store.saved.list(user, { limit: 9 }), [{ user, group, seq: 1, at: NOW }]);
    const has = (who: UserId, seq: number) => store.saved.has(who, group, seq);
    t.deepEqual(await Promise.all([has(user, 1), has(user, 2), has(newUserId(systemRandom), 1)]), [true, false, false]);
    await store.saved.remove(newUserId(systemRandom), group, 1);
    t.is(await store.saved.count(user), 1);
    await store.saved.remove(user, group, 1);
    await store.saved.remove(user, group, 1);
    t.is(await store.saved.count(user), 0);
    t.false(await store.saved.has(user, group, 1));
    await store.saved.put({ user, group, seq: 1, at: NOW + 7 });
    t.deepEqual(await store.saved.list(user, { limit: 9 }), [{ user, group, seq: 1, at: NOW + 7 }]);
  },
};
