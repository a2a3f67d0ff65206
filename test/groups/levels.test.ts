import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { newGroup, userNamed } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  [ann, bob] = [await site.signUp('Ann'), await site.signUpInLobby('Bob')];
});
test.after.always(() => site.close());

type Listed = { slug: string; level: string; unread: number };

const listed = async (slug: string) => (await bob.get('/groups', 'application/json')).json<Listed[]>().find((one) => one.slug === slug);
const choose = (by: Client, slug: string, level: string) => by.form(`/groups/${slug}/settings`, { action: 'level', level });
const entryOf = (page: string, name: string): string =>
  new RegExp(`<li[^>]*>(?:(?!</li>)[\\s\\S])*>${name}<[\\s\\S]*?</li>`).exec(page)?.[0] ?? '';

test('levels: a member sets the notification level; the default is mentions', async (t) => {
  const slug = await newGroup(ann, 'Choices', ['Bob']);
  t.is((await listed(slug))?.level, 'mentions');
  for (const level of ['everything', 'nothing', 'mentions']) {
    t.is((await choose(bob, slug, level)).headers.get('location'), `/groups/${slug}/settings`);
    t.is((await listed(slug))?.level, level);
    t.regex((await bob.get(`/groups/${slug}/settings`)).text, new RegExp(`name="level" value="${level}" checked`));
    t.is((await bob.get(`/groups/${slug}`, 'application/json')).json().level, level);
  }
  const asked = (await bob.json('POST', `/groups/${slug}/settings`, { action: 'level', level: 'everything' })).json();
  t.like(asked, { slug, level: 'everything' });
  t.false('code' in asked, 'a plain member is not told the code');
  t.is((await ann.get(`/groups/${slug}`, 'application/json')).json().level, 'mentions', 'it is each one’s own');
  for (const odd of ['loud', '', 'Nothing'])
    t.is((await bob.json('POST', `/groups/${slug}/settings`, { action: 'level', level: odd })).status, 400);
});

test('levels: a muted group has no badge and a grey name; JSON has its unread count', async (t) => {
  const slug = await newGroup(ann, 'Quiet', ['Bob']);
  await choose(bob, slug, 'nothing');
  await ann.json('POST', `/groups/${slug}/messages`, { body: 'hello @Bob' });
  t.like(await listed(slug), { unread: 1, level: 'nothing' });
  for (const path of ['/groups', '/groups/lobby']) {
    const entry = entryOf((await bob.get(path)).text, 'Quiet');
    t.regex(entry, /muted/, path);
    t.false(entry.includes('unread'), path);
  }
  await choose(bob, slug, 'mentions');
  for (const path of ['/groups', '/groups/lobby']) {
    const entry = entryOf((await bob.get(path)).text, 'Quiet');
    t.notRegex(entry, /muted/, path);
    t.true(entry.includes('unread'), path);
  }
});

test('levels: kept when leaving and when the role changes', async (t) => {
  const slug = await newGroup(ann, 'Kept', ['Bob']);
  await choose(bob, slug, 'nothing');
  const id = (await userNamed(site.core, 'Bob')).id;
  await ann.json('POST', `/groups/${slug}/members`, { action: 'moderator', user: id });
  t.is((await listed(slug))?.level, 'nothing');
  await bob.form(`/groups/${slug}/members`, { action: 'leave' });
  t.is((await choose(bob, slug, 'everything')).status, 404, 'who is out chooses nothing');
  await ann.json('POST', `/groups/${slug}/members`, { action: 'add', name: 'Bob' });
  t.is((await listed(slug))?.level, 'nothing');
});

test('levels: none for an administrator who is not a member', async (t) => {
  await bob.json('POST', '/groups', { name: 'Of Bob' });
  t.is((await ann.get('/groups/of-bob/settings')).status, 200);
  const answer = await ann.json('POST', '/groups/of-bob/settings', { action: 'level', level: 'nothing' });
  t.is(answer.status, 403);
  t.is(answer.json().detail, 'You are not a member of this group.');
});

test('settings: a member can leave; the last moderator cannot', async (t) => {
  const slug = await newGroup(ann, 'To leave', ['Bob']);
  t.regex(
    (await bob.get(`/groups/${slug}/settings`)).text,
    new RegExp(`action="/groups/${slug}/members"><button class="danger" name="action" value="leave">`),
  );
  t.is((await ann.form(`/groups/${slug}/members`, { action: 'leave' })).status, 409);
  t.is((await bob.form(`/groups/${slug}/members`, { action: 'leave' })).headers.get('location'), '/groups');
  t.is((await ann.form(`/groups/${slug}/members`, { action: 'leave' })).headers.get('location'), '/groups');
});
