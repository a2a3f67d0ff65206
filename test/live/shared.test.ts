import test, { type ExecutionContext } from 'ava';
import { setDisabled } from '../../lib/accounts/operations.ts';
import { removeMember } from '../../lib/groups/operations.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { Clock, startServerFor, type TestServer } from '../helpers/server.ts';
import { freshDatabase, present, redisService, type Service } from '../helpers/services.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { LOBBY, numbers, openSite, type Site } from '../helpers/site.ts';
import { EventReader, type StreamEvent } from '../helpers/stream.ts';

const { mongo, redis, shared } = await sharedServices(test);

type Pair = Site & {
  /** The same session at the second server. */
  at2(who: Client): Client;
  stream2(who: Client, query?: string): Promise<EventReader>;
  readonly second: TestServer;
};

/** Two servers on one database and one Redis. */
async function openPair(t: ExecutionContext, ownRedis?: Service, leaseMs = 60_000): Promise<Pair> {
  const env = { MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: (ownRedis ?? present(redis)).url };
  const clock = new Clock();
  const site = await openSite(t, { env, clock, leaseMs });
  const second = await startServerFor(t, { env: { ...env, POSTS_PER_SECOND: '0' }, clock, leaseMs });
  const at2 = (who: Client): Client => who.at(second.url);
  const stream2 = async (who: Client, query = ''): Promise<EventReader> => {
    const reader = await EventReader.open(at2(who), `${LOBBY}/events${query}`);
    t.teardown(() => reader.close());
    return reader;
  };
  return { ...site, second, at2, stream2 };
}

shared('two servers: a message posted on either one arrives on both, once and in order', async (t) => {
  const { ann, bob, at2, stream, stream2 } = await openPair(t);
  const readers = [await stream(bob, '?as=json&after=2'), await stream2(ann, '?as=json&after=2')];
  const bob2 = at2(bob);
  await Promise.all(
    numbers(1, 20).flatMap((i) => [
      ann.json('POST', `${LOBBY}/messages`, { body: `ann ${i}` }),
      bob2.json('POST', `${LOBBY}/messages`, { body: `bob ${i}` }),
    ]),
  );
  for (const reader of readers) {
    await reader.until((events) => events.length === 40);
    t.deepEqual(reader.ids, numbers(3, 42));
  }
  const bodies = readers.map(({ events }) => events.map(({ data }) => JSON.parse(data).body));
  t.deepEqual(bodies[0], bodies[1]);
});

shared('two servers: a stream resumes at the other one by its cursor', async (t) => {
  const { ann, bob, post, stream, stream2, at2 } = await openPair(t);
  const first = await stream(bob, '?as=json&after=0');
  await post('a', 'b');
  await first.until((events) => events.length === 4);
  first.close();
  await post('c');
  const again = await EventReader.open(at2(bob), `${LOBBY}/events?as=json`, { 'Last-Event-ID': String(first.ids.at(-1)) });
  t.teardown(() => again.close());
  await again.until((events) => events.length === 1);
  t.deepEqual(again.ids, [5]);
  t.truthy(await stream2(ann));
});

shared("two servers: removing or disabling a user on one ends the user's streams on the other", async (t) => {
  const { core, ann, bob, annUser, bobUser, lobby, signUpInLobby, stream2, second } = await openPair(t);
  const eve = await signUpInLobby('Eve');
  const [theirs, hers] = [await stream2(bob, '?as=json'), await stream2(eve, '?as=json')];
  const mine = await stream2(ann, '?as=json');
  await removeMember(core, annUser.id, lobby, bobUser);
  t.deepEqual((await theirs.ended()).at(-1)?.event, 'closed');
  const eveUser = await userNamed(core, 'Eve');
  await setDisabled(core, annUser.id, eveUser, true);
  t.deepEqual((await hers.ended()).at(-1)?.event, 'closed');
  t.is(second.server.hub.streams, 1);
  mine.close();
});

shared('two servers: a user with a page on each is present until both are closed', async (t) => {
  const { core, ann, bob, bobUser, lobby, stream, stream2 } = await openPair(t);
  await stream(ann);
  const [here, there] = [await stream(bob), await stream2(bob)];
  const isThere = async (): Promise<boolean> => (await core.bus.presence.list(lobby.id)).has(bobUser.id);
  await eventually(isThere);
  here.close();
  await eventually(() => core.bus.presence.list(lobby.id).then((users) => users.size === 2));
  t.true(await isThere());
  there.close();
  await eventually(async () => !(await isThere()));
});

shared('two servers: a person with a page at one of them has a dot in lists at the other', async (t) => {
  const { ann, bob, stream, stream2 } = await openPair(t, undefined, 2000);
  await ann.json('POST', '/direct', { with: 'Bob' });
  const mine = await stream(ann);
  const isDotted = (is: boolean) => (events: readonly StreamEvent[]) => {
    const list = events.findLast(({ event }) => event === 'sidebar')?.data ?? '';
    return list.includes('>Bob<') && list.includes('data-present') === is;
  };
  await mine.until(isDotted(false));
  const there = await stream2(bob);
  await mine.until(isDotted(true));
  t.true((await ann.get('/groups')).text.includes('Bob<span class="vh">, online</span>'));
  there.close();
  const here = await stream(bob);
  here.close();
  await t.notThrowsAsync(mine.until(isDotted(false)));
});

shared('two servers: with Redis killed and restarted every message arrives once, within 2 s', async (t) => {
  const own = present(await redisService({ own: true }));
  t.teardown(() => own.stop());
  const { ann, bob, core, annUser, bobUser, stream2, signUpInLobby, second } = await openPair(t, own);
  const reader = await stream2(bob, '?as=json&after=2');
  let posted = 2;
  const postText = async (): Promise<number> => {
    const answer = await ann.json('POST', `${LOBBY}/messages`, { body: 'word' });
    t.is(answer.status, 201);
    posted += 1;
    const startedAt = performance.now();
    await reader.until(() => reader.ids.at(-1) === posted);
    return performance.now() - startedAt;
  };
  await postText();
  await own.kill('SIGKILL');
  const slowest = Math.max(await postText(), await postText());
  t.true(slowest < 2500, `${Math.round(slowest)} ms without Redis`);
  const eve = await signUpInLobby('Eve');
  posted += 1;
  const eveUser = await userNamed(core, 'Eve');
  const hers = await stream2(eve, '?as=json');
  await setDisabled(core, annUser.id, eveUser, true);
  t.is((await hers.ended()).at(-1)?.event, 'closed', 'a revocation needs no Redis either');
  await own.restart();
  await Promise.all(
    [core, second.core].map((one) =>
      eventually(() =>
        one.bus.ping().then(
          () => true,
          () => false,
        ),
      ),
    ),
  );
  const quick = Math.max(await postText(), await postText());
  t.true(quick < 1000, `${Math.round(quick)} ms with Redis back`);
  t.deepEqual(reader.ids, numbers(3, posted));
  t.truthy(bobUser);
});
