import test from 'ava';
import { createAccount } from '../../lib/accounts/operations.ts';
import { insertGroup } from '../../lib/groups/operations.ts';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
  const { core } = site;
  for (let i = 0; i < 130; i += 1) {
    site.clock.turn(1);
    await createAccount(core, { name: `Person ${i}`, password: null });
    await insertGroup(core, `Group ${i}`, false);
  }
  site.clock.turn(1);
  await createAccount(core, { name: 'Zoë', password: null });
  await createAccount(core, { name: 'Walker', password: null, bot: true });
  await insertGroup(core, 'Zoology', false);
});
test.after.always(() => site.close());

const namesIn = (page: string, title: string): string[] => {
  const [section = ''] = new RegExp(`<section aria-labelledby="${title}">[\\s\\S]*?</section>`).exec(page) ?? [];
  return [...section.matchAll(/<th scope="row"><(?:b|a)[^>]*>([^<]*)</g)].map(([, name = '']) => name);
};
const moreIn = (page: string, label: string): string | undefined =>
  new RegExp(`rel="next" href="([^"]*)">${label}`).exec(page)?.[1]?.replaceAll('&amp;', '&').split('#')[0];

test.serial('admin: long lists have pages, and each row is on exactly one', async (t) => {
  for (const [title, label, first, count] of [
    ['people-title', 'More people', 'Ann', 132],
    ['groups-title', 'More groups', 'Lobby', 132],
  ] as const) {
    const pages: string[][] = [];
    for (let path: string | undefined = '/admin'; path; ) {
      const { text }: { text: string } = await ann.get(path);
      pages.push(namesIn(text, title));
      path = moreIn(text, label);
    }
    t.deepEqual(
      pages.map((names) => names.length),
      [100, count - 100],
      title,
    );
    t.is(pages[0]?.[0], first);
    t.is(new Set(pages.flat()).size, count);
  }
});

test.serial('admin: people and groups are found by a part of their name, ignoring case', async (t) => {
  for (const [words, people, groups] of [
    ['ZO', ['Zoë'], ['Zoology']],
    ['person 12', ['Person 12', ...Array.from({ length: 10 }, (_, i) => `Person 12${i}`)], []],
    ['ＺＯË', ['Zoë'], []],
    ['%', [], []],
    ['.*', [], []],
    ["' OR 1=1 --", [], []],
  ] as const) {
    const { status, text } = await ann.get(`/admin?q=${encodeURIComponent(words)}`);
    t.is(status, 200);
    t.deepEqual([namesIn(text, 'people-title'), namesIn(text, 'groups-title')], [people, groups] as unknown as [string[], string[]], words);
  }
  const { text } = await ann.get('/admin?q=group');
  t.is(namesIn(text, 'groups-title').length, 100);
  t.is(namesIn((await ann.get(moreIn(text, 'More groups') ?? '')).text, 'groups-title').length, 30, 'the search goes on with the list');
});

test.serial('admin: an administrator archives and unarchives a group', async (t) => {
  const group = () => site.core.store.groups.bySlug('zoology');
  for (const [action, archived] of [
    ['archive', true],
    ['archive', true],
    ['unarchive', false],
  ] as const) {
    t.is((await ann.form('/admin', { action, group: 'zoology' })).headers.get('location'), '/admin');
    t.is((await group())?.archived, archived);
  }
  t.is((await ann.form('/admin', { action: 'archive', group: 'nowhere' })).status, 404);
});

test.serial('admin: administrators see only the number of direct conversations', async (t) => {
  const [bob, eve] = [await site.signUp('Bob'), await site.signUp('Eve')];
  const { slug } = (await bob.json('POST', '/direct', { with: 'Eve' })).json<{ slug: string }>();
  await eve.json('POST', `/groups/${slug}/messages`, { body: 'between us' });
  for (const path of ['/admin', '/admin?q=bob', '/admin?q=dm-', '/admin?q=direct', '/admin?groups=131']) {
    const { text } = await ann.get(path);
    t.regex(text, /132 groups, and 1 direct conversation,/);
    t.false(text.includes(slug), path);
    t.deepEqual(
      namesIn(text, 'groups-title').filter((name) => /direct/i.test(name)),
      [],
      path,
    );
  }
  t.is((await ann.form('/admin', { action: 'archive', group: slug })).status, 404);
  t.is((await bob.get('/admin')).status, 403);
});

test.serial('admin: odd parameters cause no server error', async (t) => {
  for (const query of ['people=nobody', 'bots=x', 'groups=99999', 'q=', `q=${'x'.repeat(900)}`])
    t.is((await ann.get(`/admin?${query}`)).status, 200, query);
  for (const query of ['groups=x', 'groups=-1', 'q=a&q=b', 'q[$ne]=1', `q=${'x'.repeat(1100)}`])
    t.true([200, 400].includes((await ann.get(`/admin?${query}`)).status), query);
  for (const odd of [
    {},
    { action: 'archive' },
    { action: 'disable' },
    { action: 'archive', user: 'x' },
    { action: 'explode', group: 'lobby' },
  ])
    t.is((await ann.form('/admin', odd as Record<string, string>)).status, 400, JSON.stringify(odd));
});
