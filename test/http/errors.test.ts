import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
  await ann.get('/groups');
});
test.after.always(() => site.close());

const SHAPES: [accept: string, type: string, body: RegExp][] = [
  ['text/html', 'text/html; charset=utf-8', /<h1>Not Found<\/h1>[\s\S]*include the request id <code>[0-9a-z]{26}<\/code>/],
  ['text/html, text/plain, text/sgml, text/css, */*;q=0.01', 'text/html; charset=utf-8', /<h1>Not Found<\/h1>/], // lynx
  ['text/html, text/*;q=0.5, image/*, application/*', 'text/html; charset=utf-8', /<h1>Not Found<\/h1>/], // w3m
  ['application/xhtml+xml, */*;q=0.8', 'text/html; charset=utf-8', /<h1>Not Found<\/h1>/],
  ['*/*', 'application/problem+json', /^\{"type":"about:blank","title":"Not Found","status":404/],
  ['image/avif, image/webp', 'application/problem+json', /"status":404/],
  ['text/html;q=0, */*', 'application/problem+json', /"status":404/],
  [
    'application/json',
    'application/problem+json',
    /^\{"type":"about:blank","title":"Not Found","status":404,"code":"notFound","detail":"Not found, or you do not have access/,
  ],
  ['text/plain', 'text/plain; charset=utf-8', /^Not found, or you do not have access\.\n$/],
  ['text/event-stream', 'application/problem+json', /"status":404/],
];

for (const [accept, type, body] of SHAPES)
  test(`what is not there is said as ${accept} asks`, async (t) => {
    const answer = await ann.get('/groups/nowhere', accept);
    t.is(answer.status, 404);
    t.is(answer.headers.get('content-type'), type);
    t.regex(answer.text, body);
  });

test('errors: htmx gets a fragment with the message', async (t) => {
  const answer = await ann.get('/groups/nowhere', 'text/html', { 'HX-Request': 'true' });
  t.deepEqual([answer.status, answer.text.trim()], [404, 'Not found, or you do not have access.']);
});

test('errors: a problem has the request id of the response header', async (t) => {
  const answer = await ann.get('/groups/nowhere', 'application/json');
  t.is(answer.json().request_id, answer.headers.get('x-request-id'));
});

test('errors: a visitor is redirected to the log-in page for GET and HEAD of a page, and otherwise refused', async (t) => {
  const visitor = site.client();
  for (const method of ['GET', 'HEAD']) {
    const answer = await visitor.send('/groups?x=1', { method, headers: { Accept: 'text/html' } });
    t.deepEqual([answer.status, answer.headers.get('location')], [303, '/login?return_to=%2Fgroups%3Fx%3D1']);
  }
  t.is((await visitor.form('/groups', { name: 'x' })).status, 401);
  t.is((await visitor.get('/groups', 'application/json')).status, 401);
  t.is((await visitor.get('/groups', 'text/plain')).status, 401);
  t.is((await visitor.get('/groups', 'text/html', { 'HX-Request': 'true' })).status, 401);
});

/** What programs send that say nothing of HTML: fetch and curl, requests, one without the header, axios, one that likes anything better. */
const PROGRAMS: Record<string, string>[] = [
  { Accept: '*/*' },
  { Accept: '' },
  { Accept: 'application/json, text/plain, */*' },
  { Accept: 'text/html;q=0.1, application/json' },
  { Accept: 'text/*' },
];

test('errors: a program without credentials gets 401 with a challenge and problem+json; a browser is redirected to the log-in page', async (t) => {
  const visitor = site.client();
  for (const headers of PROGRAMS)
    for (const [method, path] of [
      ['GET', '/groups'],
      ['HEAD', '/groups'],
      ['GET', '/groups/lobby/messages'],
      ['POST', '/groups/lobby/messages'],
      ['GET', '/events'],
      ['GET', '/groups/%6Cobby/events'],
    ] as const) {
      const answer = await visitor.send(path, { method, headers });
      const what = `${method} ${path} ${headers.Accept}`;
      t.deepEqual([answer.status, answer.headers.get('www-authenticate')], [401, 'Bearer'], what);
      t.is(answer.headers.get('content-type'), 'application/problem+json', what);
      if (method !== 'HEAD') t.is(answer.json().code, 'unauthenticated', what);
    }
  t.is((await visitor.get('/groups', 'text/plain')).headers.get('www-authenticate'), 'Bearer');
  const browser = await visitor.get('/groups', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8');
  t.deepEqual([browser.status, browser.headers.get('www-authenticate')], [303, null]);
  t.is((await ann.get('/groups', '*/*')).status, 200);
});

test('errors: an unknown path is JSON for a program and a page for a browser', async (t) => {
  const visitor = site.client();
  for (const headers of PROGRAMS) {
    const answer = await visitor.send('/nowhere', { headers });
    t.deepEqual([answer.status, answer.headers.get('content-type')], [404, 'application/problem+json'], headers.Accept);
  }
  t.regex((await visitor.get('/nowhere', 'text/html')).headers.get('content-type') ?? '', /^text\/html/);
});

test('errors: a refused form is shown again to a browser; a program gets the reason', async (t) => {
  const send = (accept: string) => site.client().form('/login', { name: 'Nobody', password: 'wrong' }, { Accept: accept });
  const [page, program] = [await send('text/html'), await send('*/*')];
  t.regex(page.text, /<form[^>]*action="\/login"/);
  t.deepEqual([program.status, program.headers.get('www-authenticate')], [401, 'Bearer']);
  t.is(program.json().code, 'unauthenticated');
});

test('errors: 405 lists the methods of the path in Allow', async (t) => {
  for (const [method, path, allowed] of [
    ['DELETE', '/groups/lobby', ['GET', 'HEAD']],
    ['GET', '/settings/tokens', ['POST']],
    ['PUT', '/groups/lobby/messages/2', ['DELETE', 'GET', 'HEAD', 'PATCH']],
    ['PROPFIND', '/groups', ['GET', 'HEAD', 'POST']],
    ['POST', '/healthz', ['GET', 'HEAD']],
  ] as const) {
    const answer = await ann.send(path, { method, headers: { Accept: 'application/json' } });
    t.is(answer.status, 405, `${method} ${path}`);
    t.is(answer.headers.get('content-type'), 'application/problem+json');
    t.deepEqual(answer.headers.get('allow')?.split(', ').sort(), [...allowed]);
    t.regex(answer.text, /"detail":"This URL does not support that method/);
  }
  const options = await ann.send('/groups', { method: 'OPTIONS' });
  t.deepEqual([options.status, options.headers.get('allow')?.split(', ').sort().join()], [204, 'GET,HEAD,POST']);
  t.is((await ann.send('/nowhere', { method: 'DELETE' })).status, 404);
});

test('errors: HEAD has the headers of GET and no body', async (t) => {
  for (const [path, accept] of [
    ['/groups/lobby', 'text/html'],
    ['/groups', 'application/json'],
    ['/healthz', '*/*'],
    ['/login', 'text/html'],
    ['/groups/nowhere', 'text/html'],
  ] as const) {
    const [head, get] = [await ann.send(path, { method: 'HEAD', headers: { Accept: accept } }), await ann.get(path, accept)];
    t.is(head.status, get.status, path);
    t.is(head.headers.get('content-type'), get.headers.get('content-type'));
    t.is(head.text, '');
  }
});

test('health: /healthz reports the process, /readyz the store and the bus', async (t) => {
  const visitor = site.client();
  const [health, ready] = [await visitor.get('/healthz'), await visitor.get('/readyz')];
  t.deepEqual([health.status, health.json()], [200, { status: 'ok' }]);
  t.deepEqual([ready.status, ready.json()], [200, { status: 'ready', store: 'up', bus: 'up' }]);
  for (const answer of [health, ready]) {
    t.is(answer.headers.get('cache-control'), 'no-store');
    t.is(answer.headers.get('set-cookie'), null);
  }
});

test('health: without Redis the status is degraded, and messages arrive later', async (t) => {
  const alone = await startServerFor(t, { env: { REDIS_URL: 'redis://127.0.0.1:1' } });
  const owner = await alone.signUp('Ann');
  const ready = await owner.get('/readyz');
  t.deepEqual([ready.status, ready.json()], [200, { status: 'degraded', store: 'up', bus: 'down' }]);
  t.is((await owner.form('/groups/lobby/messages', { body: 'hello' })).status, 303);
});

test('health: with the store unavailable /readyz is 503 and the process stays up', async (t) => {
  const broken = await startServerFor(t);
  const visitor = broken.client();
  await broken.signUp('Ann');
  await broken.core.store.close();
  const ready = await visitor.get('/readyz');
  t.deepEqual([ready.status, ready.json().store], [503, 'down']);
  t.is((await visitor.get('/healthz')).status, 200);
  const page = await visitor.get('/login', 'application/json');
  t.true(page.status >= 500);
  t.notRegex(page.text, /sqlite|at Object|\.ts/i, 'what went wrong inside is for the log');
});

test('errors: an unexpected error reveals nothing but its request id', async (t) => {
  const fresh = await startServerFor(t);
  const owner = await fresh.signUp('Ann');
  const { byNameKey } = fresh.core.store.users;
  Object.assign(fresh.core.store.users, {
    byNameKey: () => {
      throw new Error('secret detail in /etc/path');
    },
  });
  for (const accept of ['text/html', 'application/json', 'text/plain']) {
    const answer = await owner.send('/login', {
      method: 'POST',
      body: 'name=a&password=b',
      headers: { Accept: accept, 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    t.is(answer.status, 500);
    t.notRegex(answer.text, /secret detail/);
    t.regex(answer.text, /An internal error occurred/);
  }
  Object.assign(fresh.core.store.users, { byNameKey });
  t.is((await owner.get('/groups')).status, 200);
});
