import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { newGroup } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
let carl: Client;
let count = 0;
test.before(async () => {
  site = await startServer();
  [ann, bob, carl] = [await site.signUp('Ann'), await site.signUp('Bob'), await site.signUp('Carl')];
});
test.after.always(() => site.close());

/** A group that Bob moderates and Carl is in. */
async function newClub(): Promise<string> {
  count += 1;
  return newGroup(bob, `Club ${count}`, ['Carl']);
}

const nameOf = (slug: string): string => slug.replace('club-', 'Club ');

const set = (by: Client, slug: string, fields: Record<string, string>) => by.form(`/groups/${slug}/settings`, fields);

test('settings: changed by moderators and administrators, refused for plain members', async (t) => {
  const slug = await newClub();
  for (const fields of [
    { action: 'rename', name: 'Mine' },
    { action: 'topic', topic: 'mine' },
    { action: 'code' },
    { action: 'archive', on: '1' },
  ])
    t.is((await set(carl, slug, { ...fields })).status, 403);
  const page = (await carl.get(`/groups/${slug}/settings`)).text;
  t.notRegex(page, /value="(rename|topic|code|limits|open|archive)"/, 'and is shown none of them');
  t.regex(page, /name="action" value="level"/, 'but what the group is to him');
  t.notRegex((await ann.get(`/groups/${slug}/settings`)).text, /name="action" value="level"/, 'who is not in has nothing to choose');
  t.is((await set(bob, slug, { action: 'topic', topic: 'of Bob' })).headers.get('location'), `/groups/${slug}/settings`);
  t.is((await set(ann, slug, { action: 'topic', topic: 'of Ann' })).status, 303);
  t.regex((await carl.get(`/groups/${slug}`)).text, /<p class="topic" dir="auto">of Ann<\/p>/);
});

test('settings: only moderators see the join code', async (t) => {
  const slug = await newClub();
  const code = /id="join-code"[^>]* value="([a-z0-9-]+)"/.exec((await bob.get(`/groups/${slug}/settings`)).text)?.[1] ?? '';
  t.regex(code, /^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$/);
  for (const path of [`/groups/${slug}`, '/groups', `/groups/${slug}/members`, `/groups/${slug}/messages`])
    for (const accept of ['text/html', 'application/json']) t.false((await carl.get(path, accept)).text.includes(code));
});

test('settings: a rename changes the slug; the old one redirects', async (t) => {
  const old = await newClub();
  t.is((await set(bob, old, { action: 'rename', name: 'Ångström' })).headers.get('location'), '/groups/angstrom/settings');
  const moved = await carl.get(`/groups/${old}?before=5`);
  t.is(moved.status, 301);
  t.is(moved.headers.get('location'), '/groups/angstrom?before=5');
  t.is(moved.headers.get('cache-control'), 'no-store', 'a browser that kept it could go round in circles');
  t.regex((await carl.get('/groups/angstrom')).text, /Bob named the group Ångström/);
});

test('settings: the API answers at the old slug without a redirect', async (t) => {
  const old = await newClub();
  await set(bob, old, { action: 'rename', name: `Program ${old}` });
  const answer = await carl.get(`/groups/${old}`, 'application/json');
  t.is(answer.status, 200);
  t.is(answer.json().slug, `program-${old}`);
  t.is((await carl.json('POST', `/groups/${old}/messages`, { body: 'by the old name' })).status, 201);
});

test('settings: an old slug stays reserved for its group', async (t) => {
  const old = await newClub();
  const name = nameOf(old);
  await set(bob, old, { action: 'rename', name: `Interim ${old}` });
  t.regex((await ann.json('POST', '/groups', { name })).json<{ slug: string }>().slug, new RegExp(`^${old}-[0-9a-z]{4}$`));
  await set(bob, old, { action: 'rename', name });
  t.is((await carl.get(`/groups/${old}`)).status, 200);
  t.is((await carl.get(`/groups/interim-${old}`)).headers.get('location'), `/groups/${old}`);
});

test('settings: a refused name comes back with the reason', async (t) => {
  const slug = await newClub();
  const answer = await set(bob, slug, { action: 'rename', name: ' ' });
  t.is(answer.status, 422);
  t.regex(answer.text, /id="rename-name-error" role="alert">Group name is missing/);
  const topic = await set(bob, slug, { action: 'topic', topic: 'x'.repeat(251) });
  t.is(topic.status, 422);
  t.regex(topic.text, /id="topic-error" role="alert">Topic is too long/);
});

test('settings: an unchanged value appends no entry', async (t) => {
  const slug = await newClub();
  for (let i = 0; i < 2; i += 1) {
    await set(bob, slug, { action: 'topic', topic: 'once' });
    await set(bob, slug, { action: 'archive', on: '0' });
    await set(bob, slug, { action: 'rename', name: nameOf(slug) });
  }
  const { text } = await bob.get(`/groups/${slug}`);
  t.is(text.match(/class="line"/g)?.length, 3, 'two who joined and one topic');
});

test('settings: an archived group is read-only for everyone', async (t) => {
  const slug = await newClub();
  const { seq } = (await carl.json('POST', `/groups/${slug}/messages`, { body: 'kept' })).json<{ seq: number }>();
  await set(bob, slug, { action: 'archive', on: '1' });
  const page = (await carl.get(`/groups/${slug}`)).text;
  t.regex(page, /kept[\s\S]*This group is archived/);
  t.false(page.includes('id="composer"'));
  for (const [method, path, body] of [
    ['POST', '/messages', { body: 'more' }],
    ['PATCH', `/messages/${seq}`, { body: 'changed' }],
    ['DELETE', `/messages/${seq}`, undefined],
    ['PUT', `/messages/${seq}/reactions/x`, undefined],
  ] as const)
    for (const client of [carl, bob]) t.is((await client.json(method, `/groups/${slug}${path}`, body)).status, 403, `${method} ${path}`);
  t.regex((await carl.form(`/groups/${slug}/messages`, { body: 'more' })).text, /This group is archived/);
  await set(bob, slug, { action: 'archive', on: '0' });
  t.is((await carl.json('POST', `/groups/${slug}/messages`, { body: 'more' })).status, 201);
});

test('settings: the API responds without a redirect', async (t) => {
  const slug = await newClub();
  const answer = await bob.json('POST', `/groups/${slug}/settings`, { action: 'topic', topic: 'by program' });
  t.is(answer.status, 200);
  t.is(answer.json().topic, 'by program');
});

test('settings: a favourite is first in the list of the member who chose it', async (t) => {
  const slug = await newClub();
  const sections = async (who: Client) => [...(await who.get('/groups')).text.matchAll(/data-section="(\w+)"/g)].map(([, id]) => id);
  t.deepEqual(await sections(carl), ['groups', 'direct']);
  t.regex((await carl.get(`/groups/${slug}`)).text, /title="Add to favourites"/);
  const answer = await set(carl, slug, { action: 'favourite', on: '1' });
  t.like({ status: answer.status, to: answer.headers.get('location') }, { status: 303, to: `/groups/${slug}` });
  t.regex((await carl.get(`/groups/${slug}`)).text, /title="Remove from favourites"/);
  t.deepEqual(await sections(carl), ['favourites', 'groups', 'direct']);
  const favourites = /data-section="favourites"[\s\S]*?<\/details>/.exec((await carl.get('/groups')).text)?.[0] ?? '';
  t.true(favourites.includes(`href="/groups/${slug}"`));
  t.deepEqual(await sections(bob), ['groups', 'direct'], 'only for who asked');
  t.is((await set(ann, slug, { action: 'favourite', on: '1' })).status, 403, 'not for administrators who are not members');
  await set(carl, slug, { action: 'favourite', on: '0' });
  t.deepEqual(await sections(carl), ['groups', 'direct']);
});
