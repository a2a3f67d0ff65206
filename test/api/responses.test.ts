import test from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

type Written = { id: string; seq: number; url: string; rev: number; notified?: { id: string; name: string }[] };

let site: TestServer;
let ann: Client;
let bot: Client;
let teamId = '';
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
  for (const name of ['Bob', 'Carl', 'Dora', 'Eve']) await site.signUp(name);
  await ann.json('POST', '/groups', { name: 'Team' });
  for (const name of ['Bob', 'Carl', 'Dora']) await ann.json('POST', '/groups/team/members', { action: 'add', name });
  const group = await groupAt(site.core, 'team');
  teamId = group.id;
  bot = site.client().bearer((await createBot(site.core, undefined, { name: 'deploy', group })).token);
});
test.after.always(() => site.close());

const idOf = async (name: string): Promise<string> => (await userNamed(site.core, name)).id;

test('API: every write to a message returns its id, seq and URL', async (t) => {
  const { seq } = (await bot.json('POST', '/groups/team/messages', { body: 'first' })).json<Written>();
  for (const [method, path, body] of [
    ['PATCH', '', { body: 'second' }],
    ['PUT', '/reactions/x', undefined],
    ['DELETE', '/reactions/x', undefined],
    ['POST', '/reactions', { emoji: '👍' }],
    ['POST', '/reactions', { emoji: '👍', on: '0' }],
    ['DELETE', '', undefined],
    ['POST', '/unerase', undefined],
  ] as const) {
    const answer = await bot.json(method, `/groups/team/messages/${seq}${path}`, body);
    const { id, seq: same, url } = answer.json<Written>();
    t.deepEqual([answer.status, id, same, url], [200, `${teamId}-${seq}`, seq, `/groups/team/messages/${seq}`], `${method} ${path}`);
  }
});

test('API: notified lists members, without the author, non-members and disabled accounts', async (t) => {
  await ann.form('/admin', { action: 'disable', user: await idOf('Dora') });
  const post = await bot.json('POST', '/groups/team/messages', { body: '@Carl @bob, @Dora @Eve @deploy @nobody @Bob' });
  t.deepEqual(post.json<Written>().notified, [
    { id: await idOf('Carl'), name: 'Carl' },
    { id: await idOf('Bob'), name: 'Bob' },
  ]);
  const { seq, notified } = (await bot.json('POST', '/groups/team/messages', { body: 'mail me@bob.example' })).json<Written>();
  t.deepEqual(notified, []);
  const edited = await bot.json('PATCH', `/groups/team/messages/${seq}`, { body: 'now @Bob' });
  t.deepEqual(
    edited.json<Written>().notified?.map(({ name }) => name),
    ['Bob'],
  );
  t.is((await bot.json('PUT', `/groups/team/messages/${seq}/reactions/x`)).json<Written>().notified, undefined);
});

test('API: an idempotent repeat gets the first response', async (t) => {
  const send = (type: string, body: string | FormData) =>
    bot.send('/groups/team/messages', {
      ...{ method: 'POST', body },
      headers: { Accept: 'application/json', 'Idempotency-Key': `"${type || 'multipart'}"`, ...(type && { 'Content-Type': type }) },
    });
  const form = new FormData();
  form.set('body', 'multi @Bob');
  for (const [type, body, other] of [
    ['text/plain', 'plain @Bob', 'other'],
    ['text/markdown', '*mark* @Bob', 'other'],
    ['application/json', '{"body":"json @Bob"}', '{"body":"other"}'],
    ['application/x-www-form-urlencoded', 'body=form+%40Bob', 'body=other'],
    ['', form, undefined],
  ] as const) {
    const first = await send(type, body);
    const again = await send(type, body);
    t.deepEqual([first.status, again.status], [201, 200], type);
    t.deepEqual(again.json(), first.json());
    t.deepEqual(
      first.json<Written>().notified?.map(({ name }) => name),
      ['Bob'],
    );
    if (other !== undefined) t.is((await send(type, other)).status, 422);
  }
});

test('API: a page of history links to the next pages and has its length', async (t) => {
  await ann.json('POST', '/groups', { name: 'Long' });
  for (let n = 1; n <= 7; n += 1) await ann.json('POST', '/groups/long/messages', { body: `m${n}` });
  const seen: string[] = [];
  let path = '/groups/long/messages?limit=3';
  for (let pages = 0; path !== '' && pages < 5; pages += 1) {
    const page = await ann.get(path, 'application/json');
    t.is(page.headers.get('x-total-count'), '7');
    seen.unshift(...page.json<{ body: string }[]>().map(({ body }) => body));
    path = /<([^>]+)>; rel="prev"/.exec(page.headers.get('link') ?? '')?.[1]?.slice(site.url.length) ?? '';
  }
  t.deepEqual(seen, ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
  const forward = await ann.get('/groups/long/messages?after=0&limit=2', 'text/plain');
  t.is(forward.text, 'Ann: m1\nAnn: m2\n');
  t.regex(forward.headers.get('link') ?? '', /rel="next"/);
  for (const query of ['before=', 'before=x', 'after=-1', 'limit=1.5', 'before=1&before=2', 'before=99999999999'])
    t.is((await ann.get(`/groups/long/messages?${query}`, 'application/json')).status, 400, query);
});

test('API: the read mark moves to a message or to the end, only forward', async (t) => {
  await ann.json('POST', '/groups', { name: 'Marks' });
  await ann.json('POST', '/groups/marks/members', { action: 'add', name: 'Bob' });
  const group = await groupAt(site.core, 'marks');
  const reader = site.client().bearer((await createBot(site.core, undefined, { name: 'reader', group })).token);
  const seqs: number[] = [];
  for (let n = 1; n <= 4; n += 1) seqs.push((await ann.json('POST', '/groups/marks/messages', { body: `m${n}` })).json<Written>().seq);
  const mark = async (body?: object) => (await reader.json('POST', '/groups/marks/read', body)).json();
  const unread = async () => (await reader.get('/groups/marks', 'application/json')).json().unread;
  t.is(await unread(), 4);
  t.deepEqual(await mark({ n: 1 }), { n: 1, unread: 3 });
  t.deepEqual(await mark({ seq: seqs[1] }), { n: 2, unread: 2 });
  t.deepEqual(await mark({ n: 1 }), { n: 2, unread: 2 });
  t.is(await unread(), 2);
  t.deepEqual(await mark({ n: 999 }), { n: 4, unread: 0 });
  t.deepEqual(await mark(), { n: 4, unread: 0 });
  for (const body of [{ n: 1, seq: 2 }, { n: null }, { n: [1] }, { n: true }, { n: { $ne: 1 } }, { seq: -1 }, { seq: 1.5 }, { seq: '' }])
    t.is((await reader.json('POST', '/groups/marks/read', body)).status, 400, JSON.stringify(body));
  t.is((await reader.form('/groups/marks/read', { n: '2' }, { Accept: 'text/plain' })).status, 204);
});

test('API: GET /me has the token and the groups', async (t) => {
  type Me = {
    name: string;
    bot: boolean;
    admin: boolean;
    token: { prefix: string; name: string | null } | null;
    groups: { slug: string; role: string }[];
  };
  const me = (await bot.get('/me', 'application/json')).json<Me>();
  t.deepEqual([me.name, me.bot, me.admin, me.token?.prefix.length, me.token?.name], ['deploy', true, false, 6, null]);
  t.deepEqual(
    me.groups.map(({ slug, role }) => [slug, role]),
    [['team', 'member']],
  );
  const page = (await ann.get('/me', 'application/json')).json<Me>();
  t.is(page.token, null);
  t.true(page.groups.some(({ slug, role }) => slug === 'lobby' && role === 'moderator'));
});

test('API: changes return the current membership and group', async (t) => {
  await ann.json('POST', '/groups', { name: 'Changing' });
  const change = async (body: object) => (await ann.json('POST', '/groups/changing/members', body)).json();
  const bob = await idOf('Bob');
  const him = { group: 'changing', id: bob, name: 'Bob', bot: false };
  t.deepEqual(await change({ action: 'add', name: 'Bob' }), { ...him, in: true, role: 'member' });
  t.deepEqual(await change({ action: 'moderator', user: bob }), { ...him, in: true, role: 'moderator' });
  t.deepEqual(await change({ action: 'remove', user: bob }), { ...him, in: false, role: null });
  const settings = async (body: object) => (await ann.json('POST', '/groups/changing/settings', body)).json();
  t.is((await settings({ action: 'rename', name: 'Changed' })).slug, 'changed');
  const before = (await ann.get('/groups/changed/settings', 'application/json')).json().code;
  const { code } = await settings({ action: 'code' });
  t.not(code, before);
  const eve = site.client();
  await eve.form('/login', { name: 'Eve', password: 'correct horse battery' });
  const joined = await eve.json('POST', '/groups/join', { code });
  t.deepEqual([joined.status, joined.json().slug, joined.json().role], [200, 'changed', 'member']);
  t.is((await ann.form('/groups/changed/settings', { action: 'topic', topic: 'x' }, { Accept: 'text/plain' })).status, 204);
});

test('API: booleans in forms equal those in JSON, and authentication precedes validation', async (t) => {
  for (const [open, expected] of [
    ['true', true],
    ['on', true],
    ['false', false],
    ['0', false],
  ] as const) {
    const answer = await ann.form('/groups', { name: `Open ${open}`, open }, { Accept: 'application/json' });
    t.deepEqual([answer.status, answer.json<{ open: boolean }>().open], [201, expected], open);
  }
  t.is((await ann.form('/groups', { name: 'Open yes', open: 'yes' }, { Accept: 'application/json' })).status, 400);
  t.is((await site.client().get('/saved?cursor=x', 'application/json')).status, 401);
  t.is((await ann.get('/saved?cursor=x', 'application/json')).status, 422);
  t.is((await ann.send('/groups/join', { method: 'OPTIONS' })).headers.get('allow'), 'POST');
});
