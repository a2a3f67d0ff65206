import test from 'ava';
import type { Answer, Client } from '../helpers/client.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
let count = 0;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
  bob = await site.signUp('Bob');
  for (const name of ['Carl', 'Dora', 'Eve']) await site.signUp(name);
});
test.after.always(() => site.close());

const idOf = async (name: string): Promise<string> => (await userNamed(site.core, name)).id;

/** Creates a group moderated by Bob with these members. */
async function groupOfBob(...names: string[]): Promise<string> {
  count += 1;
  const { slug } = (await bob.json('POST', '/groups', { name: `Group of Bob ${count}` })).json<{ slug: string }>();
  for (const name of names) await change(bob, slug, 'add', name);
  return slug;
}

async function change(by: Client, slug: string, action: string, name = ''): Promise<Answer> {
  const who = action === 'add' ? { name } : action === 'leave' ? {} : { user: await idOf(name) };
  return by.json('POST', `/groups/${slug}/members`, { action, ...who });
}

async function rolesIn(slug: string): Promise<Record<string, string>> {
  const group = await site.core.store.groups.bySlug(slug);
  const members = group ? await site.core.store.memberships.ofGroup(group.id) : [];
  const users = new Map((await site.core.store.users.byIds(members.map(({ user }) => user))).map(({ id, name }) => [id, name]));
  return Object.fromEntries(members.map(({ user, role }) => [users.get(user) ?? '', role]));
}

const logIn = async (name: string): Promise<Client> => {
  const client = site.client();
  await client.form('/login', { name, password: 'correct horse battery' });
  return client;
};

test('members: a moderator adds a person, who can read all earlier messages', async (t) => {
  const slug = await groupOfBob();
  await bob.json('POST', `/groups/${slug}/messages`, { body: 'said before' });
  const carl = await logIn('Carl');
  t.is((await carl.get(`/groups/${slug}`)).status, 404);
  t.is((await bob.form(`/groups/${slug}/members`, { action: 'add', name: ' CARL ' })).status, 303);
  t.regex((await carl.get(`/groups/${slug}`)).text, /said before/);
  t.regex((await carl.get(`/groups/${slug}`)).text, /Bob added Carl/);
});

test('members: an unknown name comes back in the form with the reason', async (t) => {
  const slug = await groupOfBob();
  const answer = await bob.form(`/groups/${slug}/members`, { action: 'add', name: 'Nobody' });
  t.is(answer.status, 422);
  t.regex(answer.text, /id="add-name-error" role="alert">There is no user named Nobody/);
  t.regex(answer.text, /name="name" type="text" value="Nobody"/);
});

test('members: a removed member cannot read; the others see who removed them', async (t) => {
  const slug = await groupOfBob('Carl');
  const carl = await logIn('Carl');
  t.is((await carl.get(`/groups/${slug}`)).status, 200);
  t.is((await change(bob, slug, 'remove', 'Carl')).status, 200);
  t.is((await carl.get(`/groups/${slug}`)).status, 404);
  t.is((await carl.json('POST', `/groups/${slug}/messages`, { body: 'still here' })).status, 404);
  t.regex((await bob.get(`/groups/${slug}`)).text, /Bob removed Carl/);
});

test('members: a plain member sees the list and can leave, nothing else', async (t) => {
  const slug = await groupOfBob('Carl', 'Dora');
  const carl = await logIn('Carl');
  t.is((await carl.get(`/groups/${slug}/members`)).status, 200);
  t.notRegex((await carl.get(`/groups/${slug}/members`)).text, /value="(add|remove|moderator)"/);
  for (const [action, name] of [
    ['add', 'Eve'],
    ['remove', 'Dora'],
    ['moderator', 'Carl'],
    ['member', 'Bob'],
  ] as const)
    t.is((await change(carl, slug, action, name)).status, 403, action);
  t.deepEqual(await rolesIn(slug), { Bob: 'moderator', Carl: 'member', Dora: 'member' });
  t.is((await change(carl, slug, 'leave')).status, 200);
  t.is((await carl.get(`/groups/${slug}`)).status, 404);
});

test('members: a moderator can make others moderators', async (t) => {
  const slug = await groupOfBob('Carl', 'Dora');
  const carl = await logIn('Carl');
  t.is((await change(bob, slug, 'moderator', 'Carl')).status, 200);
  t.is((await change(carl, slug, 'moderator', 'Dora')).status, 200);
  t.is((await change(carl, slug, 'member', 'Bob')).status, 200);
  t.deepEqual(await rolesIn(slug), { Bob: 'member', Carl: 'moderator', Dora: 'moderator' });
  t.is((await change(bob, slug, 'remove', 'Dora')).status, 403, 'who was one is one no more');
});

test('members: the last moderator cannot leave or be demoted while others remain', async (t) => {
  const slug = await groupOfBob('Carl');
  for (const [action, name] of [
    ['leave', ''],
    ['remove', 'Bob'],
    ['member', 'Bob'],
  ] as const)
    t.is((await change(bob, slug, action, name)).status, 409, action);
  t.deepEqual(await rolesIn(slug), { Bob: 'moderator', Carl: 'member' });
  await change(bob, slug, 'moderator', 'Carl');
  t.is((await change(bob, slug, 'remove', 'Bob')).status, 200);
  t.deepEqual(await rolesIn(slug), { Carl: 'moderator' });
});

test('members: the last member can leave', async (t) => {
  const slug = await groupOfBob();
  t.is((await bob.form(`/groups/${slug}/members`, { action: 'leave' })).headers.get('location'), '/groups');
  t.deepEqual(await rolesIn(slug), {});
});

test('members: administrators manage groups without being able to read them', async (t) => {
  const slug = await groupOfBob('Carl');
  t.is((await ann.get(`/groups/${slug}/members`)).status, 200);
  t.is((await change(ann, slug, 'add', 'Dora')).status, 200);
  t.is((await change(ann, slug, 'remove', 'Bob')).status, 200);
  t.deepEqual(await rolesIn(slug), { Carl: 'member', Dora: 'member' });
  t.is((await ann.get(`/groups/${slug}`)).status, 404);
  t.is((await ann.get(`/groups/${slug}/messages`)).status, 404);
});

test('members: several administrators have the same rights', async (t) => {
  const fresh = await startServerFor(t);
  const [first, second] = [await fresh.signUp('First'), await fresh.signUp('Second')];
  const id = async (name: string) => (await fresh.core.store.users.byNameKey(name))?.id ?? '';
  t.is((await second.get('/admin')).status, 403);
  await first.form('/admin', { action: 'admin', user: await id('second') });
  t.is((await second.get('/admin')).status, 200);
  t.is((await second.form('/admin', { action: 'unadmin', user: await id('first') })).status, 303);
  t.is((await first.get('/admin')).status, 403);
});

test('members: adding and removing is idempotent', async (t) => {
  const slug = await groupOfBob('Carl');
  for (const action of ['add', 'remove', 'remove', 'add', 'add']) await change(bob, slug, action, 'Carl');
  t.deepEqual(await rolesIn(slug), { Bob: 'moderator', Carl: 'member' });
  const page = (await bob.get(`/groups/${slug}`)).text;
  t.deepEqual([page.match(/Bob added Carl/g)?.length, page.match(/Bob removed Carl/g)?.length], [2, 1]);
});

test('members: adding again keeps the role', async (t) => {
  const slug = await groupOfBob('Carl');
  await change(bob, slug, 'moderator', 'Carl');
  await change(bob, slug, 'add', 'Carl');
  t.deepEqual(await rolesIn(slug), { Bob: 'moderator', Carl: 'moderator' });
});

test('members: a disabled user cannot be added', async (t) => {
  await site.signUp('Gone');
  await ann.form('/admin', { action: 'disable', user: await idOf('Gone') });
  t.is((await change(bob, await groupOfBob(), 'add', 'Gone')).json().detail, 'Gone is disabled.');
});

test('members: a bot cannot be moderator; only an administrator adds it to a second group', async (t) => {
  const [home, other] = [await groupOfBob(), await groupOfBob()];
  await bob.form(`/groups/${home}/bots`, { action: 'create', name: 'Walker' });
  t.is((await change(bob, home, 'moderator', 'Walker')).status, 403);
  t.is((await change(bob, other, 'add', 'Walker')).status, 422);
  t.is((await change(ann, other, 'add', 'Walker')).status, 200);
  t.deepEqual(await rolesIn(other), { Bob: 'moderator', Walker: 'member' });
});

test('members: listed as JSON and text', async (t) => {
  const slug = await groupOfBob('Carl');
  const json = (await bob.get(`/groups/${slug}/members`, 'application/json')).json<{ name: string; role: string }[]>();
  t.deepEqual(
    json.map(({ name, role }) => [name, role]),
    [
      ['Bob', 'moderator'],
      ['Carl', 'member'],
    ],
  );
  t.is((await bob.get(`/groups/${slug}/members`, 'text/plain')).text, 'Bob\taway\tmoderator\nCarl\taway\tmember\n');
});
