import test from 'ava';
import fc from 'fast-check';
import { StoreUnavailable } from '../../lib/errors.ts';
import { newGroupId, newUid, newUserId, systemRandom } from '../../lib/ids.ts';
import { Tail } from '../../lib/live/tail.ts';
import { EMPTY_HEAD, type Entry, entryAfter, headAfter } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { eventually } from '../helpers/eventually.ts';
import { Faults, faultyStore } from '../helpers/faulty-store.ts';
import { numbers } from '../helpers/site.ts';

const store = await openSqlite({ file: ':memory:' });
test.after.always(() => store.close());

/** A log of so many messages. */
async function logOf(count: number): Promise<readonly Entry[]> {
  const group = newGroupId(systemRandom);
  const author = newUserId(systemRandom);
  const entries: Entry[] = [];
  let head = EMPTY_HEAD;
  for (let i = 0; i < count; i += 1) {
    const entry = entryAfter({ kind: 'message', author, uid: newUid(systemRandom), body: `${i}`, format: 'text' }, group, head, 1);
    entries.push(entry);
    head = headAfter(entry);
  }
  await store.log.append(group, entries);
  return entries;
}

function follow(entries: readonly Entry[], last: number, over: Store = store) {
  const [first] = entries;
  if (!first) throw new Error('an empty log');
  const seen: number[] = [];
  const errors: unknown[] = [];
  const deliver = (some: readonly Entry[]) => void seen.push(...some.map(({ seq }) => seq));
  const tail = new Tail(first.group, last, { store: over, deliver, onError: (error) => void errors.push(error) });
  const ring = (from: number, to: number) => tail.onEvent({ type: 'entries', group: first.group, entries: entries.slice(from - 1, to) });
  const postText = (seq: number) => tail.onEvent({ type: 'head', group: first.group, seq });
  return { tail, seen, errors, ring, postText };
}

test('tail: the next entries are delivered without a read; known ones are dropped', async (t) => {
  const faults = new Faults();
  const { seen, ring } = follow(await logOf(6), 0, faultyStore(store, faults));
  ring(1, 2);
  ring(1, 2);
  ring(2, 4);
  t.deepEqual(seen, [1, 2, 3, 4]);
  t.deepEqual(faults.asked, []);
});

test('tail: a gap is read from the store first, and once, however many events arrive meanwhile', async (t) => {
  const faults = new Faults();
  const { seen, ring, postText } = follow(await logOf(9), 0, faultyStore(store, faults));
  ring(5, 5);
  ring(6, 6);
  postText(8);
  t.deepEqual(seen, []);
  await eventually(() => seen.length === 9);
  t.deepEqual(seen, numbers(1, 9));
  t.is(faults.asked.length, 1);
});

test('tail: entries of an event that are not consecutive are ignored', async (t) => {
  const entries = await logOf(5);
  const { tail, seen } = follow(entries, 0);
  tail.onEvent({ type: 'entries', group: entries[0]?.group as never, entries: [0, 1, 4].flatMap((index) => entries[index] ?? []) });
  await eventually(() => seen.length === 5);
  t.deepEqual(seen, numbers(1, 5));
});

test('tail: a probe finds unannounced entries at any distance, and reads little when there are none', async (t) => {
  const entries = await logOf(450);
  const asked: number[] = [];
  const range: Store['log']['range'] = (group, from, to) => {
    asked.push(to - from + 1);
    return store.log.range(group, from, to);
  };
  const { tail, seen } = follow(entries, 0, { ...store, log: { ...store.log, range } });
  const done = eventually(() => seen.length === 450);
  while (seen.length < 450) {
    tail.probe();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  t.deepEqual(seen, numbers(1, 450));
  asked.length = 0;
  tail.probe();
  tail.probe();
  t.deepEqual(asked, [1], 'one at a time, and one entry wide');
});

test('tail: an event past the end of the log costs one read; later events still work', async (t) => {
  const { seen, postText, ring, errors } = follow(await logOf(3), 2);
  postText(50);
  await eventually(() => seen.length === 1);
  t.deepEqual([seen, errors], [[3], []]);
  ring(3, 3);
  t.deepEqual(seen, [3]);
});

test('tail: entries that could not be read are read on retry', async (t) => {
  const faults = new Faults();
  const { tail, seen, postText, errors } = follow(await logOf(3), 0, faultyStore(store, faults));
  faults.isAway = true;
  postText(3);
  await eventually(() => errors.length === 1);
  t.true(errors[0] instanceof StoreUnavailable);
  tail.retry();
  await eventually(() => errors.length === 2);
  faults.isAway = false;
  tail.retry();
  await eventually(() => seen.length === 3);
  tail.retry();
  t.is(faults.asked.length, 3, 'nothing to retry, nothing asked');
});

test('tail: with duplicate, reordered or lost events every entry is delivered once and in order', async (t) => {
  const entries = await logOf(60);
  const bell = fc.tuple(fc.constantFrom('ring', 'post', 'probe', 'pause'), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 8 }));
  await fc.assert(
    fc.asyncProperty(fc.array(bell, { maxLength: 40 }), fc.integer({ min: 0, max: 60 }), async (bells, start) => {
      const { tail, seen, ring, postText } = follow(entries, start);
      for (const [kind, at, more] of bells) {
        if (kind === 'ring') ring(at, Math.min(60, at + more));
        if (kind === 'post') postText(at);
        if (kind === 'probe') tail.probe();
        if (kind === 'pause') await new Promise((resolve) => setImmediate(resolve));
      }
      postText(60);
      await eventually(() => tail.last === 60);
      t.deepEqual(seen, numbers(start + 1, 60));
    }),
  );
});
