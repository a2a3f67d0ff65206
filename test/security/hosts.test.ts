import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import test from 'ava';
import { isEmpty } from '../../lib/accounts/sign-up-mode.ts';
import { readConfig } from '../../lib/config.ts';
import { configWarnings } from '../../lib/config-warnings.ts';
import { openHostCheck } from '../../lib/http/host.ts';
import { openLobby } from '../helpers/fixtures.ts';
import { PASSWORD, startServerFor } from '../helpers/server.ts';

type Sent = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string };
type Answer = { readonly status: number; readonly type: string; readonly text: string };

/** fetch sets its own Host header. */
async function ask(url: string, host: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> {
  const sent = request(url, { method, headers: { Host: host, Accept: 'text/html', ...headers }, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', text: await textOf(answer) };
}

const SIGN_UP = {
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ name: 'Ann', password: PASSWORD }).toString(),
};

test('a name that somebody pointed at this machine cannot create the first account, with the headers that its page sends; localhost can', async (t) => {
  const { url, core } = await startServerFor(t);
  const { port } = new URL(url);
  const host = `evil.example:${port}`;
  const asPage = { ...SIGN_UP.headers, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' };
  t.is((await ask(`${url}/signup`, host, { ...SIGN_UP, headers: asPage })).status, 421);
  t.true(await isEmpty(core));
  const own = { ...asPage, Origin: `http://localhost:${port}` };
  t.is((await ask(`${url}/signup`, `localhost:${port}`, { ...SIGN_UP, headers: own })).status, 303);
  t.false(await isEmpty(core));
});

test('the refusal is plain text for a browser and a problem for a program; it names the setting, which then admits the name', async (t) => {
  const { url } = await startServerFor(t);
  const page = await ask(`${url}/`, '192.168.1.20:3000');
  t.deepEqual([page.status, page.type], [421, 'text/plain; charset=utf-8']);
  t.regex(page.text, /opened as 192\.168\.1\.20 \(header Host\)\..* ALLOWED_HOSTS=192\.168\.1\.20\.\n$/);
  const problem = await ask(`${url}/me`, 'chat.lan', { headers: { Accept: 'application/json' } });
  t.deepEqual([problem.status, problem.type], [421, 'application/problem+json']);
  t.like(JSON.parse(problem.text), { code: 'misdirected', field: 'Host', status: 421 });
  const open = await startServerFor(t, { env: { ALLOWED_HOSTS: '192.168.1.20, chat.lan' } });
  for (const host of ['192.168.1.20:3000', 'chat.lan']) t.is((await ask(`${open.url}/login`, host)).status, 200, host);
});

test('streams, posts by token, webhooks and files are refused under another name', async (t) => {
  const site = await openLobby(t);
  const [, token = ''] = /value="([A-Za-z0-9]{40})"/.exec((await site.ann.form('/settings/tokens', { name: 'x' })).text) ?? [];
  const auth = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
  const posts: [path: string, sent: Sent, served: number][] = [
    ['/groups/lobby/messages', { method: 'POST', headers: { ...auth, 'Content-Type': 'text/plain' }, body: 'hi' }, 201],
    ['/groups/lobby/messages', { headers: auth }, 200],
    ['/groups/lobby/events', {}, 401],
    ['/hooks/none', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"text":"hi"}' }, 404],
    ['/static/none.js', {}, 404],
    ['/openapi.json', {}, 200],
  ];
  for (const [path, sent, served] of posts) {
    t.is((await ask(site.url + path, 'evil.example', sent)).status, 421, path);
    t.is((await ask(site.url + path, '127.0.0.1', sent)).status, served, path);
  }
});

test('monitoring works by every name, and metrics keep their own rules', async (t) => {
  const { url } = await startServerFor(t);
  for (const host of ['10.1.2.3:3000', 'parley:3000', 'localhost'])
    for (const path of ['/healthz', '/readyz']) t.is((await ask(url + path, host)).status, 200, host + path);
  t.is((await ask(`${url}/metrics`, 'evil.example')).status, 404);
  t.is((await ask(`${url}/metrics`, 'localhost')).status, 200);
  const METRICS_TOKEN = 'scrape-me.0123456789';
  const scraped = await startServerFor(t, { env: { METRICS_TOKEN } });
  const auth = { headers: { Authorization: `Bearer ${METRICS_TOKEN}` } };
  t.is((await ask(`${scraped.url}/metrics`, 'parley:3000', auth)).status, 200);
});

const LOCAL = ['localhost', 'LOCALHOST:80', 'localhost.', 'a.localhost:3000', '127.0.0.1', '127.9.8.7:1', '[::1]', '[::1]:3000'];
const FOREIGN = ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', 'evillocalhost', '10.0.0.1', '[fd00::1]', '0.0.0.0'];
const PUBLIC = { PUBLIC_URL: 'https://Chat.example.org:8443' };
const CASES: [env: Record<string, string>, admitted: string[], refused: string[]][] = [
  [{}, LOCAL, FOREIGN],
  [PUBLIC, [...LOCAL, 'chat.example.org', 'CHAT.example.org:443', 'chat.example.org.'], [...FOREIGN, 'example.org', 'a.chat.example.org']],
  [{ HOST: '192.168.1.20' }, [...LOCAL, '192.168.1.20:3000'], [...FOREIGN, '192.168.1.21']],
  [{ HOST: 'fd00::1' }, ['[fd00::1]:3000'], ['fd00', '[fd00::2]']],
  [{ HOST: 'Chat.lan' }, ['chat.lan'], FOREIGN],
  [{ HOST: '0.0.0.0' }, LOCAL, FOREIGN],
  [{ HOST: '::' }, LOCAL, [...FOREIGN, '[::]']],
  [{ ALLOWED_HOSTS: 'chat.lan, fd00::1', ...PUBLIC }, [...LOCAL, 'chat.lan:1', '[fd00::1]', 'chat.example.org'], ['evil.example']],
  [{ ALLOWED_HOSTS: '*' }, [...LOCAL, ...FOREIGN], []],
];

for (const [env, admitted, refused] of CASES)
  test(`with ${JSON.stringify(env)} these names are served and no others`, (t) => {
    const check = openHostCheck(readConfig(env));
    const kindOf = (host: string) => check({ headers: { host }, rawHeaders: ['Host', host] } as unknown as IncomingMessage)?.kind;
    for (const host of admitted) t.is(kindOf(host), undefined, host);
    for (const host of refused) t.is(kindOf(host), 'foreign', host);
    for (const host of ['', 'a b', 'a,b', 'u@localhost']) t.is(kindOf(host), 'invalid', host);
  });

test('with TRUST_PROXY the forwarded name is checked too, and does not replace the Host; without it it is ignored', async (t) => {
  const env = { PUBLIC_URL: 'http://chat.example.org', ALLOWED_HOSTS: 'parley' };
  const [trusting, other] = [await startServerFor(t, { env: { ...env, TRUST_PROXY: 'on' } }), await startServerFor(t, { env })];
  const statuses = (host: string, forwarded: string) =>
    Promise.all(
      [trusting, other].map(async ({ url }) => (await ask(`${url}/login`, host, { headers: { 'X-Forwarded-Host': forwarded } })).status),
    );
  t.deepEqual(await statuses('parley:3000', 'chat.example.org'), [200, 200]);
  t.deepEqual(await statuses('parley:3000', 'chat.example.org, evil.example'), [200, 200]);
  t.deepEqual(await statuses('parley:3000', 'evil.example'), [421, 200]);
  t.deepEqual(await statuses('parley:3000', '"><b>'), [400, 200]);
  t.deepEqual(await statuses('evil.example', 'chat.example.org'), [421, 421]);
});

test('the start and the doctor warn about *, and about a server that no other machine can open', (t) => {
  const warnings = (env: Record<string, string>) => configWarnings(readConfig(env)).map(({ detail }) => detail.split(/[ ,]/, 1)[0]);
  t.deepEqual(warnings({ ALLOWED_HOSTS: '*', HOST: '0.0.0.0' }), ['ALLOWED_HOSTS']);
  t.deepEqual(warnings({ HOST: '0.0.0.0' }), ['HOST']);
  for (const env of [
    {},
    { HOST: '192.168.1.20' },
    { HOST: '::', PUBLIC_URL: 'http://chat.lan' },
    { HOST: '::', ALLOWED_HOSTS: 'chat.lan' },
  ])
    t.deepEqual(warnings(env), []);
});
