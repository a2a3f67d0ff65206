import test, { type ExecutionContext } from 'ava';
import { setDisabled } from '../../lib/accounts/operations.ts';
import type { Core } from '../../lib/core.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { removeMember, setArchived } from '../../lib/groups/operations.ts';
import { post } from '../../lib/messages/operations.ts';
import { cancel, change, keyOf, MAX_AHEAD_MS, MAX_SCHEDULED, remind, schedule } from '../../lib/scheduled/operations.ts';
import type { PostFunction } from '../../lib/scheduled/sending.ts';
import { LEASE_MS, ScheduledMessages } from '../../lib/scheduled/worker.ts';
import { accessOf, bodiesIn, openTestCore, type TestCore, wholeLog } from '../helpers/core-fixture.ts';
import { PATIENT_MS } from '../helpers/server.ts';
import { isMissing, mongoService } from '../helpers/services.ts';

const mongo = await mongoService();
const HOUR_MS = 3_600_000;

type Fixture = TestCore & {
  readonly worker: ScheduledMessages;
  later(body: string, at?: number, who?: TestCore['ann']): ReturnType<typeof schedule>;
  /** Sends what is due. */
  send(worker?: ScheduledMessages): Promise<void>;
  /** The texts of the group. */
  bodies(): Promise<string[]>;
};

async function open(t: ExecutionContext, onMongo = false, posting: PostFunction = post): Promise<Fixture> {
  const fixture = await openTestCore(t, onMongo && !isMissing(mongo) ? mongo : undefined, { storeWaitMs: PATIENT_MS });
  const { core, clock, group, ann } = fixture;
  const worker = workerOf(t, core, posting);
  const later: Fixture['later'] = async (body, at = clock.now() + HOUR_MS, who = ann) =>
    schedule(core, await accessOf(core, who, group), { body, format: 'text', at });
  const send = async (one = worker): Promise<void> => {
    one.wake();
    await one.idle();
  };
  return { ...fixture, worker, later, send, bodies: async () => bodiesIn(await wholeLog(core, group.id)) };
}

function workerOf(t: ExecutionContext, core: Core, posting: PostFunction = post): ScheduledMessages {
  const worker = new ScheduledMessages(core, { post: posting });
  t.teardown(() => worker.stop());
  return worker;
}

const failureOf = async ({ core, ann }: Fixture, who = ann) =>
  (await core.store.scheduled.ofAuthor(who.id, 9)).map(({ failure }) => failure);

test('a message is sent when it is due, not before, once, and its record is gone', async (t) => {
  const fixture = await open(t);
  const { core, clock, ann, send, bodies } = fixture;
  const { scheduled, isNew } = await fixture.later('at one');
  t.true(isNew);
  clock.turn(HOUR_MS - 1);
  await send();
  t.deepEqual(await bodies(), []);
  clock.turn(1);
  await send();
  await send();
  t.deepEqual(await bodies(), ['at one']);
  t.is(await core.store.scheduled.byId(scheduled.id), undefined);
  t.like((await wholeLog(core, fixture.group.id)).at(-1), { author: ann.id, key: keyOf(scheduled.id), at: clock.now() });
});

test('what is scheduled while the server runs wakes the worker at its time, by a timer', async (t) => {
  const { core, clock, group, worker, later, bodies } = await open(t);
  await worker.start();
  await worker.idle();
  const sent = new Promise<void>((resolve) => core.written.onWritten(() => resolve()));
  await later('soon', clock.now() + 30);
  await worker.idle();
  t.deepEqual(await bodies(), []);
  clock.turn(30);
  await sent;
  await worker.idle();
  t.deepEqual(bodiesIn(await wholeLog(core, group.id)), ['soon']);
});

test('after a long time without a server everything due is sent, in the order of its times', async (t) => {
  const { clock, ann, bob, later, send, bodies } = await open(t);
  const steps = [7, 3, 9, 1, 5, 2, 8, 4, 6];
  for (const step of steps) await later(`${step}`, clock.now() + step * 60_000, step % 2 ? ann : bob);
  await later('much later', clock.now() + 48 * HOUR_MS);
  clock.turn(24 * HOUR_MS);
  await send();
  t.deepEqual(await bodies(), ['1', '2', '3', '4', '5', '6', '7', '8', '9']);
});

for (const kind of ['sqlite', 'mongo'] as const)
  (kind === 'mongo' && isMissing(mongo) ? test.skip : test)(
    `${kind}: several workers at once send each message once, in the order of their times`,
    async (t) => {
      const fixture = await open(t, kind === 'mongo');
      const { clock, later, bodies, worker } = fixture;
      const others = [await fixture.second(), await fixture.second()].map((core) => workerOf(t, core));
      for (let step = 10; step < 40; step += 1) await later(`${step}`, clock.now() + step);
      clock.turn(HOUR_MS);
      const workers = [worker, ...others];
      while ((await fixture.core.store.scheduled.ready(clock.now(), 1)).length > 0) {
        for (const one of workers) one.wake();
        await Promise.all(workers.map((one) => one.idle()));
      }
      t.deepEqual(
        await bodies(),
        Array.from({ length: 30 }, (_, index) => `${index + 10}`),
      );
    },
  );

test('a process that dies after the post: another one tries again when the claim has ended, and nothing is posted twice', async (t) => {
  const fixture = await open(t);
  const { core, clock, group, ann, later, send, bodies } = fixture;
  const { scheduled } = await later('once');
  clock.turn(HOUR_MS);
  const until = clock.now() + LEASE_MS;
  t.true(await core.store.scheduled.update(scheduled.id, 1, { due: until, claimedUntil: until }));
  await later('behind it', clock.now() + 1);
  await post(core, await accessOf(core, ann, group), { body: 'once', key: keyOf(scheduled.id), sameness: [scheduled.id] });
  clock.turn(LEASE_MS - 1);
  await send();
  t.deepEqual(await bodies(), ['once'], 'the next one of the group waits for the claim');
  await t.throwsAsync(cancel(core, ann, scheduled.id), { message: /being sent/ });
  clock.turn(1);
  await t.throwsAsync(cancel(core, ann, scheduled.id), { message: /sent already/ });
  await t.throwsAsync(change(core, ann, scheduled.id, { body: 'twice' }), { message: /sent already/ });
  await send();
  t.deepEqual(await bodies(), ['once', 'behind it']);
  t.deepEqual(await core.store.scheduled.ofAuthor(ann.id, 9), []);
});

test('a process that dies before the post: the message is sent when the claim has ended, or changed or cancelled instead', async (t) => {
  const { core, clock, ann, later, send, bodies } = await open(t);
  const [one, two, three] = [
    await later('one'),
    await later('two', clock.now() + 2 * HOUR_MS),
    await later('three', clock.now() + 3 * HOUR_MS),
  ];
  clock.turn(4 * HOUR_MS);
  const until = clock.now() + LEASE_MS;
  for (const { scheduled } of [one, two, three]) await core.store.scheduled.update(scheduled.id, 1, { due: until, claimedUntil: until });
  clock.turn(LEASE_MS);
  await cancel(core, ann, one.scheduled.id);
  await change(core, ann, two.scheduled.id, { body: 'two, changed', at: clock.now() + 1 });
  await send();
  t.deepEqual(await bodies(), ['three']);
  clock.turn(1);
  await send();
  t.deepEqual(await bodies(), ['three', 'two, changed']);
});

test('cancelling while it is being sent: either it is sent, or it is cancelled', async (t) => {
  let [begin, end] = [() => {}, () => {}];
  const [begun, ended] = [new Promise<void>((resolve) => (begin = resolve)), new Promise<void>((resolve) => (end = resolve))];
  const slow: PostFunction = async (...input) => {
    begin();
    await ended;
    return post(...input);
  };
  const { core, clock, ann, worker, later, send, bodies } = await open(t, false, slow);
  const { scheduled } = await later('too late');
  clock.turn(HOUR_MS);
  worker.wake();
  await begun;
  await t.throwsAsync(cancel(core, ann, scheduled.id), { message: /being sent/ });
  await t.throwsAsync(change(core, ann, scheduled.id, { body: 'x' }), { message: /being sent/ });
  end();
  await worker.idle();
  t.deepEqual(await bodies(), ['too late']);
  await t.throwsAsync(cancel(core, ann, scheduled.id), { message: /no such scheduled message/ });
  const other = await later('never');
  await cancel(core, ann, other.scheduled.id);
  clock.turn(HOUR_MS);
  await send();
  t.deepEqual(await bodies(), ['too late']);
});

test('a message that may not be sent stays with the reason, and is sent once that has changed and its author asks', async (t) => {
  const fixture = await open(t);
  const { core, clock, group, ann, bob, eve, later, send, bodies } = fixture;
  const { scheduled } = await later('by Bob', undefined, bob);
  await setArchived(core, ann.id, group, true);
  clock.turn(HOUR_MS);
  await send();
  t.deepEqual(await failureOf(fixture, bob), ['archived']);
  await setArchived(core, ann.id, { ...group, archived: true }, false);
  await send();
  t.deepEqual(await bodies(), [], 'not by itself');
  await t.throwsAsync(change(core, eve, scheduled.id, { body: 'x' }), { message: /no such/ });
  clock.turn(1);
  await t.throwsAsync(change(core, bob, scheduled.id, { body: 'x' }), { message: /past/ });
  await change(core, bob, scheduled.id, { at: clock.now() });
  await removeMember(core, ann.id, group, bob);
  await send();
  t.deepEqual(await failureOf(fixture, bob), ['not_member']);
  await t.throwsAsync(later('no', undefined, bob), { message: /Not found/ });
  const { scheduled: hers } = await later('by Ann');
  await core.store.users.update(ann.id, { admin: false });
  await setDisabled(core, ann.id, ann, true);
  clock.turn(HOUR_MS);
  await send();
  t.is((await core.store.scheduled.byId(hers.id))?.failure, 'disabled');
  t.deepEqual(await bodies(), []);
});

test('a group that is removed: nothing is sent into it, and what waits for it goes with it', async (t) => {
  const fixture = await open(t);
  const { core, clock, group, ann, later, send } = fixture;
  await later('never');
  await core.store.removals.mark(group.id, clock.now());
  clock.turn(HOUR_MS);
  await send();
  t.deepEqual(await failureOf(fixture), ['gone']);
  while (!(await core.store.removals.purge(group.id, 100)));
  t.is(await core.store.scheduled.count(ann.id), 0);
});

test('temporary failures: the store away, too many posts, and errors that should not be; in order, until they are given up', async (t) => {
  const failures: unknown[] = [];
  const failing: PostFunction = async (...input) => {
    const failure = failures.shift();
    if (failure) throw failure;
    return post(...input);
  };
  const fixture = await open(t, false, failing);
  const { clock, bob, later, send, bodies } = fixture;
  await later('first');
  await later('second', clock.now() + HOUR_MS + 1);
  await later('by another', clock.now() + HOUR_MS + 2, bob);
  clock.turn(2 * HOUR_MS);
  failures.push(new StoreUnavailable('away'));
  await send();
  t.deepEqual(await bodies(), ['by another'], 'what is behind it by the same author waits');
  await send();
  t.deepEqual(await bodies(), ['by another']);
  clock.turn(1000);
  await send();
  t.deepEqual(await bodies(), ['by another', 'first', 'second']);
  await later('odd');
  clock.turn(HOUR_MS);
  for (let tries = 1; tries <= 6; tries += 1) {
    failures.push(new TypeError('a bug'));
    await send();
    clock.turn(HOUR_MS);
  }
  t.deepEqual(await failureOf(fixture), ['refused']);
  t.is(failures.length, 0);
});

test('limits: not in the past, a year ahead at most, a hundred for each author, texts as those of posts', async (t) => {
  const { core, clock, ann, bob, group, later } = await open(t);
  await t.throwsAsync(later('x', clock.now() - 1), { message: /past/ });
  await t.throwsAsync(later('x', clock.now() + MAX_AHEAD_MS + 1), { message: /a year ahead at most/ });
  await t.throwsAsync(later(' '), { message: /empty/ });
  await t.throwsAsync(later('x'.repeat(core.config.maxBodyBytes + 1)), { message: /too long/ });
  await t.throwsAsync(schedule(core, await accessOf(core, ann, group), { body: 'x', format: 'text', at: clock.now(), replyTo: 99 }), {
    message: /no message 99/,
  });
  for (let count = 1; count <= MAX_SCHEDULED; count += 1) {
    await later(`${count}`);
    clock.turn(60_000 / 5);
  }
  await t.throwsAsync(later('one more'), { message: 'You have 100 scheduled messages, which is the limit. Cancel one first.' });
  await later('another author', undefined, bob);
});

test('an idempotency key schedules once, also after the message was sent', async (t) => {
  const { core, clock, ann, group, send, bodies } = await open(t);
  const at = await accessOf(core, ann, group);
  const input = { body: 'keyed', format: 'text', at: clock.now() + HOUR_MS, key: 'c:k' } as const;
  const made = await Promise.all([schedule(core, at, input), schedule(core, at, input)]);
  t.deepEqual(made.map(({ isNew }) => isNew).toSorted(), [false, true]);
  t.is(new Set(made.map(({ scheduled }) => scheduled.id)).size, 1);
  await t.throwsAsync(schedule(core, at, { ...input, body: 'other' }), { message: /already used with another text/ });
  clock.turn(HOUR_MS);
  t.false((await schedule(core, at, input)).isNew, 'also once its time is past');
  await send();
  await t.throwsAsync(schedule(core, at, input), { message: /sent already/ });
  t.deepEqual(await bodies(), ['keyed']);
});

test('a reminder comes to the notes of its author, who is notified, with a link to the group', async (t) => {
  const { core, clock, ann, group, send, bodies } = await open(t);
  await remind(core, await accessOf(core, ann, group), { body: 'tea', at: clock.now() + HOUR_MS });
  clock.turn(HOUR_MS);
  await send();
  t.deepEqual(await bodies(), []);
  const [notes] = (await core.store.memberships.ofUser(ann.id)).filter((one) => one.group !== group.id);
  if (!notes) throw new Error('there are no notes');
  const [message] = await core.store.log.messages(notes.group, 1, 1);
  t.like(message, { author: ann.id, as: 'Reminder', body: 'tea\n\n_Kitchen_' });
  t.is(notes.mark, 0, 'it is unread');
});
