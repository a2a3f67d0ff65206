import test from 'ava';
import type { Answer, Client } from '../helpers/client.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
/** A member of the group `secret`, whose message has seq 2. */
let bob: Client;
/** Logged in, in no group. */
let eve: Client;
let bobsId: string;

test.before(async () => {
  site = await startServer();
  await site.signUp('Ann');
  bob = await site.signUp('Bob');
  eve = await site.signUp('Eve');
  await eve.get('/groups'); // shows the welcome message, which would otherwise be on only one of the two pages
  bobsId = (await userNamed(site.core, 'Bob')).id;
  await bob.json('POST', '/groups', { name: 'Secret' });
  await bob.json('POST', '/groups/secret/messages', { body: 'the secret' });
  await bob.json('POST', '/groups', { name: 'Renamed' });
  await bob.form('/groups/renamed/settings', { action: 'rename', name: 'Otherwise' });
});
test.after.always(() => site.close());

/** Every URL below a group, with a valid body and the status for a member. */
const ROUTES: [method: string, path: string, body: object | undefined, forMember: number][] = [
  ['GET', '', undefined, 200],
  ['GET', '?before=2', undefined, 200],
  ['GET', '/messages', undefined, 200],
  ['POST', '/messages', { body: 'hello' }, 201],
  ['POST', '/messages', {}, 400],
  ['POST', '/messages', { body: '' }, 422],
  ['GET', '/messages/2', undefined, 200],
  ['GET', '/messages/999', undefined, 404],
  ['PATCH', '/messages/2', { body: 'the secret' }, 200],
  ['GET', '/messages/2/edit', undefined, 200],
  ['POST', '/messages/2/edit', { body: 'the secret' }, 200],
  ['POST', '/messages/2/reactions', { emoji: '👍', on: '1' }, 200],
  ['PUT', '/messages/2/reactions/x', undefined, 200],
  ['DELETE', '/messages/2/reactions/x', undefined, 200],
  ['POST', '/messages/2/unerase', {}, 200],
  ['POST', '/read', {}, 200],
  ['GET', '/members', undefined, 200],
  ['POST', '/members', { action: 'add', name: 'Nobody' }, 422],
  ['POST', '/members', { action: 'leave' }, 200],
  ['GET', '/settings', undefined, 200],
  ['POST', '/settings', { action: 'topic', topic: 'things' }, 200],
  ['POST', '/settings', { action: 'level', level: 'nothing' }, 200],
  ['GET', '/invite.svg', undefined, 200],
  ['POST', '/settings', { action: 'nonsense' }, 400],
  ['GET', '/bots', undefined, 200],
  ['POST', '/bots', { action: 'rotate', user: 'nobody' }, 404],
  ['POST', '/messages/2/erase', {}, 200],
  ['DELETE', '/messages/2', undefined, 200],
];
/** Only refused users open streams: those of members would not end. */
const STREAMS: [string, string][] = [
  ['GET', '/events'],
  ['GET', '/events?as=json&after=0'],
  ['GET', '/events?after=nonsense'],
  ['GET', '/live'],
];

function ask(client: Client, slug: string, method: string, path: string, body: object | undefined, accept: string): Promise<Answer> {
  const isForm = accept === 'text/html';
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const content = body === undefined ? {} : { body: isForm ? new URLSearchParams({ ...body }).toString() : JSON.stringify(body) };
  return client.send(`/groups/${slug}${path}`, { method, ...content, headers: { Accept: accept, ...(body && { 'Content-Type': type }) } });
}

/** The response without parts that are unique to a request. */
function seen({ status, headers, text }: Answer, slug: string) {
  const fixed = [...headers].filter(([name]) => !['date', 'x-request-id', 'content-security-policy', 'content-length'].includes(name));
  const plain = (value: string): string =>
    value
      .replaceAll(headers.get('x-request-id') ?? '-', '(id)')
      .replaceAll(/nonce="[^"]*"/g, '')
      .replaceAll(slug, '(slug)');
  return { status, headers: fixed.map(([name, value]) => [name, plain(value)]), text: plain(text) };
}

const FORBIDDEN = ['secret', 'renamed', 'otherwise'];
const ABSENT = 'no-such-group';

for (const accept of ['application/json', 'text/plain', 'text/html'])
  for (const who of ['a signed-in outsider', 'a visitor'] as const)
    test(`${who} cannot tell a forbidden group from an absent one, asking for ${accept}`, async (t) => {
      const client = who === 'a visitor' ? site.client() : eve;
      const all = [...ROUTES, ...STREAMS.map(([method, path]) => [method, path, undefined, 0] as const)];
      for (const [method, path, body] of all) {
        const absent = seen(await ask(client, ABSENT, method, path, body, accept), ABSENT);
        for (const slug of FORBIDDEN)
          t.deepEqual(seen(await ask(client, slug, method, path, body, accept), slug), absent, `${method} ${path} of ${slug}`);
        const isLedToLogIn = who === 'a visitor' && method === 'GET' && accept === 'text/html' && absent.status === 303;
        if (!isLedToLogIn) t.is(absent.status, who === 'a visitor' ? 401 : 404, `${method} ${path}`);
        t.false(absent.text.includes('the secret'));
      }
    });

test('hidden groups: pages redirect visitors to log-in, streams never redirect', async (t) => {
  const visitor = site.client();
  t.is((await visitor.get('/groups/secret')).headers.get('location'), '/login?return_to=%2Fgroups%2Fsecret');
  for (const [, path] of STREAMS)
    for (const accept of ['text/html', '*/*', 'text/event-stream', 'application/json']) {
      const answer = await visitor.get(`/groups/secret${path}`, accept);
      t.is(answer.status, 401, `${path} ${accept}`);
      t.is(answer.headers.get('location'), null);
    }
});

test('hidden groups: a member reaches all of these URLs', async (t) => {
  await site.signUp('Carl');
  await bob.json('POST', '/groups/secret/members', { action: 'add', name: 'Carl' });
  await bob.json('POST', '/groups', { name: 'Leaving' });
  for (const [method, path, body, status] of ROUTES) {
    const isLeaving = path === '/members' && body !== undefined && 'action' in body && body.action === 'leave';
    const answer = await ask(bob, isLeaving ? 'leaving' : 'secret', method, path, body, 'application/json');
    t.is(answer.status, status, `${method} ${path}`);
  }
});

test('hidden groups: a former member is treated as a non-member', async (t) => {
  const dora = await site.signUp('Dora');
  await bob.json('POST', '/groups/otherwise/members', { action: 'add', name: 'Dora' });
  t.is((await dora.get('/groups/otherwise')).status, 200);
  await dora.form('/groups/otherwise/members', { action: 'leave' });
  for (const [method, path, body] of ROUTES) {
    const absent = seen(await ask(dora, ABSENT, method, path, body, 'application/json'), ABSENT);
    t.deepEqual(seen(await ask(dora, 'otherwise', method, path, body, 'application/json'), 'otherwise'), absent, `${method} ${path}`);
  }
});

test('hidden groups: lists reveal nothing to non-members', async (t) => {
  for (const path of ['/groups', '/settings', '/me'])
    for (const accept of ['text/html', 'application/json', 'text/plain']) {
      const { text } = await eve.get(path, accept);
      for (const word of ['Secret', 'secret', 'Otherwise', bobsId]) t.false(text.includes(word), `${path} ${accept}`);
    }
  t.true((await bob.get('/groups')).text.includes('/groups/secret'));
});
