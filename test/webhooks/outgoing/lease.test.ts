import test from 'ava';
import { STORE_WAIT_MS } from '../../../lib/request-scope.ts';
import { Deliveries, LEASE_MS } from '../../../lib/webhooks/outgoing/deliveries.ts';
import type { Delivery } from '../../../lib/webhooks/outgoing/deliveries-port.ts';
import { deliveryId, NEW } from '../../../lib/webhooks/outgoing/outbox.ts';
import { Faults, makeFaulty } from '../../helpers/faulty-store.ts';
import { Clock, startServerFor } from '../../helpers/server.ts';
import { sharedServices } from '../../helpers/shared-services.ts';
import { fixtureOn, openFixture } from './fixtures.ts';

const { freshEnv, shared } = await sharedServices(test);

test("claims: a dead process's deliveries are sent by another one when its claims expire, not before", async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  const { group } = await fixture.at();
  const seq = await fixture.postText('nobody is named');
  const about = {
    bot: echo.user.id,
    group: group.id,
    seq,
    message: seq,
    event: 'posted',
    due: fixture.clock.now(),
    createdAt: fixture.clock.now(),
  };
  const delivery: Delivery = { id: deliveryId('uid', echo.user.id), ...about, ...NEW };
  await fixture.core.store.deliveries.insert([delivery]);
  t.true(await fixture.core.store.deliveries.claim(delivery.id, 1, fixture.clock.now() + LEASE_MS));
  fixture.clock.turn(LEASE_MS - 1);
  await fixture.settled();
  t.is(echo.receiver.received.length, 0);
  fixture.clock.turn(1);
  await fixture.settled();
  t.is(echo.receiver.received.length, 1);
});

test('claims: an entry half copied at a crash creates no duplicate deliveries', async (t) => {
  const fixture = await openFixture(t);
  const [one, two] = [await fixture.bot('One'), await fixture.bot('Two')];
  const { store } = fixture.core;
  await fixture.site.server.deliveries.stop();
  const seq = await fixture.postText('@One, @Two!');
  const [entry] = await store.log.listPending(9);
  t.deepEqual(entry?.pending?.toSorted(), [one.user.id, two.user.id].sort());
  // One of the two deliveries was copied and sent before the process died, which had not yet updated the log.
  const about = { bot: one.user.id, group: (await fixture.at()).group.id, seq, message: seq, event: 'posted', due: 1, createdAt: 1 };
  await store.deliveries.insert([{ id: deliveryId(entry?.uid ?? '', one.user.id), ...about, ...NEW, state: 'done', finishedAt: 2 }]);
  const next = new Deliveries(fixture.core);
  next.wake();
  await next.idle();
  await next.stop();
  t.deepEqual(await store.log.listPending(9), []);
  t.deepEqual([one.receiver.received.length, two.receiver.received.length], [0, 1]);
  t.like(await fixture.deliveries(two), [{ state: 'done', seq }]);
});

test('claims: a delivery whose outcome could not be stored is sent again with the same id, and its reply is posted once', async (t) => {
  const fixture = await openFixture(t, { storeWaitMs: STORE_WAIT_MS });
  const [faults, echo] = [new Faults(), await fixture.bot('Echo')];
  makeFaulty(fixture.core, faults);
  echo.receiver.usually = (_, response) => {
    faults.isAway = echo.receiver.received.length === 1;
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end('pong');
  };
  await fixture.postText('@Echo ping');
  await echo.receiver.call(1);
  await fixture.site.server.deliveries.idle();
  faults.isAway = false;
  t.like(await fixture.deliveries(echo), [{ state: 'waiting', tries: 0, attempts: [] }]);
  fixture.clock.turn(LEASE_MS);
  await fixture.settled();
  t.like(await fixture.deliveries(echo), [{ state: 'done', attempts: [{ status: 200 }] }]);
  t.is(new Set(echo.receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
  t.deepEqual(await fixture.talk(), ['Ann: @Echo ping', 'Echo: pong']);
});

shared('claims: of several processes that wake at the same moment, one sends each delivery', async (t) => {
  const env = { ...freshEnv(), ALLOW_OUTGOING: '127.0.0.1', POSTS_PER_SECOND: '0' };
  const clock = new Clock();
  const servers = await Promise.all([1, 2, 3].map(() => startServerFor(t, { env, clock })));
  const [first] = servers;
  if (!first) throw new Error('three servers were started');
  await first.signUp('Ann');
  const fixture = await fixtureOn(t, first);
  const echo = await fixture.bot('Echo', { on: 'all' });
  echo.receiver.usually = 500;
  for (let index = 0; index < 10; index += 1) await fixture.postText(`message ${index}`);
  await fixture.settled();
  t.is(echo.receiver.received.length, 10);
  echo.receiver.usually = 204;
  clock.turn(5000);
  for (const { server } of servers) server.deliveries.wake();
  await Promise.all(servers.map(({ server }) => server.deliveries.idle()));
  t.is(echo.receiver.received.length, 20);
  t.deepEqual(new Set((await fixture.deliveries(echo)).map(({ state, attempts }) => `${state} ${attempts.length}`)), new Set(['done 2']));
});
