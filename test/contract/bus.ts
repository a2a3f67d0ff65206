import { setImmediate } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Bus } from '../../lib/bus/port.ts';
import type { BusEvent } from '../../lib/events.ts';
import { asUserId, type GroupId, newGroupId, newUid, newUserId, systemRandom } from '../../lib/ids.ts';
import { openSecrets } from '../../lib/secrets.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Register } from '../helpers/services.ts';

/** One bus as two processes see it (the same object twice for an adapter that is not shared), with a clock that the test advances. */
export type Opened = { readonly here: Bus; readonly there: Bus; readonly clock: { now: number } };

/** The keys that all buses of a test share. */
export const SECRETS = openSecrets(['0123456789'.repeat(4)]);

export const randomGroup = (): GroupId => newGroupId(systemRandom);

/** The events of a subscription, and a way to wait for more. */
type Ear = {
  readonly events: BusEvent[];
  until(count: number): Promise<BusEvent[]>;
  untilHead(seq: number): Promise<BusEvent[]>;
  end(): void;
};

export async function listen(bus: Bus, group: GroupId): Promise<Ear> {
  const events: BusEvent[] = [];
  const waiting = new Set<() => void>();
  const end = await bus.subscribe(group, (event) => {
    events.push(event);
    for (const check of waiting) check();
  });
  const when = (holds: () => boolean) =>
    new Promise<BusEvent[]>((resolve) => {
      const check = () => {
        if (!holds()) return;
        waiting.delete(check);
        resolve(events);
      };
      waiting.add(check);
      check();
    });
  const until = (count: number) => when(() => events.length >= count);
  const untilHead = (seq: number) => when(() => events.some((event) => event.type === 'head' && event.seq === seq));
  return { events, until, untilHead, end };
}

export const head = (group: GroupId, seq: number): BusEvent => ({ type: 'head', group, seq });

export function posted(group: GroupId, body: string, seq = 1): BusEvent {
  const author = newUserId(systemRandom);
  return {
    type: 'entries',
    group,
    entries: [{ kind: 'message', group, seq, n: seq, at: 1_700_000_000_000, author, uid: newUid(systemRandom), body, format: 'text' }],
  };
}

/** Registers the tests that every adapter of the bus port passes. */
export function busContract(test: Register<unknown>, open: (t: ExecutionContext) => Promise<Opened>): void {
  test('an event reaches every subscriber of its group, in this process and in another', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const ears = await Promise.all([listen(here, group), listen(here, group), listen(there, group)]);
    const event = posted(group, 'Zoë:\n “1 < 2” 👋\u2028');
    here.publish(event);
    for (const ear of ears) t.deepEqual(await ear.until(1), [event]);
  });

  test('every kind of event arrives as it was said', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const ear = await listen(there, group);
    const typing: BusEvent = { type: 'typing', group, user: newUserId(systemRandom), until: 1_700_000_006_000 };
    const draft: BusEvent = { type: 'draft', group, user: newUserId(systemRandom), id: '0123456789abcdef' };
    const events: BusEvent[] = [head(group, 1), posted(group, 'a', 2), { type: 'presence', group }, typing, draft];
    for (const event of events) here.publish(event);
    t.deepEqual(await ear.until(events.length), events);
  });

  test('an event of another group is not heard', async (t) => {
    const { here, there } = await open(t);
    const [group, other] = [randomGroup(), randomGroup()];
    const ear = await listen(there, group);
    const otherEar = await listen(there, other);
    here.publish(head(other, 1));
    here.publish(head(group, 2));
    t.deepEqual(await ear.until(1), [head(group, 2)]);
    t.deepEqual(await otherEar.until(1), [head(other, 1)]);
  });

  test('a subscription that has ended hears nothing, the others go on, and ending it twice harms nobody', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const ended = await listen(there, group);
    const other = await listen(there, group);
    ended.end();
    ended.end();
    here.publish(head(group, 1));
    t.deepEqual(await other.until(1), [head(group, 1)]);
    other.end();
    const again = await listen(there, group);
    here.publish(head(group, 2));
    t.deepEqual(await again.until(1), [head(group, 2)]);
    t.deepEqual([ended.events.length, other.events.length], [0, 1]);
  });

  test('many subscriptions of one group at once all hear', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const ears = await Promise.all(Array.from({ length: 20 }, () => listen(there, group)));
    here.publish(head(group, 1));
    for (const ear of ears) t.is((await ear.until(1)).length, 1);
  });

  test('a listener that throws stops neither the publisher nor the others', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const thrower = () => {
      throw new Error('a listener with a fault');
    };
    await here.subscribe(group, thrower);
    await there.subscribe(group, thrower);
    const ears = [await listen(here, group), await listen(there, group)];
    t.notThrows(() => here.publish(head(group, 1)));
    for (const ear of ears) t.is((await ear.until(1)).length, 1);
  });

  test('publishing returns before anyone is called', async (t) => {
    const { here } = await open(t);
    const group = randomGroup();
    const ear = await listen(here, group);
    here.publish(head(group, 1));
    t.is(ear.events.length, 0);
    await ear.until(1);
  });

  test('an event that is published is heard once', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const ears = [await listen(here, group), await listen(there, group)];
    for (let seq = 1; seq <= 200; seq++) here.publish(head(group, seq));
    for (const ear of ears) await ear.until(200);
    await there.ping();
    await here.ping();
    await setImmediate();
    for (const ear of ears) t.deepEqual(new Set(ear.events.map((event) => event.type === 'head' && event.seq)).size, ear.events.length);
  });

  test('however large the entries, the others learn how far the log reaches', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const ear = await listen(there, group);
    here.publish(posted(group, 'ü'.repeat(200_000), 7));
    const [event] = await ear.until(1);
    t.is(event?.type === 'entries' ? event.entries.at(-1)?.seq : event?.type === 'head' && event.seq, 7);
  });

  test('it is up, and a ping goes round', async (t) => {
    const { here, there } = await open(t);
    t.deepEqual([here.isUp(), there.isUp()], [true, true]);
    await t.notThrowsAsync(Promise.all([here.ping(), here.ping(), there.ping()]));
  });

  test('once closed it is down, silent, and throws nothing', async (t) => {
    const { here } = await open(t);
    const group = randomGroup();
    const ear = await listen(here, group);
    await here.close();
    await here.close();
    t.notThrows(() => here.publish(head(group, 1)));
    const end = await here.subscribe(group, () => t.fail());
    end();
    ear.end();
    t.false(here.isUp());
    await t.throwsAsync(here.ping());
    t.is(ear.events.length, 0);
  });

  presenceContract(test, open);
  textsContract(test, open);
}

function presenceContract(test: Register<unknown>, open: (t: ExecutionContext) => Promise<Opened>): void {
  const [ann, bob] = [asUserId('ann'), asUserId('annbob')];

  test('presence: a user is there from the first page opened to the last one closed', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    t.deepEqual(await there.presence.list(group), new Set());
    t.true(await here.presence.renew(group, ann, 'page-1', 60_000), 'was absent');
    t.false(await there.presence.renew(group, ann, 'page-2', 60_000), 'was there by another page');
    t.false(await here.presence.renew(group, ann, 'page-1', 60_000), 'was there by this page');
    t.true(await there.presence.renew(group, bob, 'page-1', 60_000), 'another user, whatever the names have in common');
    t.deepEqual(await there.presence.list(group), new Set([ann, bob]));
    t.false(await here.presence.release(group, ann, 'page-1'), 'still there by the other page');
    t.true(await here.presence.release(group, ann, 'page-2'), 'absent now');
    t.true(await here.presence.release(group, ann, 'page-2'), 'absent still');
    t.deepEqual(await there.presence.list(group), new Set([bob]));
  });

  test('presence: a lease that is not renewed runs out', async (t) => {
    const { here, there, clock } = await open(t);
    const group = randomGroup();
    await here.presence.renew(group, ann, 'page', 60_000);
    await here.presence.renew(group, bob, 'page', 60_000);
    clock.now += 59_999;
    t.deepEqual(await there.presence.list(group), new Set([ann, bob]));
    t.false(await here.presence.renew(group, ann, 'page', 60_000));
    clock.now += 1;
    t.deepEqual(await there.presence.list(group), new Set([ann]));
    t.true(await here.presence.renew(group, bob, 'page', 60_000), 'comes back');
    clock.now += 60_000;
    t.true(await here.presence.release(group, ann, 'another page'), 'no lease holds any longer');
    t.deepEqual(await there.presence.list(group), new Set());
  });

  test('presence: each group has its own', async (t) => {
    const { here } = await open(t);
    const [group, other] = [randomGroup(), randomGroup()];
    t.true(await here.presence.renew(group, ann, 'page', 60_000));
    t.true(await here.presence.renew(other, ann, 'page', 60_000));
    t.true(await here.presence.release(other, ann, 'page'));
    t.deepEqual(await here.presence.list(group), new Set([ann]));
  });
}

function textsContract(test: Register<unknown>, open: (t: ExecutionContext) => Promise<Opened>): void {
  const [ann, bob] = [asUserId('ann'), asUserId('annbob')];
  const limits = { leaseMs: 60_000, most: 4, mostOfOwner: 2 };
  const nameIn = (group: GroupId, owner = ann, name = 'one') => ({ group, owner, name });

  test('texts: what one process adds others have, whatever is in it', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const text = `1 2 3\n“Zoë” \u0000 <b> 👋 \u2028 %d ${'x'.repeat(70_000)}`;
    t.is(await here.texts.add(nameIn(group), text, limits), 'added');
    const added = { owner: ann, name: 'one', version: 1, text };
    t.deepEqual(await there.texts.get(nameIn(group)), added);
    t.deepEqual(await there.texts.list(group), [added]);
    for (const other of [nameIn(group, bob), nameIn(group, ann, 'on'), nameIn(randomGroup())])
      t.is(await there.texts.get(other), undefined);
    t.deepEqual(await there.texts.list(randomGroup()), []);
    t.is(await there.texts.add(nameIn(group, bob), '', limits), 'added');
    t.is((await here.texts.get(nameIn(group, bob)))?.text, '', 'an empty one is there too');
    t.is((await here.texts.list(group)).length, 2);
  });

  test('texts: one is replaced only from its present version, by one of many', async (t) => {
    const { here, there } = await open(t);
    const at = nameIn(randomGroup());
    const { leaseMs } = limits;
    t.false(await here.texts.replace(at, 'none', { version: 1, leaseMs }), 'there is nothing to replace');
    await here.texts.add(at, 'a', limits);
    const tries = [1, 2, 3, 4].map((n) => (n % 2 === 0 ? here : there).texts.replace(at, `b${n}`, { version: 1, leaseMs }));
    t.is((await Promise.all(tries)).filter(Boolean).length, 1);
    t.regex((await there.texts.get(at))?.text ?? '', /^b\d$/);
    t.true(await there.texts.replace(at, 'c', { version: 2, leaseMs }));
    t.deepEqual(await here.texts.get(at), { owner: ann, name: 'one', version: 3, text: 'c' });
    t.false(await here.texts.replace(at, 'd', { version: 2, leaseMs }));
  });

  test('texts: a group and an owner have so many at once', async (t) => {
    const { here, there } = await open(t);
    const group = randomGroup();
    const add = (owner: typeof ann, name: string, bus = here) => bus.texts.add(nameIn(group, owner, name), 'x', limits);
    t.deepEqual([await add(ann, '1'), await add(ann, '2', there)], ['added', 'added']);
    t.deepEqual([await add(ann, '3'), await add(ann, '3', there)], ['owner', 'owner']);
    t.deepEqual([await add(bob, '1'), await add(bob, '2')], ['added', 'added']);
    t.is(await add(asUserId('eve'), '1'), 'group');
    t.true(await there.texts.remove(nameIn(group, ann, '1')));
    t.false(await here.texts.remove(nameIn(group, ann, '1')), 'it is gone');
    t.is(await add(asUserId('eve'), '1'), 'added');
    const other = randomGroup();
    t.is(await here.texts.add(nameIn(other, ann, '1'), 'x', limits), 'added', 'each group has its own');
  });

  test('texts: each ends by itself, unless it is replaced, and then counts no more', async (t) => {
    const { here, there, clock } = await open(t);
    const group = randomGroup();
    const [short, renewed] = [nameIn(group, ann, 'short'), nameIn(group, ann, 'renewed')];
    const lease = { ...limits, leaseMs: 1500 };
    for (const at of [short, renewed]) await here.texts.add(at, 'x', lease);
    t.true(await there.texts.replace(renewed, 'y', { version: 1, leaseMs: 60_000 }));
    t.is((await there.texts.list(group)).length, 2);
    clock.now += 1500; // of a bus with a clock of its own these ms pass by themselves
    await eventually(async () => (await there.texts.get(short)) === undefined);
    t.deepEqual(
      (await here.texts.list(group)).map(({ name }) => name),
      ['renewed'],
    );
    t.false(await here.texts.replace(short, 'late', { version: 1, leaseMs: 60_000 }));
    t.is(await here.texts.add(nameIn(group, ann, 'next'), 'x', limits), 'added');
    t.is(await here.texts.add(nameIn(group, ann, 'third'), 'x', limits), 'owner');
  });
}
