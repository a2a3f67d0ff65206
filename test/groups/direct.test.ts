import test from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import { directSlug } from '../../lib/groups/group.ts';
import { changeMembership } from '../../lib/groups/membership.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
let carl: Client;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  [ann, bob, carl] = [await site.signUp('Ann'), await site.signUpInLobby('Bob'), await site.signUpInLobby('Carl')];
});
test.after.always(() => site.close());

type Listed = { slug: string; name: string; kind: string; unread: number; level: string; hidden: boolean; last: { text: string } | null };
type Opened = Pick<Listed, 'slug' | 'name' | 'kind'> & { id: string; url: string };

const idOf = async (name: string) => (await userNamed(site.core, name)).id;
const open = async (by: Client, ...names: string[]): Promise<Opened> => (await by.json('POST', '/direct', { with: names })).json<Opened>();
const listed = async (by: Client, slug: string, path = '/groups') =>
  (await by.get(path, 'application/json')).json<Listed[]>().find((one) => one.slug === slug);
/** The links of the sidebar on a page of another group. */
const sidebarOf = async (by: Client) => /<div id="sidebar"[\s\S]*?<\/div><\/div>/.exec((await by.get('/groups/lobby')).text)?.[0] ?? '';

test('direct messages: one group per set of people, in any order, by name or id', async (t) => {
  const first = await ann.json('POST', '/direct', { with: 'bob' });
  t.is(first.status, 201);
  const { id, slug, url, kind, name } = first.json<Opened>();
  t.deepEqual([url, kind, name], [`/groups/${slug}`, 'direct', 'Bob']);
  t.is(first.headers.get('location'), url);
  t.is(slug, directSlug([await idOf('Ann'), await idOf('Bob')]));
  for (const [by, names] of [
    [ann, ['BOB']],
    [bob, ['Ann']],
    [bob, [await idOf('Ann')]],
    [ann, ['Bob', 'bob', 'Ann', await idOf('Bob')]],
  ] as const) {
    const again = await by.json('POST', '/direct', { with: names });
    t.deepEqual([again.status, again.json().id], [200, id]);
  }
  t.is((await bob.form('/direct', { with: 'Ann' })).headers.get('location'), url);
});

test('direct messages: several names by commas, list or repeated field', async (t) => {
  const { slug } = await open(ann, 'Bob, Carl');
  t.is((await open(carl, 'Ann', 'Bob')).slug, slug);
  const form = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' };
  const answer = await bob.send('/direct', { method: 'POST', body: 'with=Ann&with=Carl', headers: form });
  t.is(answer.headers.get('location'), `/groups/${slug}`);
  t.not((await open(ann, 'Bob')).slug, slug, 'two of them have their own');
});

test('direct messages: the title is the names of the others, everywhere', async (t) => {
  const { slug } = await open(ann, 'Bob', 'Carl');
  await ann.json('POST', `/groups/${slug}/messages`, { body: 'hello both' });
  for (const [who, title] of [
    [ann, 'Bob, Carl'],
    [bob, 'Ann, Carl'],
    [carl, 'Ann, Bob'],
  ] as const) {
    t.regex(
      (await who.get(`/groups/${slug}`)).text,
      new RegExp(`<title>(\\(\\d+\\) )?${title} · Parley</title>[\\s\\S]*<h1 dir="auto">${title}</h1>`),
    );
    t.is((await who.get(`/groups/${slug}`, 'application/json')).json().name, title);
    t.is((await listed(who, slug))?.name, title);
    t.is((await listed(who, slug, '/direct'))?.name, title);
    for (const path of ['/groups', '/direct', `/groups/${slug}/settings`, `/groups/${slug}/members`, `/groups/${slug}/messages/4`])
      t.true((await who.get(path)).text.includes(title), path);
    t.true((await sidebarOf(who)).includes(`<a href="/groups/${slug}">${title}</a>`));
  }
});

test('direct messages: without others they are notes to oneself', async (t) => {
  const { slug, name } = await open(carl);
  t.is(name, 'Carl (you)');
  t.is((await carl.json('POST', '/direct', { with: ' , ' })).json().slug, slug);
  t.is((await carl.form('/direct', { with: '' })).headers.get('location'), `/groups/${slug}`);
  t.is((await carl.json('POST', '/direct', { with: 'Carl' })).json().slug, slug);
  t.is((await carl.json('POST', `/groups/${slug}/messages`, { body: 'milk' })).status, 201);
  t.is((await ann.get(`/groups/${slug}`)).status, 404);
});

test('direct messages: listed for the others from the first message on', async (t) => {
  const dora = await site.signUpInLobby('Dora');
  const { slug } = await open(dora, 'Bob');
  t.true((await sidebarOf(dora)).includes(slug), 'who opened it sees it');
  t.false((await sidebarOf(bob)).includes(slug));
  t.false((await bob.get('/groups')).text.includes(slug));
  t.is((await listed(bob, slug))?.hidden, true, 'programs are told');
  t.true((await bob.get('/direct')).text.includes(slug), 'and the page of all of them');
  await dora.json('POST', `/groups/${slug}/messages`, { body: 'Have you a minute?' });
  t.regex(await sidebarOf(bob), new RegExp(`${slug}">Dora</a> <span class="unread">1<`));
  t.like(await listed(bob, slug), { unread: 1, level: 'everything', hidden: false });
  t.regex((await bob.get('/groups')).text, /Direct messages<\/a><\/h2>[\s\S]*>Dora<\/a>[\s\S]*Have you a minute\?/);
});

test('direct messages: hidden until the next message or until shown again', async (t) => {
  const greta = await site.signUpInLobby('Greta');
  const { slug } = await open(greta, 'Bob');
  await bob.json('POST', `/groups/${slug}/messages`, { body: 'one' });
  const hide = (on: string) => greta.form(`/groups/${slug}/settings`, { action: 'hide', on });
  t.is((await hide('1')).status, 303);
  t.false((await sidebarOf(greta)).includes(slug));
  t.true((await sidebarOf(bob)).includes(slug), 'only for who asked');
  t.regex((await greta.get(`/groups/${slug}`)).text, new RegExp(`${slug}" aria-current="page"`), 'a page shows where it is');
  await bob.json('POST', `/groups/${slug}/messages`, { body: 'two' });
  t.true((await sidebarOf(greta)).includes(slug));
  await hide('1');
  await hide('0');
  t.true((await sidebarOf(greta)).includes(slug));
  await hide('1');
  await open(greta, 'Bob');
  t.true((await sidebarOf(greta)).includes(slug), 'who opens it wants to see it');
});

test('direct messages: an incomplete one is completed when opened again', async (t) => {
  const [eva, finn] = [await site.signUp('Eva'), await site.signUp('Finn')];
  const people = [await idOf('Eva'), await idOf('Finn')].sort();
  const { slug } = await open(eva, 'Finn');
  const group = await groupAt(site.core, slug);
  t.deepEqual(group.people, people);
  // The state after a crash: Finn was added, Eva was not.
  await changeMembership(site.core, group.id, await idOf('Eva'), { in: false, role: 'member', by: await idOf('Eva') });
  t.is((await eva.get(`/groups/${slug}`)).status, 404);
  t.is((await open(finn, 'Eva')).slug, slug);
  t.is((await eva.json('POST', `/groups/${slug}/messages`, { body: 'back' })).status, 201);
});

test('direct messages: bots may be members and open them by token', async (t) => {
  const { core } = site;
  const [group, user] = [await groupAt(core, 'lobby'), await userNamed(core, 'Ann')];
  const { token } = await createBot(core, user.id, { name: 'Walker', group });
  const walker = site.client().bearer(token);
  const { slug, name } = await open(walker, 'Carl');
  t.is(name, 'Carl');
  t.is((await walker.json('POST', `/groups/${slug}/messages`, { body: 'Your build is done' })).status, 201);
  t.is((await open(carl, 'Walker')).slug, slug);
  t.is((await listed(carl, slug))?.last?.text, 'Your build is done');
});

test('direct messages: an invalid form comes back with the reason', async (t) => {
  const everybody = await Promise.all(Array.from({ length: 8 }, (_, index) => site.signUp(`Crowd ${index}`)));
  t.is(everybody.length, 8);
  const namesOf = (count: number): string => Array.from({ length: count }, (_, index) => `Crowd ${index}`).join(', ');
  await site.signUp('Gone');
  await ann.form('/admin', { action: 'disable', user: await idOf('Gone') });
  for (const [names, words] of [
    ['Nobody here', /There is no user named Nobody here\./],
    ['Bob, Nobody', /There is no user named Nobody\./],
    ['Gone', /Gone is disabled/],
    [namesOf(8), /limited to 8 people/],
    ['a,'.repeat(400), /limited to 8 people/],
  ] as const) {
    const answer = await ann.form('/direct', { with: names });
    t.is(answer.status, 422, names);
    t.regex(answer.text, new RegExp(`id="with-error" role="alert">[^<]*${words.source}`));
    t.true(answer.text.includes(`name="with" value="${names}"`));
    t.like((await ann.json('POST', '/direct', { with: names })).json(), { code: 'invalid', field: 'with' });
  }
  t.is((await ann.json('POST', '/direct', { with: namesOf(7) })).status, 201);
  for (const odd of [{ with: { $ne: null } }, { with: [{ $gt: '' }] }, { with: 7 }, {}, { with: null }, { with: [['Bob']] }])
    t.is((await ann.json('POST', '/direct', odd)).status, 400, JSON.stringify(odd));
});

test('direct messages: readable after a member was disabled', async (t) => {
  const late = await site.signUp('Late');
  const { slug } = await open(late, 'Bob');
  await late.json('POST', `/groups/${slug}/messages`, { body: 'the last word' });
  await ann.form('/admin', { action: 'disable', user: await idOf('Late') });
  t.is((await open(bob, 'Late')).slug, slug);
  t.true((await bob.get(`/groups/${slug}`)).text.includes('the last word'));
});

test('direct messages: names with a comma or like an id are resolved', async (t) => {
  await site.signUp('Smith, Jo');
  const { name } = await open(ann, 'Smith, Jo');
  t.is(name, 'Smith, Jo');
  const bobsId = await idOf('Bob');
  await site.signUp(bobsId);
  t.is((await open(ann, bobsId)).name, 'Bob', 'an id goes before a name that imitates it');
});

test('direct messages: opened from the member list', async (t) => {
  await ann.json('POST', '/groups', { name: 'Members here' });
  await ann.json('POST', '/groups/members-here/members', { action: 'add', name: 'Bob' });
  const page = (await ann.get('/groups/members-here/members')).text;
  const form =
    /<form method="post" action="\/direct"><input type="hidden" name="with" value="(\w+)"><button class="plain">Message<span class="vh"> Bob<\/span>/;
  const [, id] = form.exec(page) ?? [];
  t.is(id, await idOf('Bob'));
  t.is((await ann.form('/direct', { with: id ?? '' })).headers.get('location'), (await open(bob, 'Ann')).url);
  t.notRegex(page, new RegExp(`name="with" value="${await idOf('Ann')}"`), 'not to oneself');
});

test('direct messages: the page omits joins; log and streams have them', async (t) => {
  const { slug } = await open(bob, 'Carl');
  t.notRegex((await bob.get(`/groups/${slug}`)).text, /class="line"|joined|added/);
  const stream = await EventReader.open(bob, `/groups/${slug}/events?as=json&after=0`);
  const [first, second] = await stream.until((all) => all.filter(({ id }) => id !== undefined).length >= 2);
  stream.close();
  t.deepEqual(
    [first, second].map((event) => JSON.parse(event?.data ?? '{}').kind),
    ['join', 'join'],
  );
});

test('direct messages: the form suggests all other accounts', async (t) => {
  const page = (await bob.get('/direct')).text;
  for (const name of ['Ann', 'Carl']) t.true(page.includes(`<option value="${name}">`));
  t.false(page.includes('<option value="Bob">'));
});

test('direct messages: API and search show the same title as pages', async (t) => {
  const { slug } = await open(bob, 'Carl');
  await carl.json('POST', `/groups/${slug}/messages`, { body: 'the marmalade recipe' });
  const me = (await bob.get('/me', 'application/json')).json<{ groups: { slug: string; name: string }[] }>();
  t.is(me.groups.find((one) => one.slug === slug)?.name, 'Carl');
  const found = (await bob.get('/search?q=marmalade', 'application/json')).json<{ results: { group_name: string }[] }>();
  t.deepEqual(
    found.results.map(({ group_name }) => group_name),
    ['Carl'],
  );
  t.is((await ann.get('/search?q=marmalade', 'application/json')).json<{ results: object[] }>().results.length, 0);
});
