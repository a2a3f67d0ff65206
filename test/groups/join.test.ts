import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

/** Creates a group as `by`; resolves to its slug and join code. */
async function newGroup(by: Client, name: string, fields: Record<string, string> = {}): Promise<{ slug: string; code: string }> {
  const { slug } = (await by.json('POST', '/groups', { name, ...fields })).json<{ slug: string }>();
  return { slug, code: await codeOf(by, slug) };
}

async function codeOf(by: Client, slug: string): Promise<string> {
  return /id="join-code"[^>]* value="([a-z0-9-]+)"/.exec((await by.get(`/groups/${slug}/settings`)).text)?.[1] ?? '';
}

const isIn = async (client: Client, slug: string): Promise<boolean> => (await client.get(`/groups/${slug}`)).status === 200;

test('create group: the creator is moderator and is redirected to the page', async (t) => {
  const bob = await site.signUp('Bob');
  const answer = await bob.form('/groups', { name: 'Tea Round' });
  t.is(answer.status, 303);
  t.is(answer.headers.get('location'), '/groups/tea-round');
  t.regex((await bob.get('/groups/tea-round')).text, /<h1 dir="auto">Tea Round<\/h1>/);
  t.is((await bob.get('/groups/tea-round/settings')).status, 200);
  t.false(await isIn(ann, 'tea-round'), 'not even an administrator reads a group without being in it');
});

test('create group: JSON gets 201 and Location', async (t) => {
  const answer = await ann.json('POST', '/groups', { name: 'By program' });
  t.is(answer.status, 201);
  t.is(answer.headers.get('location'), '/groups/by-program');
  t.is(answer.json().slug, 'by-program');
});

test('create group: equal names get different slugs', async (t) => {
  const [first, second] = [await newGroup(ann, 'Twins'), await newGroup(ann, 'twins!')];
  t.is(first.slug, 'twins');
  t.regex(second.slug, /^twins-[0-9a-z]{4}$/);
});

test('create group: concurrent equal names get different slugs', async (t) => {
  const groups = await Promise.all(Array.from({ length: 8 }, () => ann.json('POST', '/groups', { name: 'Rush' })));
  t.is(new Set(groups.map((answer) => answer.json().slug)).size, 8);
});

test('create group: a name that cannot be transliterated gets g-<number>', async (t) => {
  const answer = await ann.json('POST', '/groups', { name: '🦊' });
  const { slug } = answer.json<{ slug: string }>();
  const { number } = (await ann.get(`/groups/${slug}`, 'application/json')).json<{ number: number }>();
  t.is(slug, `g-${number}`);
});

test('create group: reserved slugs are not used', async (t) => {
  for (const name of ['join', 'New', 'settings']) t.is((await newGroup(ann, name)).slug, `g-${name.toLowerCase()}`);
  t.is((await ann.get('/groups/join')).status, 404);
});

for (const [what, name, words] of [
  ['no name', '  ', /Group name is missing/],
  ['a long name', 'x'.repeat(65), /too long: 64 characters/],
  ['an invisible name', '\u3164', /Group name is missing/],
] as const)
  test(`a group with ${what} brings the form back with the reason`, async (t) => {
    const answer = await ann.form('/groups', { name });
    t.is(answer.status, 422);
    t.regex(answer.text, new RegExp(`id="create-name-error" role="alert">[^<]*${words.source}`));
    t.true(answer.text.includes(`name="name" type="text" value="${name}"`));
  });

test('join by code: case and separators do not matter; joining twice is one join', async (t) => {
  const { slug, code } = await newGroup(ann, 'Secret');
  const carl = await site.signUp('Carl');
  t.false(await isIn(carl, slug));
  const answer = await carl.form('/groups/join', { code: ` ${code.toUpperCase().replaceAll('-', ' ')} ` });
  t.is(answer.headers.get('location'), `/groups/${slug}`);
  t.true(await isIn(carl, slug));
  t.is((await carl.form('/groups/join', { code })).status, 303, 'again changes nothing');
  const lines = (await ann.get(`/groups/${slug}`)).text.match(/Carl joined/g);
  t.is(lines?.length, 1);
});

test('join by code: a wrong code is refused and stays in the form', async (t) => {
  const eve = await site.signUp('Eve');
  for (const code of ['aaaa-bbbb-cccc', '-', '', '{"$ne":null}']) {
    const answer = await eve.form('/groups/join', { code });
    t.is(answer.status, 422);
    t.regex(answer.text, /id="join-code-error" role="alert">No group has this code/);
  }
  t.regex((await eve.form('/groups/join', { code: 'aaaa-bbbb-cccc' })).text, /name="code" type="text" value="aaaa-bbbb-cccc"/);
});

test('join by code: attempts are rate-limited with the time to wait', async (t) => {
  const fresh = await startServerFor(t);
  const owner = await fresh.signUp('Ann');
  const { code } = await newGroup(owner, 'Guess me');
  const eve = await fresh.signUp('Eve');
  for (let i = 0; i < 20; i += 1) t.is((await eve.form('/groups/join', { code: `guess-${i}` })).status, 422);
  const refused = await eve.form('/groups/join', { code });
  t.is(refused.status, 429);
  fresh.clock.turn(Number(refused.headers.get('retry-after')) * 1000);
  t.is((await eve.form('/groups/join', { code })).status, 303);
});

test('join by code: a replaced code is invalid at once', async (t) => {
  const { slug, code } = await newGroup(ann, 'Recoded');
  await ann.form(`/groups/${slug}/settings`, { action: 'code' });
  const fresh = await codeOf(ann, slug);
  t.not(fresh, code);
  const dora = await site.signUp('Dora');
  t.is((await dora.form('/groups/join', { code })).status, 422);
  t.is((await dora.form('/groups/join', { code: fresh })).status, 303);
});

test('archived group: nobody can join until it is unarchived', async (t) => {
  const { slug, code } = await newGroup(ann, 'Attic', { open: '1' });
  await ann.form(`/groups/${slug}/settings`, { action: 'archive', on: '1' });
  const fred = await site.signUp('Fred');
  t.is((await fred.form('/groups/join', { code })).status, 422);
  t.is((await fred.form('/groups/join', { slug })).status, 404);
  t.false((await fred.get('/groups')).text.includes('Attic'));
  await ann.form(`/groups/${slug}/settings`, { action: 'archive', on: '0' });
  t.is((await fred.form('/groups/join', { slug })).status, 303);
});

test('open group: listed and joined without a code; a closed one is not', async (t) => {
  await newGroup(ann, 'Open House', { open: '1' });
  await newGroup(ann, 'Closed House');
  const greta = await site.signUp('Greta');
  const page = (await greta.get('/groups')).text;
  t.regex(page, /<h3>Open House<\/h3>[\s\S]*1 member/);
  t.false(page.includes('Closed House'));
  const closed = await greta.json('POST', '/groups/join', { slug: 'closed-house' });
  const absent = await greta.json('POST', '/groups/join', { slug: 'no-such-house' });
  t.deepEqual([closed.status, closed.json().detail], [absent.status, absent.json().detail]);
  t.is(closed.status, 404);
  t.is((await greta.form('/groups/join', { slug: 'open-house' })).headers.get('location'), '/groups/open-house');
  await ann.form('/groups/open-house/settings', { action: 'open', on: '0' });
  t.is((await (await site.signUp('Hugo')).form('/groups/join', { slug: 'open-house' })).status, 404);
});

test('bots can neither create nor join groups', async (t) => {
  const { code } = await newGroup(ann, 'People only', { open: '1' });
  const made = (await ann.form('/groups/people-only/bots', { action: 'create', name: 'Robo' })).text;
  const robo = site.client().bearer(/id="made-token"[^>]* value="([A-Za-z0-9]+)"/.exec(made)?.[1] ?? '');
  t.is((await robo.get('/me', '*/*')).json().name, 'Robo');
  t.is((await robo.json('POST', '/groups', { name: 'Robots' })).status, 403);
  const other = await newGroup(ann, 'Other', { open: '1' });
  t.is((await robo.json('POST', '/groups/join', { code: other.code })).status, 403);
  t.is((await robo.json('POST', '/groups/join', { slug: other.slug })).status, 404);
  t.is((await robo.json('POST', '/groups/join', { code })).status, 403);
  t.is((await (await site.signUp('Ida')).json('POST', '/groups/join', { code })).status, 200);
});
