import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { newGroup } from '../helpers/fixtures.ts';
import { startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
let count = 0;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0', MAX_BODY_BYTES: '1000' } });
  [ann, bob] = [await site.signUp('Ann'), await site.signUp('Bob')];
});
test.after.always(() => site.close());

/** Creates a group with Ann and Bob; returns its path. */
async function newRoom(): Promise<string> {
  count += 1;
  return `/groups/${await newGroup(ann, `Room ${count}`, ['Bob'])}`;
}

const bodiesIn = async (at: string): Promise<string[]> =>
  (await ann.get(`${at}/messages`, 'application/json')).json<{ body: string }[]>().map(({ body }) => body);
async function headOf(at: string) {
  const group = await site.core.store.groups.bySlug(at.slice('/groups/'.length));
  return group && site.core.store.log.head(group.id);
}
const keyIn = (html: string): string => /id="composer-key"[^>]* value="([^"]+)"/.exec(html)?.[1] ?? '';
const shell = { Accept: 'text/plain', 'Content-Type': 'text/plain' };

test('post: a form redirects to the new message', async (t) => {
  const at = await newRoom();
  const answer = await bob.form(`${at}/messages`, { body: 'hello', key: 'k1' });
  t.is(answer.status, 303);
  t.is(answer.headers.get('location'), `${at}#m-3`);
  t.regex((await ann.get(at)).text, /<article id="m-3"[\s\S]*<div class="body" dir="auto">hello<\/div>/);
});

test('post: htmx gets only the row of the new message', async (t) => {
  const at = await newRoom();
  const answer = await bob.form(`${at}/messages`, { body: 'hello' }, { 'HX-Request': 'true' });
  t.is(answer.status, 200);
  t.regex(answer.text, /^<article id="m-3" [\s\S]*<div class="body" dir="auto">hello<\/div>[\s\S]*<\/article>\s*$/);
  t.is(answer.headers.get('vary'), 'Accept, HX-Request, Cookie');
  t.is(answer.headers.get('cache-control'), 'no-store');
});

test('post: JSON gets 201, Location and the message; text gets the URL', async (t) => {
  const at = await newRoom();
  const json = await bob.json('POST', `${at}/messages`, { body: 'hello' });
  t.is(json.status, 201);
  t.is(json.headers.get('location'), `${at}/messages/3`);
  const { seq, n, body, author, url } = json.json<{ seq: number; n: number; body: string; author: { name: string }; url: string }>();
  t.deepEqual({ seq, n, body, author: author.name, url }, { seq: 3, n: 1, body: 'hello', author: 'Bob', url: `${at}/messages/3` });
  const text = await bob.send(`${at}/messages`, { method: 'POST', body: 'two\nlines', headers: shell });
  t.is(text.status, 201);
  t.is(text.headers.get('content-type'), 'text/plain; charset=utf-8');
  t.is(text.text, `${at}/messages/4\n`);
  t.deepEqual(await bodiesIn(at), ['hello', 'two\nlines']);
});

test('post: a multipart form', async (t) => {
  const at = await newRoom();
  const form = new FormData();
  form.set('body', 'größe\r\nzwei');
  form.set('key', 'k');
  t.is((await bob.send(`${at}/messages`, { method: 'POST', body: form, headers: { Accept: 'text/html' } })).status, 303);
  t.deepEqual(await bodiesIn(at), ['größe\nzwei']);
});

test('GET message: page, row, JSON and text', async (t) => {
  const at = await newRoom();
  await bob.json('POST', `${at}/messages`, { body: '<one> two' });
  const page = await ann.get(`${at}/messages/3`);
  t.regex(page.text, /<h1 class="vh">Message by Bob in Room[\s\S]*&lt;one&gt; two/);
  t.regex((await ann.get(`${at}/messages/3`, 'text/html', { 'HX-Request': 'true' })).text, /^<article id="m-3"/);
  t.is((await ann.get(`${at}/messages/3`, 'application/json')).json().body, '<one> two');
  t.is((await ann.get(`${at}/messages/3`, 'text/plain')).text, 'Bob: <one> two\n');
});

for (const [what, body] of [
  ['nothing', ''],
  ['only space', ' \r\n\t '],
  ['only what cannot be seen', '\u200b\u3164\ufe0f'],
] as const)
  test(`a message of ${what} is refused with a reason, and nothing is stored`, async (t) => {
    const at = await newRoom();
    const before = await headOf(at);
    const page = await bob.form(`${at}/messages`, { body });
    t.is(page.status, 422);
    t.regex(page.text, /id="composer-error" class="wrong" role="alert">Message is empty\./);
    const fragment = await bob.form(`${at}/messages`, { body }, { 'HX-Request': 'true' });
    t.deepEqual([fragment.status, fragment.text.trim()], [422, 'Message is empty.']);
    const json = await bob.json('POST', `${at}/messages`, { body });
    t.deepEqual([json.status, json.json().field], [422, 'body']);
    const text = await bob.send(`${at}/messages`, { method: 'POST', body, headers: shell });
    t.deepEqual([text.status, text.text], [422, 'Message is empty.\n']);
    t.deepEqual(await headOf(at), before);
  });

test('post: a message over the limit is refused with its size, and the form comes back filled', async (t) => {
  const at = await newRoom();
  const body = `${'é'.repeat(500)}<`;
  const page = await bob.form(`${at}/messages`, { body });
  t.is(page.status, 413);
  t.regex(page.text, /Message is too long: 1001 bytes, 1000 at most/);
  t.true(page.text.includes(`autofocus>${'é'.repeat(500)}&lt;</textarea>`));
  t.is((await bob.json('POST', `${at}/messages`, { body })).json().code, 'tooLarge');
  t.is((await bob.json('POST', `${at}/messages`, { body: 'é'.repeat(500) })).status, 201);
});

test('idempotency: a form sent twice posts once', async (t) => {
  const at = await newRoom();
  const key = keyIn((await bob.get(at)).text);
  t.true(key.length >= 20);
  const answers = await Promise.all([1, 2, 3].map(() => bob.form(`${at}/messages`, { body: 'once', key })));
  t.deepEqual([...new Set(answers.map(({ headers }) => headers.get('location')))], [`${at}#m-3`]);
  t.deepEqual(await bodiesIn(at), ['once']);
});

test('idempotency: a form sent again with another text comes back filled, with a new key', async (t) => {
  const at = await newRoom();
  const key = keyIn((await bob.get(at)).text);
  await bob.form(`${at}/messages`, { body: 'first', key });
  const again = await bob.form(`${at}/messages`, { body: 'second', key });
  t.is(again.status, 422);
  t.regex(again.text, /id="composer-error"[^>]*>This idempotency key was already used with another text/);
  t.regex(again.text, /<textarea[^>]*>second<\/textarea>/);
  const fresh = keyIn(again.text);
  t.not(fresh, key);
  t.is((await bob.form(`${at}/messages`, { body: 'second', key: fresh })).status, 303);
  t.deepEqual(await bodiesIn(at), ['first', 'second']);
});

test('idempotency: a key is unique per author and group', async (t) => {
  const [at, other] = [await newRoom(), await newRoom()];
  for (const [client, where] of [
    [bob, at],
    [ann, at],
    [bob, other],
  ] as const)
    t.is((await client.json('POST', `${where}/messages`, { body: 'mine', key: 'same' })).status, 201);
});

for (const [how, first, second] of [
  ['quoted', '"k-1"', '"k-1"'],
  ['bare', 'k-2', 'k-2'],
  ['quoted or bare', '"k-3"', 'k-3'],
] as const)
  test(`an Idempotency-Key, ${how}, posts once and answers 200 with the first message again`, async (t) => {
    const at = await newRoom();
    const post = (body: string, key: string) => bob.json('POST', `${at}/messages`, { body }, { 'Idempotency-Key': key });
    const [one, two] = [await post('once', first), await post('once', second)];
    t.deepEqual([one.status, two.status], [201, 200]);
    t.deepEqual(two.json(), one.json());
    const other = await post('other', second);
    t.deepEqual([other.status, other.json().code], [422, 'keyReused']);
    t.deepEqual(await bodiesIn(at), ['once']);
    t.is((await post('other', 'unused')).status, 201);
  });

test('idempotency: erasing the message does not free its key', async (t) => {
  const at = await newRoom();
  const post = (body: string) => bob.json('POST', `${at}/messages`, { body }, { 'Idempotency-Key': 'k' });
  await post('gone soon');
  await bob.json('DELETE', `${at}/messages/3`);
  site.clock.turn(60_000);
  await site.server.sweep();
  const again = await post('gone soon');
  t.deepEqual([again.status, again.json().erased, again.json().body], [200, true, '']);
  t.is((await post('other')).status, 422);
});

test('idempotency: a repeated post responds with the current state of the message', async (t) => {
  const at = await newRoom();
  const post = () => bob.json('POST', `${at}/messages`, { body: 'first @Ann' }, { 'Idempotency-Key': 'k' });
  t.is((await post()).status, 201);
  await bob.json('PATCH', `${at}/messages/3`, { body: 'second' });
  const edited = (await post()).json();
  t.deepEqual([edited.body, typeof edited.edited_at, edited.notified], ['second', 'string', []]);
  await bob.json('DELETE', `${at}/messages/3`);
  const erased = await post();
  t.deepEqual([erased.status, erased.json().erased, erased.json().body], [200, true, '']);
});

for (const empty of ['', '""'])
  test(`an empty Idempotency-Key, sent as ${empty || 'nothing'}, is refused with 400 that names the header; without the header it is posted`, async (t) => {
    const at = await newRoom();
    const post = (headers: Record<string, string>) => bob.json('POST', `${at}/messages`, { body: 'x' }, headers);
    const { status, json } = await post({ 'Idempotency-Key': empty });
    t.like({ status, ...json() }, { status: 400, code: 'malformed', field: 'Idempotency-Key' });
    t.regex(json<{ detail: string }>().detail, /Idempotency-Key/);
    t.deepEqual(await bodiesIn(at), []);
    t.is((await post({})).status, 201);
  });

test('idempotency: an empty or too long key is refused, naming the field', async (t) => {
  const at = await newRoom();
  t.is((await bob.json('POST', `${at}/messages`, { body: 'x', key: '' })).json().field, 'key');
  t.is((await bob.json('POST', `${at}/messages`, { body: 'x', key: 'k'.repeat(256) })).json().field, 'key');
  t.is((await bob.json('POST', `${at}/messages`, { body: 'x' }, { 'Idempotency-Key': 'k'.repeat(256) })).json().field, 'key');
  t.is((await bob.json('POST', `${at}/messages`, { body: 'x', key: 'k'.repeat(255) })).status, 201);
});

test('post: beyond the rate limit 429 with Retry-After', async (t) => {
  const busy = await startServerFor(t, { env: { POSTS_PER_SECOND: '2' } });
  const [owner, other] = [await busy.signUp('Ann'), await busy.signUp('Bob')];
  await other.form('/groups/join', { slug: 'lobby' });
  const post = (by: Client, body: string) => by.json('POST', '/groups/lobby/messages', { body });
  for (let i = 0; i < 6; i += 1) t.is((await post(owner, `message ${i}`)).status, 201);
  const refused = await post(owner, 'one more');
  t.deepEqual([refused.status, refused.json().code, refused.headers.get('retry-after')], [429, 'tooMany', '1']);
  const page = await owner.form('/groups/lobby/messages', { body: 'kept for me' });
  t.is(page.status, 429);
  t.regex(page.text, /<textarea[^>]*>kept for me<\/textarea>/);
  t.is((await post(other, 'not held back')).status, 201);
  busy.clock.turn(1000);
  t.is((await post(owner, 'one more')).status, 201);
});
