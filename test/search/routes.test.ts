import test, { type ExecutionContext } from 'ava';
import { breachesIn, HOSTILE_NAMES, HOSTILE_TEXTS, shownIn } from '../../fixtures/hostile.ts';
import type { Client } from '../helpers/client.ts';
import { Faults, makeFaulty } from '../helpers/faulty-store.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { startServerFor, type TestServer } from '../helpers/server.ts';

type Site = TestServer & { readonly ann: Client; readonly bob: Client };
type Results = { readonly results: readonly Record<string, unknown>[]; readonly next: string | null };

/** Ann and Bob in Lobby; Bob is also in the group Cellar. */
async function opened(t: ExecutionContext): Promise<Site> {
  const site = await startServerFor(t, { env: { POSTS_PER_SECOND: '0' } });
  const ann = await site.signUp('Ann');
  const bob = await site.signUpInLobby('Bob Marsh');
  await bob.json('POST', '/groups', { name: 'Cellar' });
  return { ...site, ann, bob };
}

const url = (q: string, more: Record<string, string> = {}): string => `/search?${new URLSearchParams({ q, ...more })}`;
const post = (client: Client, slug: string, body: string) => client.json('POST', `/groups/${slug}/messages`, { body });
const results = async (client: Client, path: string): Promise<Results> => (await client.get(path, 'application/json')).json<Results>();
const bodies = ({ results: all }: Results): unknown[] => all.map(({ body }) => body);

test('search page: author, group, time, marked words and link of each hit', async (t) => {
  const { ann, bob } = await opened(t);
  await post(ann, 'lobby', 'Nothing to see');
  const { seq } = (await post(bob, 'lobby', 'The kettle <b>boils</b> & sings')).json<{ seq: number }>();
  await post(bob, 'cellar', 'Another kettle');
  for (let i = 0; i < 60; i += 1) await post(ann, 'lobby', `later ${i}`);

  const page = await ann.get(url('kettle from:"Bob Marsh"'));
  t.is(page.status, 200);
  t.deepEqual(breachesIn(page.text), []);
  t.regex(page.text, /The <mark>kettle<\/mark> &lt;b&gt;boils&lt;\/b&gt; &amp; sings/);
  t.regex(page.text, /value="kettle from:&quot;Bob Marsh&quot;"/);
  t.regex(page.text, /<b class="who"[^>]*>Bob Marsh<\/b>.*in <a href="\/groups\/lobby">Lobby<\/a>/s);
  t.is(page.text.match(/<mark>/g)?.length, 1, 'the cellar is Bob’s alone');
  t.is(page.headers.get('Cache-Control'), 'no-store');

  const [, context = ''] = /<a class="when" href="([^"]+)"/.exec(page.text) ?? [];
  t.is(context, `/groups/lobby?around=${seq}#m-${seq}`);
  t.true((await ann.get(context)).text.includes(`<article id="m-${seq}"`));

  const [found] = (await results(ann, url('kettle'))).results;
  t.like(found, { group: 'lobby', group_name: 'Lobby', seq, body: 'The kettle <b>boils</b> & sings', context, erased: false });
  t.is(found?.snippet, 'The <mark>kettle</mark> &lt;b&gt;boils&lt;/b&gt; &amp; sings');
  const text = await ann.get(url('kettle'), 'text/plain');
  t.is(text.text, `/groups/lobby/messages/${seq} Bob Marsh: The kettle <b>boils</b> & sings\n`);
  t.is(bodies(await results(bob, url('kettle'))).length, 2);
});

test('search page: pagination by link and by the Link header', async (t) => {
  const { ann } = await opened(t);
  for (let i = 0; i < 45; i += 1) await post(ann, 'lobby', `tide ${i}`);
  const all: unknown[] = [];
  let path: string | null = url('tide');
  for (const length of [20, 20, 5]) {
    const answer = await ann.get(path ?? '', 'application/json');
    const page = answer.json<Results>();
    t.is(page.results.length, length);
    all.push(...bodies(page));
    t.is(answer.headers.get('Link'), page.next && `<${ann.url}${page.next}>; rel="next"`);
    const html = (await ann.get(path ?? '')).text;
    t.is(/<a class="turn" rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? null, page.next);
    await post(ann, 'lobby', 'tide of news');
    path = page.next;
  }
  t.is(path, null);
  t.deepEqual(
    all,
    Array.from({ length: 45 }, (_, i) => `tide ${44 - i}`),
  );
  const two = await results(ann, url('tide', { limit: '2' }));
  t.is(two.results.length, 2);
  t.is((await results(ann, two.next ?? '')).results.length, 2, 'the limit goes with the link');
});

test('search page: explains the operators without a query and without hits', async (t) => {
  const { ann } = await opened(t);
  for (const [path, heading] of [
    ['/search', 'Search the messages of your groups'],
    [url('   '), 'Search the messages of your groups'],
    [url('unheard-of'), 'Nothing found'],
  ] as const) {
    const { status, text } = await ann.get(path);
    t.is(status, 200);
    t.true(text.includes(heading), path);
    t.true(shownIn(text).includes('from:"Ann Lee"'));
    t.deepEqual(await results(ann, path), { results: [], next: null });
  }
  t.is((await ann.get('/search', 'text/plain')).text, '');
});

test('search page: a visitor logs in and returns to the search', async (t) => {
  const { client } = await opened(t);
  const page = await client().get(url('tea'));
  t.deepEqual([page.status, page.headers.get('Location')], [303, `/login?return_to=${encodeURIComponent(url('tea'))}`]);
  t.is((await client().get(url('tea'), 'application/json')).status, 401);
});

const HOSTILE = [
  ...HOSTILE_NAMES,
  ...HOSTILE_TEXTS,
  `" * NEAR( OR -- '`,
  '"unbalanced',
  'NEAR(a b)',
  'a AND',
  '*',
  '-',
  '--',
  '-*',
  'terms:pwned',
  'rowid:1',
  '^pwned',
  'a + b',
  '{a b} : c',
  '{"$ne":null}',
  '$where:1',
  'from:{"$gt":""}',
  'in:../../etc',
  'from:"',
  'before:9999-99-99 after:-1',
  'before:99999999999999999999',
  'a\0b',
  '\ud800',
  '%',
  '\\',
  '(((((((((((((((((((((',
  'x'.repeat(10_000),
  '"'.repeat(4000), // Node.js takes 16 KB of a request's head, and each of these is three bytes of it
  'a '.repeat(5000),
  '-a '.repeat(3000),
  'from:a '.repeat(1200),
  '"a" '.repeat(1200),
];

test('search page: every query gets a page', async (t) => {
  const { ann, clock } = await opened(t);
  await post(ann, 'lobby', 'pwned or not, near and far');
  for (const q of HOSTILE)
    for (const accept of ['text/html', 'application/json', 'text/plain']) {
      const answer = await ann.get(url(q), accept);
      t.is(answer.status, 200, `${answer.text.slice(0, 300)} for ${JSON.stringify(q.slice(0, 80))}`);
      if (accept === 'text/html') t.deepEqual(breachesIn(answer.text), [], q.slice(0, 80));
      clock.turn(1000);
    }
  for (const path of ['/search?q=%', '/search?q=%ff%fe&q=%00', '/search?q=a&q=b', '/search?q=%ED%A0%80', '/search?&&=&q'])
    t.is((await ann.get(path)).status, 200, path);
  t.deepEqual(bodies(await results(ann, '/search?q=pwned&q=far')), ['pwned or not, near and far']);
  for (const path of [
    '/search?q=a&cursor=x',
    '/search?q=a&cursor=1-1-1&cursor=1-1-1',
    '/search?q=a&limit=x',
    '/search?q=a&limit=0',
    '/search?q[$ne]=1',
  ]) {
    const { status } = await ann.get(path, 'application/json');
    t.true(status === 400 || status === 422, `${path} ${status}`);
  }
});

test('search: a forbidden and an absent group are indistinguishable, also by the reads of the store', async (t) => {
  const { ann, bob, core, clock } = await opened(t);
  await post(bob, 'cellar', 'the hidden treasure');
  await post(ann, 'lobby', 'the open treasure');
  await results(ann, url('treasure'));
  await core.indexer.stop(); // the indexer reads heads itself
  const faults = new Faults();
  makeFaulty(core, faults);
  const asked = async (q: string) => {
    clock.turn(5000);
    core.lookupCache.invalidate(); // otherwise a request might hit the cache
    faults.asked.length = 0;
    const { status, text } = await ann.get(url(q), 'application/json');
    return { status, text, asked: [...faults.asked] };
  };
  t.deepEqual(await asked('in:cellar treasure'), await asked('in:nowhere treasure'));
  t.like(await asked('in:cellar treasure'), { status: 200, text: '{"results":[],"next":null}' });
  t.true((await asked('in:lobby treasure')).text.includes('the open'));
});

test('search: 429 with Retry-After beyond the rate limit', async (t) => {
  const { ann, bob, clock } = await opened(t);
  let answer = await ann.get(url('tea'), 'application/json');
  for (let i = 0; i < 100 && answer.status === 200; i += 1) answer = await ann.get(url('tea'), 'application/json');
  t.is(answer.status, 429);
  t.is(answer.headers.get('Retry-After'), '1');
  t.is((await ann.get(url('tea'))).status, 429);
  t.is((await bob.get(url('tea'))).status, 200);
  clock.turn(1000);
  t.is((await ann.get(url('tea'))).status, 200);
});

test('search: a personal API token searches as its owner', async (t) => {
  const { ann, client, core } = await opened(t);
  await post(ann, 'lobby', 'found by a program');
  const { createToken } = await import('../../lib/accounts/tokens.ts');
  const owner = await userNamed(core, 'Ann');
  const { token } = await createToken(core, owner);
  const found = await client().bearer(token).get(url('program'), '*/*');
  t.deepEqual(bodies(found.json<Results>()), ['found by a program']);
});
