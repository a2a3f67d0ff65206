import test from 'ava';
import { addMember, createGroup, groupAccess, removeMember, renameGroup } from '../../lib/groups/operations.ts';
import { edit, post } from '../../lib/messages/operations.ts';
import { eventually } from '../helpers/eventually.ts';
import { LOBBY } from '../helpers/site.ts';
import { EventReader, type StreamEvent } from '../helpers/stream.ts';
import { openGroups } from './all.ts';

/** The entries of the last sidebar: `> ` for the current group, name, unread count. */
function sidebarIn(events: readonly StreamEvent[]): string[] | undefined {
  const html = events.findLast(({ event }) => event === 'sidebar')?.data;
  return html?.match(/<li(?! class="label)[^>]*>.*?<\/li>/gs)?.map((line) => {
    const [, current = '', name = ''] = /<a href="[^"]+"( aria-current="page")?>([^<]*)</.exec(line) ?? [];
    const [, count = ''] = /<span class="unread(?: at)?">([^<]*)</.exec(line) ?? [];
    return [current && '>', name, count].filter(Boolean).join(' ');
  });
}

const sidebars = (events: readonly StreamEvent[]): StreamEvent[] => events.filter(({ event }) => event === 'sidebar');
const shows =
  (...lines: string[]) =>
  (events: readonly StreamEvent[]): boolean =>
    sidebarIn(events)?.join() === lines.join();

test("sidebar: a page's stream starts with the whole sidebar and sends it again on changes, without moving the cursor", async (t) => {
  const { bob, lobby, groups, bobUser, postText, stream } = await openGroups(t, ['Kitchen', 'Garden']);
  const [kitchen, garden] = groups;
  if (!kitchen || !garden) return t.fail();
  const page = await stream(bob);
  await page.until(shows('Garden', 'Kitchen', '> Lobby'));
  await postText(kitchen, 'one');
  await postText(kitchen, 'two');
  await page.until(shows('Kitchen 2', 'Garden', '> Lobby'));
  await postText(garden, 'hello @Bob', [bobUser.id]);
  await page.until(shows('Garden @1', 'Kitchen 2', '> Lobby'));
  await postText(lobby, 'seen right here');
  await page.until(() => page.ids.length === 1);
  t.deepEqual(page.ids, [3]);
  t.true(sidebars(page.events).every(({ id }) => id === undefined));
  t.is(/data-waiting="([^"]*)"/.exec(sidebars(page.events).at(-1)?.data ?? '')?.[1], '1', 'what names him');
});

test('sidebar: follows memberships and renamed groups', async (t) => {
  const { core, bob, annUser, bobUser, groups, stream } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const page = await stream(bob);
  await page.until(shows('Kitchen', '> Lobby'));
  const cellar = await createGroup(core, annUser, { name: 'Cellar' });
  await addMember(core, annUser.id, cellar, bobUser);
  await page.until(shows('Cellar', 'Kitchen', '> Lobby'));
  await renameGroup(core, annUser.id, kitchen, 'Pantry');
  await page.until(shows('Cellar', '> Lobby', 'Pantry'));
  await removeMember(core, annUser.id, cellar, bobUser);
  await t.notThrowsAsync(page.until(shows('> Lobby', 'Pantry')));
});

test('sidebar: a read mark set in one tab reaches the others', async (t) => {
  const { bob, groups, bobUser, postText, stream } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const tabs = [await stream(bob), await stream(bob)];
  await postText(kitchen, 'hello @Bob', [bobUser.id]);
  for (const tab of tabs) await tab.until(shows('Kitchen @1', '> Lobby'));
  t.is((await bob.get('/groups/kitchen')).status, 200);
  for (const tab of tabs) await tab.until(shows('Kitchen', '> Lobby'));
  await postText(kitchen, 'and another');
  for (const tab of tabs) await tab.until(shows('Kitchen 1', '> Lobby'));
  await bob.json('POST', '/groups/kitchen/read', {});
  for (const tab of tabs) await tab.until(shows('Kitchen', '> Lobby'));
});

test('sidebar: an edit that mentions the user counts; mentions of others do not', async (t) => {
  const { core, bob, annUser, groups, stream } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const at = await groupAccess(core, annUser, kitchen);
  const page = await stream(bob);
  const { message } = await post(core, at, { body: 'hello @Ann' });
  await page.until(shows('Kitchen 1', '> Lobby'));
  await edit(core, at, message.seq, 'hello @Bob');
  await t.notThrowsAsync(page.until(shows('Kitchen @1', '> Lobby')));
});

test('sidebar: is not updated for entries of groups that the user is not in, or has left', async (t) => {
  const { core, ann, bob, annUser, bobUser, groups, postText, stream } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const hidden = await createGroup(core, annUser, { name: 'Hidden' });
  const [theirs, mine] = [await stream(bob), await stream(ann)];
  await theirs.until(shows('Kitchen', '> Lobby'));
  await removeMember(core, annUser.id, kitchen, bobUser);
  await theirs.until(shows('> Lobby'));
  const before = theirs.events.length;
  for (let i = 1; i <= 3; i += 1) {
    await postText(hidden, `${i}`);
    await postText(kitchen, `${i}`);
    await mine.until((events) => sidebarIn(events)?.join() === `Hidden ${i},Kitchen ${i},> Lobby`);
  }
  t.is(theirs.events.length, before);
});

test('sidebar: is sent at most twice per second, and only when something visible changed', async (t) => {
  const { bob, lobby, groups, postText, stream } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const page = await stream(bob);
  await page.until(shows('Kitchen', '> Lobby'));
  const startedAt = performance.now();
  for (let i = 1; i <= 150; i += 1) await postText(kitchen, `${i}`);
  await page.until(shows('Kitchen 99+', '> Lobby'));
  const seconds = (performance.now() - startedAt) / 1000;
  t.true(sidebars(page.events).length <= 2 + Math.ceil(seconds * 2), `${sidebars(page.events).length} in ${seconds} s`);
  const before = sidebars(page.events).length;
  await postText(kitchen, 'one more of too many');
  const { seq } = await postText(lobby, 'seen right here');
  await page.until(() => page.ids.includes(seq));
  const second = await stream(bob); // the sidebar is sent after all earlier events
  await second.until(shows('Kitchen 99+', '> Lobby'));
  t.is(sidebars(page.events).length, before);
});

test('sidebar: programs, text streams and the live document do not get it; the sidebar stream gets nothing else', async (t) => {
  const { server, bob, groups, postText, stream } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const program = await stream(bob, '?as=json');
  const slim = await EventReader.open(bob, '/events?as=sidebar');
  t.teardown(() => slim.close());
  await slim.until(shows('Kitchen', 'Lobby'));
  await postText(kitchen, 'hello');
  await slim.until(shows('Kitchen 1', 'Lobby'));
  t.deepEqual(program.events, []);
  t.true(slim.events.every(({ event, id }) => event === 'sidebar' && id === undefined));
  await bob.form('/settings/logout-everywhere', {});
  slim.close();
  await eventually(() => server.hub.streams < 2);
});

test('sidebar: a page that connects during a short store outage gets it afterwards', async (t) => {
  const { core, bob, groups, postText, stream } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const { byIds } = core.store.groups;
  let asked = 0;
  const { StoreUnavailable } = await import('../../lib/errors.ts');
  core.store.groups.byIds = async (ids) => {
    asked += 1;
    if (asked === 1) throw new StoreUnavailable('away, as the test wants it');
    return byIds(ids);
  };
  const page = await stream(bob);
  await page.until(shows('Kitchen', '> Lobby'));
  t.true(asked > 1);
  await postText(kitchen, 'hello');
  await page.until(shows('Kitchen 1', '> Lobby'));
});

test('sidebar: the page itself contains it, also without JavaScript', async (t) => {
  const { bob, groups, bobUser, postText } = await openGroups(t, ['Kitchen', 'Garden']);
  const [kitchen, garden] = groups;
  if (!kitchen || !garden) return t.fail();
  await postText(kitchen, 'hello');
  await postText(garden, 'hello @Bob', [bobUser.id]);
  const { text } = await bob.get(LOBBY);
  const html = /<div id="sidebar".*?<\/div><\/div>/s.exec(text)?.[0] ?? '';
  t.deepEqual(sidebarIn([{ id: undefined, event: 'sidebar', data: html }]), ['Garden @1', 'Kitchen 1', '> Lobby']);
  t.regex(html, /1<span class="vh"> unread mentions<\/span>/);
  t.regex(html, /1<span class="vh"> unread<\/span>/);
});
