import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import test from 'ava';
import { type GroupId, newGroupId, newUserId, systemRandom } from '../../../lib/ids.ts';
import { type Call, FAILURES_TO_OPEN, MAX_AT_ONCE, MAX_PER_DESTINATION, Slots } from '../../../lib/webhooks/outgoing/concurrency.ts';
import { openFixture } from './fixtures.ts';

const callTo = (origin: string): Call => ({ origin, bot: newUserId(systemRandom), group: newGroupId(systemRandom) });

test('concurrency: 4 slots per destination, 32 in total', (t) => {
  const slots = new Slots();
  const call = callTo('https://a');
  const taken = Array.from({ length: 6 }, () => slots.take(call));
  t.is(taken.filter(Boolean).length, MAX_PER_DESTINATION);
  t.deepEqual(slots.waiting(), { bots: [call.bot], groups: [] });
  slots.release(call, false);
  t.deepEqual(slots.waiting(), { bots: [], groups: [] });
  for (let index = 0; index < 100; index += 1) slots.take(callTo(`https://${index}`));
  t.is(slots.free, 0);
  t.is(MAX_AT_ONCE, 32);
});

test('concurrency: a group holds at most as many slots as are free, whatever its number of destinations', (t) => {
  const slots = new Slots();
  const of = (count: number): { readonly group: GroupId; readonly calls: readonly Call[] } => {
    const { group } = callTo('https://a');
    return { group, calls: Array.from({ length: count }, () => ({ ...callTo(`https://${newUserId(systemRandom)}`), group })) };
  };
  const [one, two] = [of(40), of(40)];
  const taken = one.calls.filter((call) => slots.take(call));
  t.is(taken.length, 16);
  t.deepEqual(slots.waiting(), { bots: [], groups: [one.group] });
  t.is(two.calls.filter((call) => slots.take(call)).length, 8);
  t.true(slots.take(callTo('https://other')));
  for (const call of taken.slice(0, 8)) slots.release(call, false);
  t.deepEqual(slots.waiting(), { bots: [], groups: [] });
});

test('concurrency: destinations without a request in progress go first', (t) => {
  const slots = new Slots();
  const { group } = callTo('https://a');
  const calls = Array.from({ length: 12 }, (_, index) => ({ ...callTo(`https://${index}`), group }));
  for (const call of calls) t.true(slots.take(call));
  t.is(calls.filter((call) => slots.take(call)).length, 2);
  t.true(slots.take({ ...callTo('https://other'), group }));
});

test('concurrency: after five consecutive failures a destination gets one request at a time until one succeeds', (t) => {
  const slots = new Slots();
  const call = callTo('https://a');
  const placesNow = (): number => {
    let count = 0;
    while (slots.take(call)) count += 1;
    for (let index = 0; index < count; index += 1) slots.release(call, undefined);
    return count;
  };
  for (let failure = 1; failure <= FAILURES_TO_OPEN; failure += 1) {
    t.is(placesNow(), MAX_PER_DESTINATION, `after ${failure - 1} failures`);
    slots.take(call);
    slots.release(call, true);
  }
  t.is(placesNow(), 1);
  slots.take(call);
  slots.release(call, false);
  t.is(placesNow(), MAX_PER_DESTINATION);
});

test('concurrency: a dead destination with many earlier deliveries does not delay others', async (t) => {
  const fixture = await openFixture(t);
  const dead = await fixture.bot('Dead', { on: 'all' });
  const held: (() => void)[] = [];
  dead.receiver.usually = (_, response) => void held.push(() => response.writeHead(204).end());
  for (let index = 0; index < 60; index += 1) await fixture.postText(`before ${index}`);
  await dead.receiver.call(MAX_PER_DESTINATION);
  const alive = await fixture.bot('Alive', { on: 'all' });
  for (let index = 0; index < 5; index += 1) await fixture.postText(`after ${index}`);
  await alive.receiver.call(5);
  t.is(dead.receiver.received.length, MAX_PER_DESTINATION, 'while the dead one has answered none');
  while (dead.receiver.received.length < 65 || held.length > 0) {
    for (const release of held.splice(0)) release();
    if (dead.receiver.received.length < 65) await dead.receiver.call(dead.receiver.received.length + 1);
  }
  await fixture.settled();
  t.is(dead.receiver.received.length, 65);
  t.true(dead.receiver.maxOpen <= MAX_PER_DESTINATION);
  t.deepEqual(
    (await fixture.deliveries(dead)).map(({ state }) => state).filter((state) => state !== 'done'),
    [],
  );
});

test('concurrency: bots with the same origin share its slots', async (t) => {
  const fixture = await openFixture(t);
  const one = await fixture.bot('One', { on: 'all' });
  const two = await fixture.bot('Two', { on: 'all', url: `${one.receiver.url}/two` });
  const held: (() => void)[] = [];
  one.receiver.usually = (_, response) => void held.push(() => response.writeHead(204).end());
  for (let index = 0; index < 6; index += 1) await fixture.postText(`${index}`);
  await one.receiver.call(MAX_PER_DESTINATION);
  t.is(one.receiver.open, MAX_PER_DESTINATION);
  one.receiver.usually = 204;
  for (const release of held.splice(0)) release();
  await one.receiver.call(12);
  await fixture.settled();
  t.true(one.receiver.maxOpen <= MAX_PER_DESTINATION);
  t.deepEqual(two.receiver.received, []);
});

test('concurrency: a refused or closed connection is a failure', async (t) => {
  const fixture = await openFixture(t);
  const sockets = new Set<Socket>();
  const cutter = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).destroy();
  }).listen(0, '127.0.0.1');
  await once(cutter, 'listening');
  t.teardown(() => cutter.close());
  const { port } = cutter.address() as AddressInfo;
  const [cut, none] = [await fixture.bot('Cut', { url: `http://127.0.0.1:${port}/` }), await fixture.bot('None')];
  none.receiver.close();
  await fixture.postText('@Cut, @None?');
  await fixture.settled();
  t.true(sockets.size > 0);
  for (const bot of [cut, none]) t.like(await fixture.deliveries(bot), [{ state: 'waiting', tries: 1, attempts: [{ status: null }] }]);
  t.regex((await fixture.deliveries(none))[0]?.attempts[0]?.error ?? '', /ECONNREFUSED/);
});

test('concurrency: a stopping server aborts requests, and its successor repeats them', async (t) => {
  const fixture = await openFixture(t, { finishWithinMs: 50 });
  const echo = await fixture.bot('Echo');
  echo.receiver.answers.push(() => {});
  await fixture.postText('@Echo hello');
  await echo.receiver.call(1);
  const { Deliveries } = await import('../../../lib/webhooks/outgoing/deliveries.ts');
  await fixture.site.server.deliveries.stop();
  t.like(await fixture.deliveries(echo), [{ state: 'waiting', tries: 0, due: fixture.clock.now(), attempts: [] }]);
  const next = new Deliveries(fixture.core);
  next.wake();
  await echo.receiver.call(2);
  await next.idle();
  await next.stop();
  t.like(await fixture.deliveries(echo), [{ state: 'done', attempts: [{ status: 204 }] }]);
});
