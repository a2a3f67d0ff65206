import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import calculateSlot from 'cluster-key-slot';
import type { Bus } from '../../lib/bus/port.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';
import { busContract, head, listen } from './bus.ts';
import { nextGap, opener } from './bus-outage.ts';
import { type Shard, type Shards, startShards } from './redis-shards.ts';

/** The bus over a Redis Cluster of three nodes. Tests that stop a node use a cluster of their own. */
const cluster = await startShards(3);
const testShards = requireOrSkip(test, cluster);
test.after.always(() => (isMissing(cluster) ? undefined : cluster.stop()));

busContract(testShards.serial, (t) => opener(present(cluster).url)(t));

async function ownShards(t: ExecutionContext): Promise<Shards & { readonly lost: Shard; readonly kept: Shard }> {
  const own = present(await startShards(3));
  t.teardown(own.stop);
  const [kept, lost] = own.shards;
  if (!kept || !lost) throw new Error('three shards were started');
  return { ...own, kept, lost };
}

/** Resolves once the bus reports this state; pings as the hub does. */
async function untilUp(bus: Bus, isUp: boolean): Promise<void> {
  while (bus.isUp() !== isUp) {
    await bus.ping().catch(() => {});
    await setImmediate();
  }
}

test('bus shards: a key has the slot of the specification', (t) => {
  t.is(calculateSlot('123456789'), 0x31c3);
  t.is(calculateSlot('parley:{ann}:presence'), calculateSlot('ann'));
});

testShards('a key has the slot that the server gives it', async (t) => {
  const [shard] = present(cluster).shards;
  for (const key of ['parley:{0123456789abcdef}', '{}', '{{a}b}c', 'ünï{cødé}', 'no tag', '}{x}'])
    t.is(calculateSlot(key), Number(await shard?.ask.cluster('KEYSLOT', key)), key);
});

testShards('groups of every shard pass, and presence is kept in each', async (t) => {
  const { shards, groupAt, url } = present(cluster);
  const { here, there } = await opener(url)(t);
  for (const shard of shards) {
    const group = groupAt(shard);
    const ear = await listen(there, group);
    here.publish(head(group, 1));
    t.deepEqual(await ear.until(1), [head(group, 1)]);
    t.true(await here.presence.renew(group, 'ann' as never, 'page', 60_000));
    t.is((await there.presence.list(group)).size, 1);
  }
});

testShards('a killed node silences its own groups alone, which the bus says; started again it is heard again', async (t) => {
  const { url, lost, kept, groupAt } = await ownShards(t);
  const { here, there } = await opener(url)(t);
  const [silent, going, late] = [groupAt(lost), groupAt(kept), groupAt(lost)];
  const [silentEar, goingEar] = [await listen(there, silent), await listen(there, going)];
  await lost.service.kill('SIGKILL');
  await Promise.all([untilUp(here, false), untilUp(there, false)]); // so that the hub asks the store instead
  here.publish(head(silent, 1));
  const lateEar = await listen(there, late);
  for (let seq = 1; seq <= 3; seq += 1) here.publish(head(going, seq));
  t.is((await goingEar.until(3)).length, 3);
  t.true(await here.presence.renew(going, 'ann' as never, 'page', 60_000));
  t.false(await here.presence.renew(silent, 'ann' as never, 'page', 60_000));

  const gaps = Promise.all([nextGap(here), nextGap(there)]);
  await lost.service.restart();
  await gaps;
  await Promise.all([untilUp(here, true), untilUp(there, true)]);
  for (const group of [silent, late, going]) here.publish(head(group, 9));
  await silentEar.untilHead(9);
  const announcedLate = head(silent, 1); // if the other side's event came first
  t.deepEqual(
    silentEar.events.filter((event) => !isDeepStrictEqual(event, announcedLate)),
    [head(silent, 9)],
  );
  t.deepEqual(await lateEar.until(1), [head(late, 9)]);
  t.deepEqual(await goingEar.until(4), [head(going, 1), head(going, 2), head(going, 3), head(going, 9)]);
});

testShards('a frozen node is noticed though nothing is closed, and the others go on', async (t) => {
  const { url, lost, kept, groupAt } = await ownShards(t);
  const { here, there } = await opener(url)(t);
  const [frozen, going] = [groupAt(lost), groupAt(kept)];
  const [frozenEar, goingEar] = [await listen(there, frozen), await listen(there, going)];
  await lost.service.kill('SIGSTOP');
  await t.throwsAsync(here.ping());
  t.false(here.isUp());
  here.publish(head(going, 1));
  t.deepEqual(await goingEar.until(1), [head(going, 1)]);
  await lost.service.kill('SIGCONT');
  await Promise.all([untilUp(here, true), untilUp(there, true)]);
  here.publish(head(frozen, 2));
  await frozenEar.until(1);
});

testShards('a slot that moves to another node takes its subscriptions along', async (t) => {
  const { url, lost, kept, groupAt, move } = await ownShards(t);
  const { here, there } = await opener(url)(t);
  const [moving, staying] = [groupAt(lost), groupAt(lost)];
  const [movingEar, stayingEar] = [await listen(there, moving), await listen(there, staying)];
  const gap = nextGap(there); // events of the outage are read from the store
  await move(calculateSlot(`{${moving}}`), lost, kept);
  await gap;
  here.publish(head(moving, 1));
  here.publish(head(staying, 1));
  t.deepEqual(await movingEar.until(1), [head(moving, 1)]);
  t.deepEqual(await stayingEar.until(1), [head(staying, 1)]);
  await Promise.all([untilUp(here, true), untilUp(there, true)]);
  const late = await listen(here, moving);
  there.publish(head(moving, 2));
  t.deepEqual(await late.until(1), [head(moving, 2)]);
});
