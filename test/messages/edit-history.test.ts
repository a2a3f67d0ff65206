import test from 'ava';
import { quoteOf } from '../../lib/markup/quote.ts';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0', PUBLIC_URL: 'https://chat.example.org' } });
  [ann, bob] = [await site.signUp('Ann'), await site.signUpInLobby('Bob')];
});
test.after.always(() => site.close());

const said = async (body: string, format = 'text'): Promise<string> =>
  (await ann.json('POST', '/groups/lobby/messages', { body, format })).json<{ url: string }>().url;
const versions = async (url: string) => (await bob.get(`${url}/history`, 'application/json')).json<{ body: string; html: string }[]>();

test('edit history: JSON and text list all versions, oldest first; the page lists earlier ones, newest first', async (t) => {
  const url = await said('first <b>');
  t.deepEqual(
    (await versions(url)).map(({ body }) => body),
    ['first <b>'],
  );
  t.regex((await bob.get(`${url}/history`)).text, /This message has not been edited/);
  for (const body of ['second', 'third']) await ann.json('PATCH', url, { body });
  await bob.json('PUT', `${url}/reactions/x`);
  t.deepEqual(
    (await versions(url)).map(({ body }) => body),
    ['first <b>', 'second', 'third'],
  );
  t.is((await versions(url))[0]?.html, 'first &lt;b&gt;');
  t.regex((await bob.get(`${url}/history`, 'text/plain')).text, /Z\tfirst <b>\n.*Z\tsecond\n.*Z\tthird\n$/);
  const page = (await bob.get(`${url}/history`)).text;
  t.regex(page, /<h1>Earlier versions[\s\S]*>second<[\s\S]*>first &lt;b&gt;</);
  t.notRegex(page, /third/);
  t.regex((await bob.get(`${url}/history`, 'text/html', { 'HX-Request': 'true' })).text, /^<ol class="versions"/);
  t.regex((await bob.get(url)).text, /<details class="past"[^>]*><summary>edited<\/summary><div><a href="[^"]*\/history">Earlier versions/);
});

test('edit history: an erasure hides it at once, an undo restores it, scrubbing removes it', async (t) => {
  const url = await said('secret one');
  await ann.json('PATCH', url, { body: 'secret two' });
  await ann.json('DELETE', url);
  for (const accept of ['text/html', 'application/json', 'text/plain']) {
    const answer = await bob.get(`${url}/history`, accept);
    t.is(answer.status, 404);
    t.notRegex(answer.text, /secret/);
  }
  await ann.json('POST', `${url}/unerase`);
  t.is((await versions(url)).length, 2);
  await ann.json('DELETE', url);
  site.clock.turn(60_000);
  await site.server.sweep();
  t.is((await bob.get(`${url}/history`)).status, 404);
});

test('edit history: non-members can neither read nor quote', async (t) => {
  const url = await said('among us');
  await ann.json('PATCH', url, { body: 'among us, edited' });
  const eve = await site.signUp('Eve');
  for (const path of ['history', 'quote']) {
    t.is((await eve.get(`${url}/${path}`)).status, 404, path);
    t.is((await bob.get(`${url}/${path}`)).status, 200, path);
  }
});

test('quote: author, link and text; without JavaScript the page fills the composer', async (t) => {
  const url = await said('# one\n\ntwo <three>');
  const quote = `@Ann [wrote](https://chat.example.org${url}):\n> # one\n>\n> two <three>\n\n`;
  t.is((await bob.get(`${url}/quote`)).text, quote);
  const seq = url.split('/').at(-1);
  t.true((await bob.get(`/groups/lobby?quote=${seq}`)).text.includes(quote.replaceAll('<', '&lt;').replaceAll('>', '&gt;')));
  for (const other of ['4711', 'x', '']) t.regex((await bob.get(`/groups/lobby?quote=${other}`)).text, /autofocus><\/textarea>/, other);
  await ann.json('DELETE', url);
  t.regex((await bob.get(`${url}/quote`)).text, /> \(erased\)\n/);
});

test('quote: a long text is cut', (t) => {
  const quoted = (text: string) => quoteOf({ name: 'Ann', url: 'u', text }).split('\n').slice(1, -2);
  t.deepEqual(quoted('1\n2\n3\n4\n5\n6'), ['> 1', '> 2', '> 3', '> 4', '> 5', '> 6']);
  t.deepEqual(quoted('1\n2\n3\n4\n5\n6\n7'), ['> 1', '> 2', '> 3', '> 4', '> 5', '> 6 …']);
  t.deepEqual(quoted('👩'.repeat(500)), [`> ${'👩'.repeat(400)} …`]);
});

test('edit history: more than 100 versions are on several pages, and fewer long ones on each', async (t) => {
  const url = await said('v0');
  for (let n = 1; n <= 130; n++) await ann.json('PATCH', url, { body: `v${n}` });
  const first = await bob.get(`${url}/history`, 'application/json');
  const bodies = (answer: typeof first): string[] => answer.json<{ body: string }[]>().map(({ body }) => body);
  t.deepEqual(
    bodies(first),
    Array.from({ length: 100 }, (_, n) => `v${n + 31}`),
  );
  const older = /<https:\/\/chat\.example\.org([^>]+)>; rel="prev"/.exec(first.headers.get('Link') ?? '')?.[1] ?? '';
  const second = await bob.get(older, 'application/json');
  t.deepEqual(
    bodies(second),
    Array.from({ length: 31 }, (_, n) => `v${n}`),
  );
  t.is(second.headers.get('Link'), null);
  const page = await bob.get(`${url}/history`);
  t.true(page.text.includes(`href="${older}">Older versions`) && page.text.includes('>v129<') && !page.text.includes('>v130<'));
  const last = await bob.get(older);
  t.true(last.text.includes('>v30<') && last.text.includes('>v0<') && !last.text.includes('Older versions'));

  const long = await said('long');
  for (let n = 0; n < 20; n++) await ann.json('PATCH', long, { body: `${n} ${'x'.repeat(60_000)}` });
  const cut = await bob.get(`${long}/history`, 'application/json');
  t.true(bodies(cut).length < 20 && cut.headers.get('Link') !== null);
  t.regex(bodies(cut).at(-1) ?? '', /^19 /);
});
