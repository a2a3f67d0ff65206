import test from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import type { Route } from '../../lib/http/router.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
/** The administrator, a member only of her own direct messages. */
let ann: Client;
let bob: Client;
let outsiders: Record<string, Client>;
let slug: string;
let number: number;
const ABSENT = 'dm-00000000000000000000';

test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
  bob = await site.signUp('Bob');
  await site.signUp('Carl');
  const { core } = site;
  ({ slug, number } = (await bob.json('POST', '/direct', { with: 'Carl' })).json<{ slug: string; number: number }>());
  await bob.json('POST', `/groups/${slug}/messages`, { body: 'the secret' });
  const [lobby, annUser] = [await groupAt(core, 'lobby'), await userNamed(core, 'Ann')];
  const { token } = await createBot(core, annUser.id, { name: 'Walker', group: lobby });
  const eve = await site.signUp('Eve');
  for (const client of [ann, eve]) await client.get('/groups'); // shows the welcome message, which would otherwise be on only one of the two pages
  outsiders = { 'the administrator': ann, 'somebody else': eve, 'a bot': site.client().bearer(token) };
});
test.after.always(() => site.close());

const VALUES: Record<string, string> = { seq: '3', emoji: 'x', key: 'k' };
const routes = (): readonly Route[] => site.server.routes().filter(({ path }) => path.startsWith('/groups/:slug'));

/** Sends a valid request to a route of a group; does not wait for the end of a stream. */
async function ask(client: Client, { method, path }: Route, group: string, accept = 'application/json') {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'slug' ? group : (VALUES[name] ?? 'x')));
  const action = path.endsWith('/settings') ? 'topic' : path.endsWith('/bots') ? 'create' : 'add';
  const body = { body: 'hello', emoji: 'x', topic: 'x', name: 'Eve', action };
  const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'DELETE';
  const end = new AbortController();
  const headers = { Accept: accept, 'Content-Type': 'application/json' };
  const init = { method, headers, signal: end.signal, ...(hasBody ? { body: JSON.stringify(body) } : {}) };
  const response = await client.open(filled, init);
  const isStream = response.ok && /events|live$/.test(path);
  const text = isStream ? '' : await response.text();
  end.abort();
  return { status: response.status, text, location: response.headers.get('location') };
}

test('direct messages: absent for others at every URL below /groups, also for administrators', async (t) => {
  t.true(routes().length > 20);
  const plain = (text: string, group: string): string =>
    text
      .replace(/<nav id="rail"[\s\S]*?<\/nav>/, '') // other tests make groups meanwhile
      .replaceAll(group, '(slug)')
      .replaceAll(/[0-9a-z]{26}/g, '(id)')
      .replaceAll(/nonce="[^"]*"/g, '');
  for (const [who, client] of Object.entries(outsiders))
    for (const accept of ['application/json', 'text/html', 'text/plain'])
      for (const route of routes()) {
        const what = `${who}: ${route.method} ${route.path} ${accept}`;
        const [there, absent] = [await ask(client, route, slug, accept), await ask(client, route, ABSENT, accept)];
        t.deepEqual({ ...there, text: plain(there.text, slug) }, { ...absent, text: plain(absent.text, ABSENT) }, what);
        const isForPeople = who === 'a bot' && there.status === 403;
        t.is(there.status, isForPeople ? 403 : 404, what);
        t.false(there.text.includes('the secret'), what);
      }
});

test('direct messages: not reachable by number, join, code or list', async (t) => {
  t.is((await ann.json('POST', '/groups/join', { slug })).status, 404);
  for (const code of ['', slug, 'direct', `direct:${slug}`]) t.is((await ann.json('POST', '/groups/join', { code })).status, 422, code);
  for (const path of [`/rooms/${number}/1-x/messages`, `/rooms/${slug}/1-x/messages`]) t.not((await ann.get(path)).status, 200);
  for (const [who, client] of Object.entries(outsiders))
    for (const path of ['/groups', '/direct', '/admin', '/me', '/settings', '/search?q=secret', '/groups/lobby'])
      for (const accept of ['text/html', 'application/json'])
        t.false((await client.get(path, accept)).text.includes(slug), `${who} ${path}`);
  t.regex(
    (await ann.get('/admin')).text,
    /[1-9]\d* direct conversations?, visible only to their participants/,
    'administrators see how many there are',
  );
  t.true((await bob.get('/groups')).text.includes(slug), 'those in it find it');
});

test('direct messages: no group can have such a slug', async (t) => {
  for (const name of [ABSENT, ABSENT.toUpperCase(), `dm ${ABSENT.slice(3)}`]) {
    const made = await ann.json('POST', '/groups', { name });
    t.false(made.json<{ slug: string }>().slug.startsWith('dm-'), name);
  }
  await ann.json('POST', '/groups', { name: 'Renamed to one' });
  const renamed = await ann.json('POST', '/groups/renamed-to-one/settings', { action: 'rename', name: 'DM 1' });
  t.is(renamed.json().slug, 'g-dm-1');
});

/** Actions of members that direct messages do not support: refused with a message. */
const VERBS: [method: string, path: string, body: object | undefined, status: number, words?: RegExp][] = [
  ['GET', '', undefined, 200],
  ['GET', '/messages', undefined, 200],
  ['POST', '/messages', { body: 'hi' }, 201],
  ['PATCH', '/messages/3', { body: 'the secret' }, 200],
  ['GET', '/members', undefined, 200],
  ['GET', '/settings', undefined, 200],
  ['POST', '/settings', { action: 'level', level: 'mentions' }, 200],
  ['POST', '/settings', { action: 'hide', on: '0' }, 200],
  ['POST', '/members', { action: 'add', name: 'Eve' }, 403, /have fixed members/],
  ['POST', '/members', { action: 'moderator', user: 'x' }, 403, /managed by nobody/],
  ['POST', '/members', { action: 'remove', user: 'x' }, 403, /managed by nobody/],
  ['POST', '/members', { action: 'leave' }, 403, /cannot be left. Mute them/],
  ['POST', '/settings', { action: 'rename', name: 'Ours' }, 403, /managed by nobody/],
  ['POST', '/settings', { action: 'topic', topic: 'ours' }, 403, /managed by nobody/],
  ['POST', '/settings', { action: 'open', on: '1' }, 403, /managed by nobody/],
  ['POST', '/settings', { action: 'archive', on: '1' }, 403, /managed by nobody/],
  ['POST', '/settings', { action: 'code' }, 403, /managed by nobody/],
  ['POST', '/settings', { action: 'limits', uses: '1' }, 403, /managed by nobody/],
  ['GET', '/invite.svg', undefined, 403, /managed by nobody/],
  ['GET', '/bots', undefined, 403, /managed by nobody/],
  ['POST', '/bots', { action: 'create', name: 'Ours' }, 403, /managed by nobody/],
];

test('direct messages: unsuitable actions are refused with a reason', async (t) => {
  const { slug: mine } = (await ann.json('POST', '/direct', { with: 'Bob' })).json<{ slug: string }>();
  await ann.json('POST', `/groups/${mine}/messages`, { body: 'the secret' });
  for (const [method, path, body, status, words] of VERBS) {
    const answer: Answer = await ann.json(method, `/groups/${mine}${path}`, body); // an administrator who is in it
    t.is(answer.status, status, `${method} ${path} ${JSON.stringify(body)}`);
    if (words) t.regex(String(answer.json().detail), words);
  }
  const group = await site.core.store.groups.bySlug(mine);
  t.like(group, { kind: 'direct', open: false, archived: false, topic: '' });
  t.is((await site.core.store.memberships.ofGroup(group?.id ?? ('' as never))).length, 2);
});

test('groups cannot be hidden, only left or muted', async (t) => {
  await bob.json('POST', '/groups', { name: 'Plain' });
  const answer = await bob.json('POST', '/groups/plain/settings', { action: 'hide', on: '1' });
  t.is(answer.status, 403);
  t.regex(String(answer.json().detail), /Leave the group, or mute it/);
});

test('direct messages: only the author erases a message, not an administrator', async (t) => {
  const { slug: mine } = (await ann.json('POST', '/direct', { with: 'Bob, Carl' })).json<{ slug: string }>();
  const { seq } = (await bob.json('POST', `/groups/${mine}/messages`, { body: 'mine to erase' })).json<{ seq: number }>();
  t.is((await ann.json('DELETE', `/groups/${mine}/messages/${seq}`)).status, 403);
  t.is((await bob.json('DELETE', `/groups/${mine}/messages/${seq}`)).status, 200);
});
