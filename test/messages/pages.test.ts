import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { newHook } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
/** A moderator of every group here; Bob and Carl are members, Eve is in another group. */
let ann: Client;
let bob: Client;
let carl: Client;
let count = 0;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0', PUBLIC_URL: 'https://chat.example.org' } });
  [ann, bob, carl] = [await site.signUp('Ann'), await site.signUp('Bob'), await site.signUp('Carl')];
});
test.after.always(() => site.close());

/** Creates a group with this number of Bob's messages and returns its path. The first message has seq 4. */
async function newGroup(messages: number): Promise<string> {
  count += 1;
  const { slug } = (await ann.json('POST', '/groups', { name: `Page ${count}` })).json<{ slug: string }>();
  for (const name of ['Bob', 'Carl']) await ann.json('POST', `/groups/${slug}/members`, { action: 'add', name });
  for (let n = 1; n <= messages; n += 1) await bob.json('POST', `/groups/${slug}/messages`, { body: `message ${n}` });
  return `/groups/${slug}`;
}

type Listed = { seq: number; n: number };
async function list(at: string, query = ''): Promise<{ numbers: number[]; links: Record<string, string>; total: string | null }> {
  const answer = await carl.get(`${at}/messages${query}`, 'application/json');
  const links = [...(answer.headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url = '', rel = '']) => [rel, url]);
  return {
    numbers: answer.json<Listed[]>().map(({ n }) => n),
    links: Object.fromEntries(links),
    total: answer.headers.get('x-total-count'),
  };
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('GET messages: pages forwards and backwards contain every message once', async (t) => {
  const at = await newGroup(12);
  const newest = await list(at, '?limit=5');
  t.deepEqual(newest.numbers, upTo(8, 12));
  t.is(newest.total, '12');
  t.regex(newest.links.prev ?? '', new RegExp(`^https://chat\\.example\\.org${at}/messages\\?before=\\d+&limit=5$`));
  t.is(newest.links.next, undefined);
  const follow = (url = '') => list(at, url.slice(url.indexOf('?')));
  const middle = await follow(newest.links.prev);
  t.deepEqual(middle.numbers, upTo(3, 7));
  const oldest = await follow(middle.links.prev);
  t.deepEqual([oldest.numbers, oldest.links.prev], [upTo(1, 2), undefined]);
  t.deepEqual((await follow(oldest.links.next)).numbers, upTo(3, 7));
  t.deepEqual((await list(at, '?after=0&limit=200')).numbers, upTo(1, 12));
});

test('GET messages: limit is clamped, and cursors beyond the log are no error', async (t) => {
  const at = await newGroup(3);
  t.deepEqual((await list(at, '?limit=0')).numbers, [3]);
  t.deepEqual((await list(at, '?limit=100000')).numbers, [1, 2, 3]);
  t.deepEqual((await list(at, '?after=9999999999')).numbers, []);
  t.deepEqual((await list(at, '?before=1')).numbers, []);
  t.deepEqual((await list(at, '?before=9999999999')).numbers, [1, 2, 3]);
});

for (const query of [
  'before=x',
  'after=-1',
  'limit=1.5',
  'before=99999999999',
  'limit=NaN',
  'after=1&after=2',
  'before=Infinity',
  'after=1;2',
])
  test(`?${query} is refused, to pages, programs and shells`, async (t) => {
    const at = '/groups/lobby';
    for (const accept of ['text/html', 'application/json', 'text/plain'])
      t.is((await ann.get(`${at}/messages?${query}`, accept)).status, 400);
    t.is((await ann.get(`${at}/messages?before=3`, 'application/json')).status, 200);
  });

test('group page: shows the newest messages, with links to older and newer pages', async (t) => {
  const at = await newGroup(53);
  const newest = (await carl.get(at)).text;
  t.regex(newest, /message 53/);
  t.notRegex(newest, />message 3</);
  const older = /rel="prev" href="([^"]+)"/.exec(newest)?.[1] ?? '';
  const page = (await carl.get(older)).text;
  t.regex(page, />message 3</);
  t.regex(page, /rel="next" href/);
  t.regex(newest, /<iframe name="live"/);
  t.false(page.includes('<iframe'), 'without a script the past is read on the page itself');
  t.regex(page, /<div id="messages"[^>]* data-past hx-sse:connect="[^"]+\/events\?after=56"/, 'its stream begins where the log ended');
});

test('group page: ?date= redirects to the first message of the day in the given zone, or to the nearest end', async (t) => {
  const at = await newGroup(2);
  site.clock.turn(86_400_000);
  await bob.json('POST', `${at}/messages`, { body: 'the next day' }); // seq 6
  const day = new Date(site.clock.now()).toISOString().slice(0, 10);
  const to = async (query: string) => (await carl.get(`${at}?${query}`)).headers.get('location');
  t.is(await to(`date=${day}`), `${at}?after=5#m-6`);
  t.is(await to('date=1999-01-01'), `${at}?after=3#m-4`);
  t.is(await to('date=2999-01-01&zone=Europe/Berlin'), at);
  t.deepEqual((await list(at, `?date=${day}&zone=UTC`)).numbers, [3]);
  for (const query of ['date=2026-02-30', 'date=x', 'date=2026-01-01&zone=Mars'])
    t.is((await carl.get(`${at}?${query}`)).status, 400, query);
});

test('group page: ?around= shows a message in its context', async (t) => {
  const at = await newGroup(60);
  const page = (await carl.get(`${at}?around=20#m-20`)).text;
  t.regex(page, /<article id="m-20"[^>]* aria-current="true"/);
  t.is([...page.matchAll(/aria-current="true"/g)].length, 1);
  t.regex(page, /rel="next"/);
  t.true((await carl.get(`${at}/messages/20`)).text.includes(`href="${at}?around=20#m-20"`));
});

test('unread: the page has an unread line with a link; a message can be marked unread again', async (t) => {
  const at = await newGroup(3);
  const unread = async () => (await carl.get(at, 'application/json')).json().unread;
  await carl.json('POST', `${at}/read`, { seq: 4 });
  const page = (await carl.get(at)).text;
  t.regex(page, /id="unread"[^>]*role="separator"[\s\S]*?<article id="m-5"/);
  t.true(page.includes(`<a id="jump" href="${at}?around=5&amp;unread=5#unread">Jump to the first unread (2)</a>`));
  t.is(await unread(), 0, 'without a script the newest page is read when it is shown');
  t.notRegex((await carl.get(at)).text, /id="unread"/);
  t.regex((await carl.get(`${at}?around=5&unread=5`)).text, /id="unread"/, 'where the address says so the line stays');
  t.deepEqual((await carl.json('POST', `${at}/read`, { seq: 5, unread: '1' })).json(), { n: 1, unread: 2 });
  t.is((await carl.form(`${at}/read`, { seq: '6', unread: '1' })).headers.get('location'), '/groups', 'the mark stays where it is');
  t.is(await unread(), 2);
  t.is((await carl.json('POST', `${at}/read`, { seq: 99, unread: '1' })).status, 422);
});

test('group page: text/plain lists messages as lines', async (t) => {
  const at = await newGroup(2);
  const lines = 'Bob: message 1\nBob: message 2\n';
  t.is((await carl.get(at, 'text/plain')).text, lines);
  t.is((await carl.get(`${at}/messages`, 'text/plain')).text, lines);
});

test('unread: counted until the newest page is read', async (t) => {
  const at = await newGroup(3);
  const unread = async () => (await carl.get(at, 'application/json')).json().unread;
  t.is(await unread(), 3);
  t.true((await carl.get('/groups', 'text/plain')).text.includes(`${at.slice('/groups/'.length)} 3\n`));
  await carl.get(at);
  t.is(await unread(), 0);
  await bob.json('POST', `${at}/messages`, { body: 'one more' });
  t.is(await unread(), 1);
  t.is((await carl.form(`${at}/read`, {})).status, 204);
  t.is(await unread(), 0);
});

test('edit: by form, htmx and PATCH for the author only', async (t) => {
  const at = await newGroup(1);
  const one = `${at}/messages/4`;
  t.regex((await bob.get(`${one}/edit`)).text, /<textarea[^>]*>message 1<\/textarea>/);
  t.is((await bob.form(`${one}/edit`, { body: 'by form' })).headers.get('location'), `${at}?at=4#m-4`);
  t.regex(
    (await bob.form(`${one}/edit`, { body: 'by htmx' }, { 'HX-Request': 'true' })).text,
    /^<article id="m-4"[\s\S]*by htmx[\s\S]*<summary>edited<\/summary>/,
  );
  t.is((await bob.json('PATCH', one, { body: 'by program' })).json().body, 'by program');
  for (const other of [ann, carl]) {
    t.is((await other.get(`${one}/edit`)).status, 403);
    t.is((await other.form(`${one}/edit`, { body: 'not mine' })).status, 403);
    t.is((await other.json('PATCH', one, { body: 'not mine' })).status, 403);
  }
  const blank = await bob.form(`${one}/edit`, { body: ' ' });
  t.is(blank.status, 422);
  t.regex(blank.text, /id="edit-4-error" class="wrong" role="alert">Message is empty/);
  t.is((await carl.get(one, 'application/json')).json().body, 'by program');
});

test('erase: by author or moderator; undo by the same user in time; then the text is removed', async (t) => {
  const at = await newGroup(3);
  const one = (seq: number) => `${at}/messages/${seq}`;
  t.is((await carl.json('DELETE', one(4))).status, 403);
  t.is((await carl.form(`${one(4)}/erase`, {})).status, 403);
  t.is((await bob.form(`${one(4)}/erase`, {})).headers.get('location'), `${at}?at=4#m-4`);
  t.is((await ann.json('DELETE', one(5))).json().erased, true);
  for (const seq of [4, 5]) t.false((await carl.get(one(seq))).text.includes('>message'));
  t.is((await bob.get(`${one(4)}/edit`)).status, 403, 'not even its author gets the text back but by undoing');
  t.is((await bob.json('POST', `${one(5)}/unerase`)).status, 403, 'a moderator did this one');
  t.is((await ann.json('POST', `${one(4)}/unerase`)).status, 403, 'the author did this one');
  t.is((await bob.form(`${one(4)}/unerase`, {})).status, 303);
  t.is((await carl.get(one(4), 'application/json')).json().body, 'message 1');
  site.clock.turn(10_001);
  t.is((await ann.json('POST', `${one(5)}/unerase`)).status, 403);
  t.is((await bob.json('PATCH', one(5), { body: 'revived' })).status, 403);
});

test('reactions: added and removed by form and API', async (t) => {
  const at = await newGroup(1);
  const one = `${at}/messages/4`;
  t.is((await carl.form(`${one}/reactions`, { emoji: '🎉', on: '1' })).headers.get('location'), `${at}?at=4#m-4`);
  t.is((await ann.json('PUT', `${one}/reactions/${encodeURIComponent('🎉')}`)).status, 200);
  const reactions = async () => (await bob.get(one, 'application/json')).json<{ reactions: { emoji: string; by: string[] }[] }>().reactions;
  t.deepEqual(
    (await reactions()).map(({ emoji, by }) => [emoji, by.length]),
    [['🎉', 2]],
  );
  await ann.json('DELETE', `${one}/reactions/${encodeURIComponent('🎉')}`);
  await carl.form(`${one}/reactions`, { emoji: '🎉', on: '0' });
  t.deepEqual(await reactions(), []);
  for (const emoji of ['', 'a/b', 'x'.repeat(17)]) t.is((await carl.json('POST', `${one}/reactions`, { emoji })).status, 422);
});

test('message URL: 404 for entries that are no messages and for other groups', async (t) => {
  const [at, other] = [await newGroup(1), await newGroup(2)];
  t.is((await bob.get(`${other}/messages/5`)).status, 200);
  for (const seq of ['1', '2', '5', '0', '-1', '4.0', '04', '1e0', '99999999999', 'x', '%00', '4%2f..', '4?x[$ne]=1'].filter(
    (text) => text !== '4?x[$ne]=1',
  ))
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { body: 'x' }],
      ['DELETE', '', undefined],
      ['GET', '/edit', undefined],
      ['POST', '/edit', { body: 'x' }],
      ['POST', '/erase', {}],
      ['POST', '/unerase', {}],
      ['POST', '/reactions', { emoji: 'x' }],
      ['PUT', '/reactions/x', undefined],
      ['DELETE', '/reactions/x', undefined],
    ] as const)
      t.is((await bob.json(method, `${at}/messages/${seq}${path}`, body)).status, 404, `${method} ${seq}${path}`);
  t.is((await bob.get(`${other}/messages/5`, 'application/json')).json().body, 'message 2');
});

test('GET /groups: shows the last message with the name of its author', async (t) => {
  const at = await newGroup(0);
  const hook = await newHook(ann, `Deployer ${count}`, at);
  await carl.json('POST', hook, { text: 'build passed', username: 'ci' });
  const last = (await carl.get('/groups', 'application/json')).json<{ slug: string; last: { text: string; author: string } | null }[]>();
  t.is(last.find(({ slug }) => at.endsWith(`/${slug}`))?.last?.text, 'build passed');
});
