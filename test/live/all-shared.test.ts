import test, { type ExecutionContext } from 'ava';
import { addMember, createGroup, removeMember } from '../../lib/groups/operations.ts';
import type { Client } from '../helpers/client.ts';
import { Clock, startServerFor } from '../helpers/server.ts';
import { freshDatabase, present, redisService, type Service } from '../helpers/services.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { numbers } from '../helpers/site.ts';
import { EventReader, type StreamEvent } from '../helpers/stream.ts';
import { cursorOf, entriesIn, type Groups, openGroups, seqsIn } from './all.ts';

const { mongo, redis, shared } = await sharedServices(test);

type Pair = Groups & {
  /** A stream of the same user at the second server. */
  all2(who: Client, path: string, headers?: Record<string, string>): Promise<EventReader>;
};

/** Two servers on one database and one Redis. */
async function openPair(t: ExecutionContext, names: readonly string[], ownRedis?: Service): Promise<Pair> {
  const env = { MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: (ownRedis ?? present(redis)).url };
  const clock = new Clock();
  const site = await openGroups(t, names, { env, clock });
  const second = await startServerFor(t, { env: { ...env, POSTS_PER_SECOND: '0' }, clock });
  const all2 = async (who: Client, path: string, headers: Record<string, string> = {}): Promise<EventReader> => {
    const reader = await EventReader.open(who.at(second.url), path, headers);
    t.teardown(() => reader.close());
    return reader;
  };
  return { ...site, all2 };
}

const bodiesIn = (events: readonly StreamEvent[]): (string | undefined)[] => entriesIn(events).flatMap(({ body }) => body ?? []);

shared('two servers: a multi-group stream resumes at the other one by a stored cursor set', async (t) => {
  const { bob, groups, postText, all, all2 } = await openPair(
    t,
    numbers(1, 10).map((n) => `Room ${n}`),
  );
  const [room] = groups;
  if (!room) return t.fail();
  const first = await all(bob);
  for (let said = 0; !/^[0-9a-z]{16}/.test(cursorOf(first.events)) || cursorOf(first.events).startsWith('none'); ) {
    await postText(room, `${said}`);
    said += 1;
    await first.until((events) => entriesIn(events).length === said);
  }
  first.close();
  for (const group of groups) await postText(group, 'in between');
  const again = await all2(bob, '/events', { 'Last-Event-ID': cursorOf(first.events) });
  await again.until((events) => entriesIn(events).length === groups.length);
  t.deepEqual(Object.keys(seqsIn(entriesIn(again.events))).sort(), groups.map(({ slug }) => slug).sort());
  t.true(bodiesIn(again.events).every((body) => body === 'in between'));
});

/** Less than a heartbeat, at which heads are compared in any case, ms; much more than it takes. */
const HEARD_MS = 10_000;

shared(
  'who is added or put out at one server hears of it at the other, in the stream and in the sidebar; with Redis away too',
  async (t) => {
    const own = present(await redisService({ own: true }));
    t.teardown(() => own.stop());
    const { core, bob, annUser, bobUser, postText, all2 } = await openPair(t, [], own);
    const [stream, page] = [await all2(bob, '/events'), await all2(bob, '/groups/lobby/events')];
    const lists = (name: string, isListed: boolean) => (events: readonly StreamEvent[]) =>
      events.findLast(({ event }) => event === 'sidebar')?.data.includes(name) === isListed;
    await page.until(lists('Lobby', true));
    const join = async (name: string): Promise<number> => {
      const group = await createGroup(core, annUser, { name });
      const startedAt = performance.now();
      await addMember(core, annUser.id, group, bobUser);
      await postText(group, `welcome to ${name}`);
      await stream.until((events) => bodiesIn(events).includes(`welcome to ${name}`));
      const ms = performance.now() - startedAt;
      await page.until(lists(name, true));
      await removeMember(core, annUser.id, group, bobUser);
      await postText(group, `${name} without him`);
      await page.until(lists(name, false));
      await stream.until((events) => entriesIn(events).some(({ group: slug, kind }) => slug === name.toLowerCase() && kind === 'leave'));
      return ms;
    };
    const ms = await join('Kitchen');
    t.true(ms < HEARD_MS, `${Math.round(ms)} ms`);
    await own.kill('SIGKILL');
    const msWithout = await join('Garden');
    t.true(msWithout < HEARD_MS, `${Math.round(msWithout)} ms without Redis`);
    t.false(bodiesIn(stream.events).some((body) => body?.includes('without him')));
    t.deepEqual(
      entriesIn(stream.events).map(({ group, kind }) => `${group} ${kind}`),
      ['kitchen join', 'kitchen message', 'kitchen leave', 'garden join', 'garden message', 'garden leave'],
    );
  },
);

shared('two servers: a read mark set on one reaches the tabs on the other', async (t) => {
  const { bob, groups, postText, all2 } = await openPair(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const page = await all2(bob, '/groups/lobby/events');
  const unread = (count: number) => (events: readonly StreamEvent[]) => {
    const html = events.findLast(({ event }) => event === 'sidebar')?.data ?? '';
    return html !== '' && Number(/class="unread">(\d+)/.exec(html)?.[1] ?? 0) === count;
  };
  await page.until(unread(0));
  await postText(kitchen, 'hello');
  await page.until(unread(1));
  await bob.get('/groups/kitchen');
  await t.notThrowsAsync(page.until(unread(0)));
});
