import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let site: TestServer;
let ann: Client;
let program: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
  const settings = await ann.form('/settings/tokens', { name: 'laptop' });
  program = site.client().bearer(/value="([A-Za-z0-9]{40})"/.exec(settings.text)?.[1] ?? '');
  await ann.json('POST', '/groups/lobby/messages', { body: 'hello' });
});
test.after.always(() => site.close());

const PAGES: [path: string, heading: RegExp][] = [
  ['/groups', /<h1>Your groups<\/h1>/],
  ['/groups/lobby', /role="log"/],
  ['/groups/lobby/messages', /role="log"/],
  ['/groups/lobby/messages/2', /<article id="m-2"/],
  ['/groups/lobby/members', /<h1[^>]*>.*Members/],
  ['/groups/lobby/settings', /<h1>Group settings<\/h1>/],
  ['/groups/lobby/pins', /<h1[^>]*>.*Pinned/],
  ['/groups/lobby/messages/2/history', /<h1[^>]*>.*Earlier versions/],
  ['/direct', /<h1[^>]*>Direct messages/],
  ['/search?q=hello', /<mark>hello<\/mark>/],
  ['/saved', /<h1[^>]*>Saved/],
];

for (const [path, seen] of PAGES)
  test(`${path}: Accept decides the format, for a session and for a token; a token that takes any format gets JSON`, async (t) => {
    for (const client of [ann, program]) {
      for (const accept of ['text/html', BROWSER]) {
        const page = await client.get(path, accept);
        t.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'], accept);
        t.regex(page.text, seen);
      }
      const json = await client.get(path, 'application/json');
      t.deepEqual([json.status, json.headers.get('content-type')], [200, 'application/json; charset=utf-8']);
      t.notThrows(() => json.json());
    }
    t.is((await program.get(path, '*/*')).headers.get('content-type'), 'application/json; charset=utf-8');
    t.is((await ann.get(path, '*/*')).headers.get('content-type'), 'text/html; charset=utf-8');
  });

test('format: errors for a token follow Accept and never redirect', async (t) => {
  const stranger = site.client().bearer('prl_unknown');
  for (const [client, path, status] of [
    [program, '/groups/nowhere', 404],
    [program, '/nowhere', 404],
    [program, '/groups/nowhere/events', 404],
    [stranger, '/groups', 401],
    [stranger, '/login', 401],
  ] as const) {
    for (const [accept, type] of [
      [BROWSER, 'text/html; charset=utf-8'],
      ['*/*', 'application/problem+json'],
      ['application/json', 'application/problem+json'],
      ['text/plain', 'text/plain; charset=utf-8'],
    ] as const) {
      const answer = await client.get(path, accept);
      t.deepEqual([answer.status, answer.headers.get('content-type')], [status, type], `${path} ${accept}`);
      t.is(answer.headers.get('www-authenticate'), status === 401 ? 'Bearer' : null);
    }
  }
});

test('format: the response to a post by token follows Accept', async (t) => {
  const post = (accept: string) =>
    program.send('/groups/lobby/messages', {
      method: 'POST',
      body: 'body=hi',
      headers: { Accept: accept, 'Content-Type': 'application/x-www-form-urlencoded' },
    });
  const page = await post('text/html');
  t.is(page.status, 303);
  t.regex(page.headers.get('location') ?? '', /^\/groups\/lobby#m-\d+$/);
  for (const accept of ['*/*', 'application/json']) {
    const json = await post(accept);
    t.deepEqual([json.status, json.json().body], [201, 'hi'], accept);
  }
  t.regex((await post('text/plain')).text, /^\/groups\/lobby\/messages\/\d+\n$/);
  const refused = await program.send('/groups/lobby/messages', {
    method: 'POST',
    body: '{}',
    headers: { 'Content-Type': 'application/json', Accept: '*/*' },
  });
  t.deepEqual([refused.status, refused.headers.get('content-type')], [400, 'application/problem+json']);
});
