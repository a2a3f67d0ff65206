import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { openRedisBus } from '../../lib/bus/redis.ts';
import { asUserId } from '../../lib/ids.ts';
import { eventually } from '../helpers/eventually.ts';
import { present, redisService, requireOrSkip } from '../helpers/services.ts';
import { Wire } from '../helpers/wire.ts';
import { busContract, head, listen, posted, randomGroup, SECRETS } from './bus.ts';
import { killed, nextGap, opener } from './bus-outage.ts';

const redis = await redisService();
const testRedis = requireOrSkip(test, redis);

busContract(testRedis, (t) => opener(present(redis).url)(t));

killed(testRedis, 'Redis', { own: true });

testRedis('its own events reach a process while Redis is away', async (t) => {
  const own = present(await redisService({ own: true }));
  t.teardown(own.stop);
  const { here } = await opener(own.url)(t);
  const group = randomGroup();
  const ear = await listen(here, group);
  await own.kill('SIGKILL');
  here.publish(head(group, 1));
  t.deepEqual(await ear.until(1), [head(group, 1)]);
});

testRedis(
  'what could not be sent is announced, once for each group, when the connection is back: others may have missed nothing else',
  async (t) => {
    const wire = await Wire.open(t, present(redis));
    const [here, there] = await Promise.all(
      [wire.url, present(redis).url].map((url) => openRedisBus({ url, now: Date.now, secrets: SECRETS })),
    );
    if (!here || !there) throw new Error('two buses were opened');
    t.teardown(() => Promise.all([here.close(), there.close()]));
    const [group, quiet] = [randomGroup(), randomGroup()];
    const [ear, quietEar] = [await listen(there, group), await listen(there, quiet)];
    wire.cut();
    await t.throwsAsync(here.ping());
    here.publish(posted(group, 'a', 7));
    here.publish(posted(group, 'b', 8));
    here.publish({ type: 'typing', group, user: asUserId('ann'), until: 1 });
    here.publish({ type: 'mine', group: quiet });
    await new Promise(setImmediate); // by then the connection has rejected the commands
    const back = nextGap(here);
    wire.restore();
    await back;
    t.deepEqual(await ear.until(1), [head(group, 8)]);
    t.deepEqual(await quietEar.until(1), [{ type: 'mine', group: quiet }]);
    here.publish(head(group, 9));
    t.deepEqual(await ear.until(2), [head(group, 8), head(group, 9)]);
  },
);

testRedis('a frozen Redis is noticed by a lost ping, blocks nobody, and is up again with the next', async (t) => {
  const own = present(await redisService({ own: true }));
  t.teardown(own.stop);
  const { here, there } = await opener(own.url)(t);
  const group = randomGroup();
  const ear = await listen(there, group);
  await own.kill('SIGSTOP');
  await t.throwsAsync(here.ping(), { message: /within 1000 ms|timed out/ });
  t.false(here.isUp());
  t.notThrows(() => here.publish(head(group, 1)));
  t.false(await here.presence.renew(group, 'ann' as never, 'page', 60_000));
  await own.kill('SIGCONT');
  await here.ping();
  t.true(here.isUp());
  here.publish(head(group, 2));
  await ear.until(1);
});

testRedis('texts: while Redis is away every request rejects soon, and none waits for it to come back', async (t) => {
  const own = present(await redisService({ own: true }));
  t.teardown(own.stop);
  const { here } = await opener(own.url)(t);
  const at = { group: randomGroup(), owner: asUserId('ann'), name: 'one' };
  const requests = () => [
    here.texts.add(at, 'x', { leaseMs: 60_000, most: 2, mostOfOwner: 2 }),
    here.texts.replace(at, 'y', { version: 1, leaseMs: 60_000 }),
    here.texts.get(at),
    here.texts.list(at.group),
    here.texts.remove(at),
  ];
  for (const how of ['SIGSTOP', 'SIGKILL'] as const) {
    await own.kill(how);
    const since = performance.now();
    t.deepEqual(new Set((await Promise.allSettled<unknown>(requests())).map(({ status }) => status)), new Set(['rejected']), how);
    t.true(performance.now() - since < 2500);
    if (how === 'SIGSTOP') await own.kill('SIGCONT');
  }
  await own.restart();
  await eventually(async () => (await here.texts.list(at.group).catch(() => undefined))?.length === 0);
});

testRedis('a Redis that stays frozen is dropped and found again', async (t) => {
  const own = present(await redisService({ own: true }));
  t.teardown(own.stop);
  const { here, there } = await opener(own.url)(t);
  const group = randomGroup();
  const ear = await listen(here, group);
  await own.kill('SIGSTOP');
  for (let lost = 0; lost < 3; lost++) await t.throwsAsync(here.ping());
  t.false(here.isUp());
  const back = nextGap(here);
  await own.kill('SIGCONT');
  await back;
  there.publish(head(group, 1));
  t.true((await ear.until(1)).length > 0);
});

testRedis('a gap is announced only when every channel is heard again', async (t) => {
  const own = present(await redisService({ own: true }));
  t.teardown(own.stop);
  const { here, there } = await opener(own.url)(t);
  const groups = Array.from({ length: 1200 }, randomGroup);
  const ears = await Promise.all(groups.map((group) => listen(there, group)));
  const gap = nextGap(there);
  const upAgain = nextGap(here);
  await own.restart();
  await Promise.all([gap, upAgain]);
  for (const group of groups) here.publish(head(group, 1));
  for (const ear of ears) await ear.until(1);
  t.pass();
});

test('redis: it opens without a server, logs that once, and names no password', async (t) => {
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const address = nobody.address();
  nobody.close();
  const said: string[] = [];
  const logger = {
    info: () => {},
    warn: (fields: object, message: string) => said.push(JSON.stringify(fields) + message),
    error: () => {},
  };
  const port = typeof address === 'object' && address?.port;
  const bus = await openRedisBus({ url: `redis://:hunter2@127.0.0.1:${port}`, now: Date.now, logger, secrets: SECRETS });
  t.false(bus.isUp());
  bus.publish(head(randomGroup(), 1));
  await bus.close();
  t.is(said.length, 1);
  t.false(said.join().includes('hunter2'));
});

testRedis('two installations on one Redis hear nothing of each other, though the system log has one name', async (t) => {
  const { url } = present(redis);
  const [ours, also, theirs] = await Promise.all(
    ['one', 'one', 'two'].map((prefix) => openRedisBus({ url, prefix, now: Date.now, secrets: SECRETS })),
  );
  if (!ours || !also || !theirs) throw new Error('three buses were opened');
  t.teardown(() => Promise.all([ours.close(), also.close(), theirs.close()]));
  const group = randomGroup();
  const [here, there] = await Promise.all([listen(also, group), listen(theirs, group)]);
  theirs.publish(head(group, 7));
  ours.publish(head(group, 1));
  t.deepEqual(await here.until(1), [head(group, 1)]);
  t.deepEqual(await there.until(1), [head(group, 7)]);
  const user = asUserId('ann');
  await ours.presence.renew(group, user, 'page', 60_000);
  t.true((await also.presence.list(group)).has(user));
  t.false((await theirs.presence.list(group)).has(user));
});
