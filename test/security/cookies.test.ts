import test from 'ava';
import { PASSWORD, startServerFor } from '../helpers/server.ts';

const [NAME, KNOWN] = ['parley', 'parley_known'];
const HTTPS = { PUBLIC_URL: 'https://chat.example.org' };

test('cookies: with an https PUBLIC_URL they are bound to this host, and one that another host planted counts for nothing', async (t) => {
  const site = await startServerFor(t, { env: HTTPS });
  const ann = await site.signUp('Ann');
  t.deepEqual([...ann.cookies.keys()].toSorted(), [`__Host-${NAME}`, `__Host-${KNOWN}`]);
  t.is((await ann.get('/me', 'application/json')).status, 200);
  const response = await site.client().open('/login', {
    method: 'POST',
    body: new URLSearchParams({ name: 'Ann', password: PASSWORD }).toString(),
    headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  const lines = response.headers.getSetCookie().filter((line) => !/expires=Thu, 01 Jan 1970/.test(line));
  t.true(lines.length >= 2);
  for (const line of lines) {
    t.true(line.startsWith('__Host-'), line);
    t.regex(line, /; path=\/;/i);
    t.regex(line, /; secure/i);
    t.notRegex(line, /; domain=/i, 'a browser refuses the prefix with a domain');
  }
  const planted = site.client();
  planted.cookies.set(NAME, ann.cookies.get(`__Host-${NAME}`) ?? '');
  t.is((await planted.get('/me', 'application/json')).status, 401);
  t.is((await planted.get('/groups/lobby/events', 'text/event-stream')).status, 401);
});

test('cookies: over http they have no prefix, which a browser would refuse', async (t) => {
  const ann = await (await startServerFor(t)).signUp('Ann');
  t.deepEqual([...ann.cookies.keys()].toSorted(), [NAME, KNOWN]);
  t.is((await ann.get('/me', 'application/json')).status, 200);
});

test('cookies: log-out ends a session under the prefixed name', async (t) => {
  const site = await startServerFor(t, { env: HTTPS });
  const ann = await site.signUp('Ann');
  const id = ann.cookies.get(`__Host-${NAME}`) ?? '';
  t.is((await ann.form('/logout', {})).status, 303);
  const thief = site.client();
  thief.cookies.set(`__Host-${NAME}`, id);
  t.is((await thief.get('/me', 'application/json')).status, 401);
});

for (const [setting, value] of [
  ['on', 'max-age=31536000; includeSubDomains'],
  ['off', 'max-age=31536000'],
] as const)
  test(`HSTS: HSTS_SUBDOMAINS=${setting} on pages, data and streams`, async (t) => {
    const site = await startServerFor(t, { env: { ...HTTPS, HSTS_SUBDOMAINS: setting } });
    const ann = await site.signUp('Ann');
    for (const path of ['/groups', '/groups/lobby/messages', '/login'])
      t.is((await ann.get(path)).headers.get('strict-transport-security'), value, path);
    const stop = new AbortController();
    const stream = await ann.open('/groups/lobby/events', { signal: stop.signal });
    t.is(stream.headers.get('strict-transport-security'), value);
    stop.abort();
    const plain = await (await startServerFor(t, { env: { HSTS_SUBDOMAINS: setting } })).client().get('/login');
    t.false(plain.headers.has('strict-transport-security'));
  });

test('cookies: of a site below a path they are for that path, and only https can set them', async (t) => {
  const site = await startServerFor(t, { env: { PUBLIC_URL: 'https://example.org/chat' } });
  const response = await site.client().open('/chat/signup', {
    method: 'POST',
    body: new URLSearchParams({ name: 'Ann', password: PASSWORD }).toString(),
    headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  t.regex(response.headers.get('location') ?? '', /^\/chat\/groups/);
  const lines = response.headers.getSetCookie().filter((line) => !/expires=Thu, 01 Jan 1970/.test(line));
  t.is(lines.length, 2);
  for (const line of lines) t.regex(line, /^__Secure-parley(_known)?=.*; path=\/chat;.*; secure/i);
});
