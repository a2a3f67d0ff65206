import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { PASSWORD, startServer, startServerFor, type TestServer } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

let site: TestServer;
let ann: Client;
let here: string;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
  await ann.json('POST', '/groups/lobby/messages', { body: 'hello' });
  here = site.url;
});
test.after.always(() => site.close());

type Headers = Record<string, string>;
const CASES: [what: string, headers: () => Headers, isAllowed: boolean][] = [
  ['neither header, as curl and lynx send', () => ({}), true],
  ['the same origin', () => ({ Origin: here, 'Sec-Fetch-Site': 'same-origin' }), true],
  ['the same origin without fetch metadata', () => ({ Origin: here }), true],
  ['only the word that it is the same origin', () => ({ 'Sec-Fetch-Site': 'same-origin' }), true],
  ['an act of the user', () => ({ 'Sec-Fetch-Site': 'none' }), true],
  ['another site', () => ({ Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' }), false],
  ['another site without fetch metadata', () => ({ Origin: 'https://elsewhere.example' }), false],
  ['only the word that it is another site', () => ({ 'Sec-Fetch-Site': 'cross-site' }), false],
  ['a sister site', () => ({ Origin: 'https://sister.example.org', 'Sec-Fetch-Site': 'same-site' }), false],
  ['another port', () => ({ Origin: `${here}1` }), false],
  ['another scheme', () => ({ Origin: here.replace('http:', 'https:') }), false],
  ['an opaque origin', () => ({ Origin: 'null' }), false],
  ['an opaque origin of another site', () => ({ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }), false],
  ['an origin that starts like ours', () => ({ Origin: `${here}.evil.example` }), false],
  ['a word nobody knows', () => ({ 'Sec-Fetch-Site': 'whatever' }), false],
];

const WRITES: [method: string, path: string, type: string, body: string][] = [
  ['POST', '/groups/lobby/messages', 'application/x-www-form-urlencoded', 'body=hi'],
  ['POST', '/groups/lobby/messages', 'text/plain', 'hi'],
  ['POST', '/groups/lobby/messages', 'application/json', '{"body":"hi"}'],
  ['PATCH', '/groups/lobby/messages/2', 'application/json', '{"body":"hello"}'],
  ['PUT', '/groups/lobby/messages/2/reactions/x', 'text/plain', ''],
  ['DELETE', '/groups/lobby/messages/2/reactions/x', 'text/plain', ''],
  ['POST', '/login', 'application/x-www-form-urlencoded', `name=Ann&password=${encodeURIComponent(PASSWORD)}`],
  ['POST', '/settings/tokens', 'application/x-www-form-urlencoded', ''],
];

for (const [what, headers, isAllowed] of CASES) {
  test(`a write with ${what} is ${isAllowed ? 'taken' : 'refused'}`, async (t) => {
    const browser = site.client();
    await browser.form('/login', { name: 'Ann', password: PASSWORD });
    for (const [method, path, type, body] of WRITES) {
      const answer = await browser.send(path, {
        method,
        body,
        headers: { Accept: 'application/json', 'Content-Type': type, ...headers() },
      });
      if (isAllowed) t.true(answer.status < 400, `${method} ${path} ${answer.status}`);
      else t.deepEqual([answer.status, answer.json().code], [403, 'forbidden'], `${method} ${path}`);
      t.is(answer.headers.get('access-control-allow-origin'), null);
    }
  });

  test(`a stream with ${what} is ${isAllowed ? 'opened' : 'refused'}`, async (t) => {
    const path = '/groups/lobby/events?after=0&as=json';
    if (!isAllowed) {
      for (const one of [path, '/groups/lobby/live']) t.is((await ann.get(one, 'text/event-stream', headers())).status, 403);
      return;
    }
    const stream = await EventReader.open(ann, path, headers());
    await stream.until((events) => events.length >= 2);
    stream.close();
    t.is(stream.ids[0], 1);
  });
}

test('origin: a link on another site may open a page', async (t) => {
  const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  t.is((await ann.get('/groups/lobby', 'text/html', headers)).status, 200);
});

test('origin: a CORS preflight of another site is not allowed', async (t) => {
  const headers = {
    Origin: 'https://elsewhere.example',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type',
  };
  const answer = await ann.send('/groups/lobby/messages', { method: 'OPTIONS', headers });
  t.deepEqual(
    [...answer.headers.keys()].filter((name) => name.startsWith('access-control')),
    [],
  );
});

test('origin: with PUBLIC_URL only that origin counts, not the Host header', async (t) => {
  const proxied = await startServerFor(t, { env: { PUBLIC_URL: 'https://chat.example.org/' } });
  const owner = await proxied.signUp('Ann');
  const post = (headers: Headers) => owner.json('POST', '/groups/lobby/messages', { body: 'hi' }, headers);
  t.is((await post({ Origin: 'https://chat.example.org' })).status, 201);
  t.is((await post({ Origin: proxied.url })).status, 403);
  t.is((await post({ Origin: 'https://chat.example.org.evil.example' })).status, 403);
});
