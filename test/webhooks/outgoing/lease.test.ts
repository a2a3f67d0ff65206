import test from 'ava';
import { Deliveries, LEASE_MS } from '../../../lib/webhooks/outgoing/deliveries.ts';
import type { Delivery } from '../../../lib/webhooks/outgoing/deliveries-port.ts';
import { deliveryId, NEW } from '../../../lib/webhooks/outgoing/outbox.ts';
import { Faults, makeFaulty } from '../../helpers/faulty-store.ts';
import { Clock, startServerFor } from '../../helpers/server.ts';
import { freshDatabase, isMissing, mongoService, present, redisService, requireOrSkip } from '../../helpers/services.ts';
import { openStage, stageOn } from './cast.ts';

const [mongo, redis] = await Promise.all([mongoService(), redisService()]);
const shared = requireOrSkip(test, mongo, redis);
test.after.always(async () => {
  for (const service of [mongo, redis]) if (!isMissing(service)) await service.stop();
});

test("claims: a dead process's deliveries are sent by another one when its claims expire, not before", async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  const { group } = await stage.at();
  const seq = await stage.say('nobody is named');
  const about = {
    bot: echo.user.id,
    group: group.id,
    seq,
    message: seq,
    event: 'posted',
    due: stage.clock.now(),
    createdAt: stage.clock.now(),
  };
  const delivery: Delivery = { id: deliveryId('uid', echo.user.id), ...about, ...NEW };
  await stage.core.store.deliveries.insert([delivery]);
  t.true(await stage.core.store.deliveries.claim(delivery.id, 1, stage.clock.now() + LEASE_MS));
  stage.clock.turn(LEASE_MS - 1);
  await stage.settled();
  t.is(echo.receiver.received.length, 0);
  stage.clock.turn(1);
  await stage.settled();
  t.is(echo.receiver.received.length, 1);
});

test('claims: an entry half copied at a crash creates no duplicate deliveries', async (t) => {
  const stage = await openStage(t);
  const [one, two] = [await stage.bot('One'), await stage.bot('Two')];
  const { store } = stage.core;
  await stage.site.server.deliveries.stop();
  const seq = await stage.say('@One, @Two!');
  const [entry] = await store.log.listPending(9);
  t.deepEqual(entry?.pending?.toSorted(), [one.user.id, two.user.id].sort());
  // One of the two was copied, and even called, before the process died that had not yet told the log.
  const about = { bot: one.user.id, group: (await stage.at()).group.id, seq, message: seq, event: 'posted', due: 1, createdAt: 1 };
  await store.deliveries.insert([{ id: deliveryId(entry?.uid ?? '', one.user.id), ...about, ...NEW, state: 'done', finishedAt: 2 }]);
  const next = new Deliveries(stage.core);
  next.wake();
  await next.idle();
  await next.stop();
  t.deepEqual(await store.log.listPending(9), []);
  t.deepEqual([one.receiver.received.length, two.receiver.received.length], [0, 1]);
  t.like(await stage.deliveries(two), [{ state: 'done', seq }]);
});

test('claims: a delivery whose outcome could not be stored is sent again with the same id, and its reply is posted once', async (t) => {
  const stage = await openStage(t);
  const [faults, echo] = [new Faults(), await stage.bot('Echo')];
  makeFaulty(stage.core, faults);
  echo.receiver.usually = (_, response) => {
    faults.isAway = echo.receiver.received.length === 1;
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end('pong');
  };
  await stage.say('@Echo ping');
  await echo.receiver.call(1);
  await stage.site.server.deliveries.idle();
  faults.isAway = false;
  t.like(await stage.deliveries(echo), [{ state: 'waiting', tries: 0, attempts: [] }]);
  stage.clock.turn(LEASE_MS);
  await stage.settled();
  t.like(await stage.deliveries(echo), [{ state: 'done', attempts: [{ status: 200 }] }]);
  t.is(new Set(echo.receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
  t.deepEqual(await stage.talk(), ['Ann: @Echo ping', 'Echo: pong']);
});

shared('claims: of several processes that wake at the same moment, one sends each delivery', async (t) => {
  const env = {
    MONGODB_URL: freshDatabase(present(mongo)),
    REDIS_URL: present(redis).url,
    ALLOW_OUTGOING: '127.0.0.1',
    POSTS_PER_SECOND: '0',
  };
  const clock = new Clock();
  const servers = await Promise.all([1, 2, 3].map(() => startServerFor(t, { env, clock })));
  const [first] = servers;
  if (!first) throw new Error('three servers were started');
  await first.signUp('Ann');
  const stage = await stageOn(t, first);
  const echo = await stage.bot('Echo', { on: 'all' });
  echo.receiver.usually = 500;
  for (let index = 0; index < 10; index += 1) await stage.say(`message ${index}`);
  await stage.settled();
  t.is(echo.receiver.received.length, 10);
  echo.receiver.usually = 204;
  clock.turn(5000);
  for (const { server } of servers) server.deliveries.wake();
  await Promise.all(servers.map(({ server }) => server.deliveries.idle()));
  t.is(echo.receiver.received.length, 20);
  t.deepEqual(new Set((await stage.deliveries(echo)).map(({ state, attempts }) => `${state} ${attempts.length}`)), new Set(['done 2']));
});
