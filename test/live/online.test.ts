import type { ExecutionContext } from 'ava';
import test from 'ava';
import { onlineChannelOf } from '../../lib/ids.ts';
import type { Client } from '../helpers/client.ts';
import type { TestOptions } from '../helpers/server.ts';
import { LOBBY, openSite } from '../helpers/site.ts';
import { EventReader, type StreamEvent } from '../helpers/stream.ts';

/** The list of groups that was sent last. */
const sidebarIn = (events: readonly StreamEvent[]): string => events.findLast(({ event }) => event === 'sidebar')?.data ?? '';
const count = (events: readonly StreamEvent[]): number => events.filter(({ event }) => event === 'sidebar').length;

/** Whether the row of this person is there, with a dot (`is`) or without. */
const shows =
  (name: string, is: boolean) =>
  (events: readonly StreamEvent[]): boolean => {
    const [row = ''] = sidebarIn(events).match(new RegExp(`<li[^>]*><a [^>]*>${name}<.*?</li>`, 's')) ?? [];
    return row !== '' && row.includes('data-present') === is && row.includes('<span class="vh">, online</span>') === is;
  };

/** Whether the row of Bob counts this many unread messages. */
const isUnread =
  (unread: number) =>
  (events: readonly StreamEvent[]): boolean =>
    new RegExp(`>Bob<((?!</li>).)*<span class="unread">${unread}<`, 's').test(sidebarIn(events));

/** Ann has direct messages with Bob, and both with Eve; Carl is in Lobby only. */
async function openPeople(t: ExecutionContext, options: TestOptions = {}) {
  const site = await openSite(t, options);
  const [eve, carl] = [await site.signUpInLobby('Eve'), await site.signUpInLobby('Carl')];
  const write = async (by: Client, ...names: string[]): Promise<string> => {
    const { slug } = (await by.json('POST', '/direct', { with: names })).json<{ slug: string }>();
    await by.json('POST', `/groups/${slug}/messages`, { body: 'hello' });
    return `/groups/${slug}`;
  };
  const direct = await write(site.ann, 'Bob');
  await write(site.bob, 'Ann', 'Eve');
  const sidebar = async (who: Client, more = ''): Promise<EventReader> => {
    const reader = await EventReader.open(who, `/events?as=sidebar${more}`);
    t.teardown(() => reader.close());
    return reader;
  };
  return { ...site, eve, carl, direct, sidebar };
}

test('online: a person with a page open has a dot in the list of those with direct messages, on every page, until their last page is closed', async (t) => {
  const { ann, bob, stream, sidebar } = await openPeople(t, { leaseMs: 200 });
  const [mine, elsewhere] = [await stream(ann), await sidebar(ann)];
  for (const page of [mine, elsewhere]) await page.until(shows('Bob', false));
  const theirs = await stream(bob);
  for (const page of [mine, elsewhere]) await page.until(shows('Bob', true));
  await theirs.until(shows('Ann', true));
  const another = await sidebar(bob);
  await another.until(shows('Ann', true));
  theirs.close();
  another.close();
  for (const page of [mine, elsewhere]) await page.until(shows('Bob', false));
  t.false(sidebarIn(mine.events).includes('data-present'), 'neither has the group of three');
});

test('online: whoever goes to the next page stays online', async (t) => {
  const { ann, bob, direct, stream } = await openPeople(t);
  const mine = await stream(ann);
  const theirs = await stream(bob);
  await mine.until(shows('Bob', true));
  const before = count(mine.events);
  theirs.close();
  const next = await stream(bob);
  await next.until(shows('Ann', true)); // by now the server has seen the first page go
  await bob.json('POST', `${direct}/messages`, { body: 'still here' });
  await mine.until(isUnread(1));
  t.is(count(mine.events), before + 1);
  t.true(shows('Bob', true)(mine.events));
});

test('online: hidden tabs and programs do not count', async (t) => {
  const { core, ann, bob, bobUser, direct, stream, sidebar } = await openPeople(t);
  const mine = await stream(ann);
  const hidden = await sidebar(bob, '&hidden=1');
  const program = await stream(bob, '?as=json');
  await hidden.until(shows('Ann', true));
  await bob.json('POST', `${LOBBY}/messages`, { body: 'from a program' });
  await program.until((events) => events.some(({ data }) => data.includes('from a program')));
  t.deepEqual([...(await core.bus.presence.list(onlineChannelOf(bobUser.id)))], []);
  await bob.json('POST', `${direct}/messages`, { body: 'one more' });
  await mine.until(isUnread(1));
  t.true(shows('Bob', false)(mine.events));
  await sidebar(bob);
  await t.notThrowsAsync(mine.until(shows('Bob', true)), 'a page that can be seen does');
  t.is((await bob.get('/events?as=sidebar&hidden=2')).status, 400);
});

test('online: the page has the dots, with a text', async (t) => {
  const { ann, bob, eve, stream } = await openPeople(t);
  const online = async (who: Client): Promise<string[]> => {
    const rows = (await who.get('/groups')).text.match(/<li class="c-[^>]*><a href="\/groups\/.*?<\/li>/gs) ?? [];
    return rows.filter((row) => row.includes(' data-present')).map((row) => /<a [^>]*>(.*?)<\/a>/s.exec(row)?.[1] ?? '');
  };
  t.deepEqual(await online(ann), []);
  await (await stream(bob)).until(shows('Ann', false));
  t.deepEqual(await online(ann), ['Bob<span class="vh">, online</span>']);
  t.deepEqual(await online(eve), [], 'a group of three has none');
  t.deepEqual(await online(bob), [], 'nor has oneself');
});

test('online: who comes and goes sends nothing to those without direct messages with them', async (t) => {
  const { ann, bob, carl, direct, stream } = await openPeople(t);
  const mine = await stream(ann);
  await mine.until(shows('Bob', false));
  const before = count(mine.events);
  await stream(carl);
  await mine.until((events) =>
    /data-present><a class="who"[^>]*><bdi>Carl</.test(events.findLast(({ data }) => data.includes('id="members"'))?.data ?? ''),
  );
  await bob.json('POST', `${direct}/messages`, { body: 'now' });
  await mine.until(isUnread(1));
  t.is(count(mine.events), before + 1);
});

test('online: a person whose server was killed loses the dot when the lease ends', async (t) => {
  const { core, clock, ann, bobUser, stream } = await openPeople(t, { heartbeatMs: 20 });
  await core.bus.presence.renew(onlineChannelOf(bobUser.id), bobUser.id, 'a process that is no more', 60_000);
  const mine = await stream(ann);
  await mine.until(shows('Bob', true));
  clock.turn(60_001);
  await t.notThrowsAsync(mine.until(shows('Bob', false)));
});
