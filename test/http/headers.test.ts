import test from 'ava';
import { breachesIn } from '../../fixtures/hostile.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { PASSWORD, startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
  await ann.json('POST', '/groups/lobby/messages', { body: 'hello https://example.org' });
  await ann.form('/groups/lobby/bots', { action: 'create', name: 'Echo' });
});
test.after.always(() => site.close());

const PAGES: [who: 'ann' | 'visitor', path: string, status: number][] = [
  ['visitor', '/', 200],
  ['visitor', '/login', 200],
  ['visitor', '/signup', 200],
  ['visitor', '/nowhere', 404],
  ['visitor', '/groups', 303],
  ['visitor', '/groups/lobby/live', 401],
  ['ann', '/groups', 200],
  ['ann', '/groups/lobby', 200],
  ['ann', '/groups/lobby?before=3', 200],
  ['ann', '/groups/lobby?before=x', 400],
  ['ann', '/groups/lobby/messages/2', 200],
  ['ann', '/groups/lobby/messages/2/edit', 200],
  ['ann', '/groups/lobby/messages/99', 404],
  ['ann', '/groups/lobby/members', 200],
  ['ann', '/groups/lobby/settings', 200],
  ['ann', '/groups/lobby/bots', 200],
  ['ann', '/groups/nowhere', 404],
  ['ann', '/settings', 200],
  ['ann', '/admin', 200],
  ['ann', '/logout', 200],
  ['ann', '/static/nothing.js', 404],
];

const policyOf = ({ headers }: Pick<Answer, 'headers'>): Map<string, string[]> =>
  new Map(
    (headers.get('content-security-policy') ?? '').split('; ').map((rule) => {
      const [name = '', ...sources] = rule.split(' ');
      return [name, sources] as const;
    }),
  );

function checkHeaders(
  t: { is: (a: unknown, b: unknown, m?: string) => void; true: (a: boolean, m?: string) => void },
  answer: Answer,
): string {
  const policy = policyOf(answer);
  const nonce =
    policy
      .get('script-src')
      ?.find((source) => source.startsWith("'nonce-"))
      ?.slice(7, -1) ?? '';
  t.is(policy.get('default-src')?.join(), "'none'");
  for (const name of ['script-src', 'style-src']) t.is(policy.get(name)?.join(' '), `'self' 'nonce-${nonce}'`);
  t.is(policy.get('frame-ancestors')?.join(), "'self'");
  t.is(policy.get('form-action')?.join(), "'self'");
  t.is(policy.get('base-uri')?.join(), "'none'");
  t.true(!/unsafe|\*|https?:/.test(answer.headers.get('content-security-policy') ?? ''));
  t.true(nonce.length >= 22);
  t.is(answer.headers.get('x-content-type-options'), 'nosniff');
  t.is(answer.headers.get('referrer-policy'), 'same-origin');
  const features = answer.headers.get('permissions-policy')?.split(', ') ?? [];
  for (const feature of ['camera', 'microphone', 'geolocation', 'payment', 'usb']) t.true(features.includes(`${feature}=()`), feature);
  for (const used of ['clipboard-write', 'fullscreen', 'picture-in-picture']) t.true(!features.includes(`${used}=()`), used);
  t.is(answer.headers.get('access-control-allow-origin'), null);
  return nonce;
}

for (const [who, path, status] of PAGES)
  test(`the page ${path} for ${who} (${status}) has a strict policy, and nothing in it that needs another`, async (t) => {
    const answer = await (who === 'ann' ? ann : site.client()).get(path);
    t.is(answer.status, status);
    const nonce = checkHeaders(t, answer);
    t.deepEqual(breachesIn(answer.text), []);
    for (const [, given] of answer.text.matchAll(/nonce="([^"]*)"/g)) t.is(given, nonce, 'every nonce in the page is that of its policy');
    if (status === 200) t.true(answer.text.includes(nonce));
  });

test('headers: a CSP nonce is used once', async (t) => {
  const answers = await Promise.all([1, 2, 3].map(() => ann.get('/groups')));
  t.is(new Set(answers.map((answer) => checkHeaders(t, answer))).size, 3);
});

test('headers: responses to forms, programs, webhooks and health checks have the same headers', async (t) => {
  for (const answer of [
    await site.client().form('/signup', { name: '', password: '' }),
    await ann.form('/groups/lobby/messages', { body: 'x' }),
    await ann.json('POST', '/groups/lobby/messages', { body: '' }),
    await site.client().get('/groups', 'application/json'),
    await site.client().send('/hooks/none', { method: 'POST', body: 'x' }),
    await site.client().get('/healthz'),
    await ann.get('/groups/lobby/messages', 'text/plain'),
  ])
    checkHeaders(t, answer);
});

test('headers: the live document has the CSP too', async (t) => {
  const controller = new AbortController();
  const response = await ann.open('/groups/lobby/live', { headers: { Accept: 'text/html' }, signal: controller.signal });
  const reader = response.body?.getReader();
  const start = new TextDecoder().decode((await reader?.read())?.value);
  controller.abort();
  const nonce = policyOf(response).get('style-src')?.[1]?.slice(7, -1) ?? '-';
  t.is(response.status, 200);
  t.true(start.includes(`<style nonce="${nonce}">`));
  t.deepEqual(breachesIn(start), []);
});

/** The head of an answer that does not end. */
async function headOf(who: Client, path: string, headers: Record<string, string> = {}): Promise<Headers> {
  const controller = new AbortController();
  const response = await who.open(path, { headers: { Accept: 'text/event-stream', ...headers }, signal: controller.signal });
  controller.abort();
  return response.headers;
}

test('headers: a stream has the data headers, by the fast path and the middleware', async (t) => {
  for (const [path, type] of [
    ['/groups/lobby/events?as=json', 'text/event-stream; charset=utf-8'],
    ['/groups/lobby/events?as=text', 'text/plain; charset=utf-8'],
    ['/groups/%6Cobby/events?as=json', 'text/event-stream; charset=utf-8'],
    ['/events', 'text/event-stream; charset=utf-8'],
  ] as const) {
    const headers = await headOf(ann, path);
    const found = Object.fromEntries(
      ['content-type', 'cache-control', 'x-accel-buffering', 'x-content-type-options', 'referrer-policy', 'vary', 'connection'].map(
        (name) => [name, headers.get(name)],
      ),
    );
    t.deepEqual(
      found,
      {
        'content-type': type,
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        vary: 'Accept, Cookie',
        connection: 'close',
      },
      path,
    );
    t.regex(headers.get('x-request-id') ?? '', /^\w{26}$/, path);
    t.regex(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors/, path);
    t.true(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now()) < 60_000, path);
    t.false(headers.has('strict-transport-security'), path);
  }
});

test('headers: pages are no-store and vary by Accept, HX-Request and Cookie', async (t) => {
  for (const answer of [
    await ann.get('/groups'),
    await ann.get('/groups/lobby'),
    await site.client().get('/'),
    await ann.get('/groups/nowhere'),
  ]) {
    t.is(answer.headers.get('cache-control'), 'no-store');
    for (const name of ['Accept', 'HX-Request', 'Cookie']) t.true(answer.headers.get('vary')?.includes(name));
  }
});

test('headers: behind a trusted TLS proxy cookies are Secure and HSTS is sent', async (t) => {
  const secure = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'chat.example.org' };
  for (const [trust, isSecure] of [
    ['on', true],
    ['off', false],
  ] as const) {
    const behind = await startServerFor(t, { env: { TRUST_PROXY: trust, ALLOWED_HOSTS: 'chat.example.org' } });
    const response = await behind.client().open('/signup', {
      method: 'POST',
      body: new URLSearchParams({ name: 'Ann', password: PASSWORD }).toString(),
      headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded', ...secure },
    });
    t.is(response.status, 303);
    const cookies = response.headers.getSetCookie().filter((line) => !/expires=Thu, 01 Jan 1970/.test(line));
    t.true(cookies.length >= 2);
    for (const cookie of cookies) t.is(/; secure/i.test(cookie), isSecure, cookie);
    t.is(response.headers.has('strict-transport-security'), isSecure);
    const bea = await behind.signUpInLobby('Bea');
    t.is((await headOf(bea, '/groups/lobby/events', secure)).has('strict-transport-security'), isSecure, 'of a stream');
  }
});

test('headers: with an https PUBLIC_URL cookies are Secure and HSTS is sent, whatever the proxy sends; with http they are not', async (t) => {
  for (const [PUBLIC_URL, isSecure] of [
    ['https://chat.example.org', true],
    ['http://chat.example.org', false],
  ] as const) {
    const site = await startServerFor(t, { env: { PUBLIC_URL } });
    const response = await site.client().open('/signup', {
      method: 'POST',
      body: new URLSearchParams({ name: 'Ann', password: PASSWORD }).toString(),
      headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    t.is(response.status, 303);
    const cookies = response.headers.getSetCookie().filter((line) => !/expires=Thu, 01 Jan 1970/.test(line));
    t.true(cookies.length >= 2);
    for (const cookie of cookies) t.is(/; secure/i.test(cookie), isSecure, cookie);
    t.is(response.headers.has('strict-transport-security'), isSecure);
    const bea = await site.signUpInLobby('Bea');
    t.is((await headOf(bea, '/groups/lobby/events')).has('strict-transport-security'), isSecure, 'of a stream');
  }
});

test('headers: no response reveals the server software', async (t) => {
  const { headers } = await ann.get('/groups');
  t.is(headers.get('x-powered-by'), null);
  t.is(headers.get('server'), null);
});
