import { newGroupId, newUserId, randomId, systemRandom } from '../../lib/ids.ts';
import type { Scheduled } from '../../lib/scheduled/port.ts';
import type { Case } from './store-pins.ts';

/** Before the times of other tests on the same store. */
const AT = 1_000_000;

const aMessage = (fields: Partial<Scheduled> = {}): Scheduled => ({
  id: randomId(systemRandom, 20),
  author: newUserId(systemRandom),
  group: newGroupId(systemRandom),
  kind: 'message',
  body: 'later “$where” {"$gt":""}',
  format: 'text',
  at: AT,
  createdAt: AT,
  due: fields.at ?? AT,
  claimedUntil: null,
  tries: 0,
  failure: null,
  mac: null,
  rev: 1,
  ...fields,
});

const ids = (some: readonly Scheduled[]): string[] => some.map(({ id }) => id);

export const scheduled: Record<string, Case> = {
  'scheduled: a message is stored once under its id, whole, and belongs to its author': async (t, store, other) => {
    const author = newUserId(systemRandom);
    const [reply, reminder] = [
      aMessage({ author, replyTo: 7, format: 'markdown', mac: 'm', at: AT * 9e6 }),
      aMessage({ author, kind: 'reminder', about: newGroupId(systemRandom), due: null, failure: 'archived', at: AT * 8e6 }),
    ];
    t.true(await store.scheduled.insert(reply));
    t.true(await store.scheduled.insert(reminder));
    t.false(await other.scheduled.insert({ ...reply, body: 'another' }));
    t.deepEqual(await other.scheduled.byId(reply.id), reply);
    t.deepEqual(await other.scheduled.byId(reminder.id), reminder);
    t.is(await other.scheduled.byId('none'), undefined);
    t.deepEqual(await other.scheduled.ofAuthor(author, 9), [reminder, reply]);
    t.deepEqual(await other.scheduled.ofAuthor(author, 1), [reminder]);
    t.is(await other.scheduled.count(author), 2);
    await store.scheduled.removeOf(author);
    t.is(await other.scheduled.count(author), 0);
    t.is(await other.scheduled.byId(reply.id), undefined);
  },
  'scheduled: what is ready comes in the order of its times, page by page, without what has failed': async (t, store, other) => {
    const made = [3, 1, 2, 2].map((step, index) => aMessage({ id: `order-${index}-${randomId(systemRandom)}`, at: step }));
    const failed = aMessage({ at: 1, due: null, failure: 'gone' });
    const claimed = aMessage({ at: 2, id: `order-9-${randomId(systemRandom)}`, due: 900, claimedUntil: 900 });
    for (const one of [...made, failed, claimed]) await store.scheduled.insert(one);
    const [third, first, second, beside] = made.map(({ id }) => id);
    const expected = [first, second, beside, claimed.id, third];
    t.deepEqual(ids(await other.scheduled.ready(3, 9)), expected);
    t.deepEqual(ids(await other.scheduled.ready(2, 9)), expected.slice(0, 4));
    t.deepEqual(ids(await other.scheduled.ready(0, 9)), []);
    const page = await other.scheduled.ready(3, 2);
    t.deepEqual(ids(page), expected.slice(0, 2));
    t.deepEqual(ids(await other.scheduled.ready(3, 9, page.at(-1))), expected.slice(2));
    t.is(await other.scheduled.nextDue(0), 1);
    t.is(await other.scheduled.nextDue(3), 900);
    for (const one of [...made, failed, claimed]) t.true(await store.scheduled.remove(one.id, 1));
    t.deepEqual(ids(await other.scheduled.ready(3, 9)), []);
  },
  'scheduled: of several that change or remove one, one succeeds': async (t, store, other) => {
    const one = aMessage({ at: AT * 2 });
    await store.scheduled.insert(one);
    const claims = await Promise.all(
      [store, other, store, other].map(({ scheduled: of }, index) => of.update(one.id, 1, { due: AT * 3, claimedUntil: AT * 3 + index })),
    );
    t.is(claims.filter(Boolean).length, 1);
    t.like(await other.scheduled.byId(one.id), { due: AT * 3, rev: 2, body: one.body });
    t.false(await store.scheduled.remove(one.id, 1), 'it was claimed since');
    t.true(
      await store.scheduled.update(one.id, 2, { claimedUntil: null, due: null, failure: 'not_member', tries: 2, body: 'other', at: 5 }),
    );
    const changed = { claimedUntil: null, due: null, failure: 'not_member', tries: 2, body: 'other', at: 5, rev: 3 } as const;
    t.deepEqual(await other.scheduled.byId(one.id), { ...one, ...changed });
    t.true(await other.scheduled.remove(one.id, 3));
    t.false(await store.scheduled.update(one.id, 3, { tries: 3 }));
    t.false(await store.scheduled.remove(one.id, 3));
  },
};
