import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { openRedisBus } from '../../lib/bus/redis.ts';
import { sign } from '../../lib/bus/signing.ts';
import { encode } from '../../lib/bus/wire.ts';
import type { BusEvent } from '../../lib/events.ts';
import { SYSTEM_GROUP } from '../../lib/ids.ts';
import { openSecrets } from '../../lib/secrets.ts';
import { head, listen, posted, randomGroup } from '../contract/bus.ts';
import { nextGap } from '../contract/bus-outage.ts';
import { eventually } from '../helpers/eventually.ts';
import { startServerFor } from '../helpers/server.ts';
import { freshDatabase, isMissing, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';
import { LOBBY, openSite } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';

const [mongo, redis] = await Promise.all([mongoService(), redisService()]);
const onRedis = requireOrSkip(test, redis);
const shared = requireOrSkip(test, mongo, redis);

test.after.always(async () => {
  for (const service of [mongo, redis]) if (!isMissing(service)) await service.stop();
});

const [OURS, OLD, THEIRS] = ['our key ', 'old key ', 'another '].map((text) => text.repeat(5)) as [string, string, string];
const SENDER = '0123456789abcdef';

/** Somebody who may publish and listen on the same Redis. */
function attacker(t: ExecutionContext): Redis {
  const connection = new Redis(present(redis).url);
  t.teardown(() => connection.disconnect());
  return connection;
}

async function openBus(t: ExecutionContext, keys: readonly string[]) {
  const refused = { malformed: 0, forged: 0, stale: 0 };
  const warnings: unknown[] = [];
  const logger = { info() {}, error() {}, warn: (fields: object) => void warnings.push(fields) };
  const bus = await openRedisBus({ url: present(redis).url, now: Date.now, secrets: openSecrets(keys), refused, logger });
  t.teardown(() => bus.close());
  if (!bus.isUp()) await nextGap(bus);
  return { bus, refused, warnings };
}

/** What a server publishes, as it is on Redis. */
async function captured(t: ExecutionContext, channel: string, publish: () => void): Promise<string> {
  const ear = attacker(t);
  await ear.subscribe(channel);
  const heard = once(ear, 'message');
  publish();
  const [, payload] = await heard;
  return String(payload);
}

const channelOf = (event: BusEvent): string => `parley:{${event.group}}`;

onRedis('bus: what no server signed is dropped, counted and logged once, and the next real one is heard', async (t) => {
  const [here, there] = [await openBus(t, [OURS]), await openBus(t, [OURS])];
  const [group, other] = [randomGroup(), randomGroup()];
  const ear = await listen(there.bus, group);
  const enemy = attacker(t);
  const real = posted(group, 'real', 1);
  const genuine = await captured(t, channelOf(real), () => here.bus.publish(real));
  t.deepEqual(await ear.until(1), [real]);

  const [channel, elsewhere] = [`parley:{${group}}`, `parley:{${other}}`];
  const text = encode(posted(group, 'forged', 2));
  const now = Date.now();
  const forged: Record<string, string> = {
    unsigned: `${SENDER} ${text}`,
    'with another key': sign(openSecrets([THEIRS]), channel, SENDER, text, now),
    'for another channel': sign(openSecrets([OURS]), elsewhere, SENDER, text, now),
    'another text': genuine.replace('real', 'fake'),
    'another seq': genuine.replace('"seq":1', '"seq":2'),
    'another time': genuine.replace(/ (\d+) /, (_, at) => ` ${Number(at) + 1} `),
    'another sender': `${SENDER}${genuine.slice(SENDER.length)}`,
    'a signature alone': genuine.split(' ').slice(0, 3).join(' '),
    empty: '',
    'not a message': '{}',
  };
  for (const length of [1, 16, 30, 60, 75, 90, genuine.length - 1]) forged[`cut to ${length}`] = genuine.slice(0, length);
  for (const payload of Object.values(forged)) await enemy.publish(channel, payload);
  for (const type of ['typing', 'presence', 'mine', 'mark', 'draft'])
    await enemy.publish(channel, `${SENDER} ${JSON.stringify({ type, group, user: 'ann', id: 'x', until: now + 5000, of: group, n: 9 })}`);
  const late = sign(openSecrets([OURS]), channel, SENDER, text, now - 301_000);
  await enemy.publish(channel, late);
  here.bus.publish(head(group, 2));
  t.deepEqual(await ear.until(2), [real, head(group, 2)]);
  const { malformed, forged: unsigned, stale } = there.refused;
  t.is(malformed + unsigned + stale, Object.keys(forged).length + 6);
  t.true(malformed > 0 && unsigned > 0);
  t.is(stale, 1);
  t.is(there.warnings.length, 1, 'whoever sends many does not fill the log');
  t.deepEqual(here.refused, { malformed: 0, forged: 0, stale: 0 });
});

onRedis('bus: while keys are replaced, servers with both hear those with either', async (t) => {
  const [old, both, fresh] = [await openBus(t, [OLD]), await openBus(t, [OURS, OLD]), await openBus(t, [OURS])];
  const group = randomGroup();
  const [atOld, atBoth, atFresh] = [await listen(old.bus, group), await listen(both.bus, group), await listen(fresh.bus, group)];
  old.bus.publish(head(group, 1));
  t.deepEqual(await atBoth.until(1), [head(group, 1)]);
  both.bus.publish(head(group, 2));
  t.deepEqual(await atFresh.untilHead(2), [head(group, 2)]);
  fresh.bus.publish(head(group, 3));
  await atBoth.untilHead(3);
  old.bus.publish(head(group, 4));
  await atBoth.untilHead(4);
  t.deepEqual(atOld.events, [head(group, 1), head(group, 4)], 'not what the new key signed');
  await eventually(() => old.refused.forged === 2);
});

shared('bus: open streams show no forged message, no revocation, and the next real message; a repeated one changes nothing', async (t) => {
  const env = {
    MONGODB_URL: freshDatabase(present(mongo)),
    REDIS_URL: present(redis).url,
    SECRET_KEYS: OURS.trim(),
    POSTS_PER_SECOND: '0',
  };
  const site = await openSite(t, { env });
  const second = await startServerFor(t, { env, clock: site.clock });
  const prefix = `parley-${await site.core.store.settings.get('installation')}`;
  const enemy = attacker(t);
  const reader = await EventReader.open(site.bob.at(second.url), `${LOBBY}/events?as=json`);
  t.teardown(() => reader.close());
  const { seq, n, at } = await site.core.store.log.head(site.lobby.id);
  const channel = `${prefix}:{${site.lobby.id}}`;
  const entry = {
    kind: 'message',
    group: site.lobby.id,
    seq: seq + 1,
    n: n + 1,
    at,
    author: site.annUser.id,
    uid: 'x',
    body: 'forged',
    format: 'text',
  };
  const forged = JSON.stringify({ type: 'entries', group: site.lobby.id, entries: [entry] });
  const send = async (to: string, text: string): Promise<void> => {
    await enemy.publish(to, `${SENDER} ${text}`);
    await enemy.publish(to, sign(openSecrets([THEIRS]), to, SENDER, text, Date.now()));
  };
  await send(channel, forged);
  const system = await site.core.store.log.head(SYSTEM_GROUP);
  const revoke = { ...entry, group: SYSTEM_GROUP, seq: system.seq + 1, kind: 'revoke', member: site.bobUser.id, scope: 'account' };
  await send(`${prefix}:{${SYSTEM_GROUP}}`, JSON.stringify({ type: 'entries', group: SYSTEM_GROUP, entries: [revoke] }));

  const genuine = await captured(t, channel, () => void site.post('real 1'));
  await enemy.publish(channel, genuine);
  await site.post('real 2');
  await enemy.publish(channel, genuine);
  await site.post('real 3');
  await reader.until(() => reader.ids.includes(seq + 3));
  const bodies = reader.events.flatMap(({ data, event }) => (event === 'message' && data !== '' ? [JSON.parse(data).body] : []));
  t.deepEqual(bodies, ['real 1', 'real 2', 'real 3']);
  t.deepEqual(reader.ids, [seq + 1, seq + 2, seq + 3]);
  t.true(second.core.meters.busRefused.malformed >= 2);
  t.true(second.core.meters.busRefused.forged >= 2);
  t.regex((await second.client().get('/metrics', 'text/plain')).text, /^parley_bus_messages_refused_total\{reason="forged"\} [1-9]/m);
});
