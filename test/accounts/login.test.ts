import test, { type ExecutionContext } from 'ava';
import type { Answer, Client } from '../helpers/client.ts';
import { PASSWORD, startServerFor, type TestServer } from '../helpers/server.ts';

const WRONG = 'not the password';

async function siteWithOwner(t: Pick<ExecutionContext, 'teardown'>, env: Record<string, string> = {}) {
  const site = await startServerFor(t, { env });
  await site.signUp('Ann');
  return site;
}

const tryAs = (client: Client, name: string, password: string, from?: string): Promise<Answer> =>
  client.form('/login', { name, password }, from === undefined ? {} : { 'X-Forwarded-For': from });

/** Fails `times` log-ins from one address each. */
async function failAs(
  site: TestServer,
  name: string,
  times: number,
  from: (i: number) => string | undefined = () => undefined,
): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < times; i += 1) statuses.push((await tryAs(site.client(), name, WRONG, from(i))).status);
  return statuses;
}

const withoutIds = ({ text }: Answer): string => text.replaceAll(/nonce="[^"]*"/g, '').replaceAll(/[0-9a-z]{26}/g, '');

test('log-in: an unknown name and a wrong password get the same response', async (t) => {
  const site = await siteWithOwner(t);
  const [known, unknown] = [await tryAs(site.client(), 'Ann', WRONG), await tryAs(site.client(), 'Eve', WRONG)];
  t.is(known.status, 422);
  t.is(unknown.status, 422);
  t.is(withoutIds(known).replaceAll('value="Ann"', ''), withoutIds(unknown).replaceAll('value="Eve"', ''));
  t.regex(known.text, /id="login-password-error" role="alert">Name or password is wrong\./);
  t.true(known.text.includes('id="login-name" name="name" type="text" value="Ann"'), 'the name typed is still there');
  t.false(known.text.includes(WRONG));
});

for (const [what, password] of [
  ['no password', ''],
  ['another case', PASSWORD.toUpperCase()],
  ['a part of it', PASSWORD.slice(0, -1)],
  ['more than it', `${PASSWORD} `],
  ['the name', 'Ann'],
] as const)
  test(`log-in with ${what} is refused`, async (t) => {
    const site = await siteWithOwner(t);
    const client = site.client();
    t.is((await tryAs(client, 'Ann', password)).status, 422);
    t.is((await client.json('POST', '/login', { name: 'Ann', password })).json().code, 'unauthenticated');
    t.is((await client.get('/me', 'application/json')).status, 401);
    t.is((await tryAs(client, 'Ann', PASSWORD)).status, 303);
  });

test('log-in: after 10 failures from one address, with any names, attempts are refused with the time to wait', async (t) => {
  const site = await siteWithOwner(t);
  for (let i = 0; i < 10; i += 1) t.is((await tryAs(site.client(), `Nobody ${i}`, WRONG)).status, 422);
  const refused = await tryAs(site.client(), 'Ann', PASSWORD);
  t.is(refused.status, 429);
  t.regex(refused.text, /Too many failed log-ins\. Try again in \d+ seconds/);
  site.clock.turn(Number(refused.headers.get('retry-after')) * 1000);
  t.is((await tryAs(site.client(), 'Ann', PASSWORD)).status, 303);
});

test('log-in: successful log-ins are not counted', async (t) => {
  const site = await siteWithOwner(t);
  for (let i = 0; i < 15; i += 1) t.is((await tryAs(site.client(), 'Ann', PASSWORD)).status, 303);
});

test('a forged X-Forwarded-For does not evade the limit by address', async (t) => {
  const site = await siteWithOwner(t);
  const statuses = await failAs(site, 'Nobody', 12, (i) => `198.51.100.${i}`);
  t.deepEqual([statuses.filter((status) => status === 422).length, statuses.filter((status) => status === 429).length], [10, 2]);
});

test('log-in: behind a trusted proxy the address added by the proxy counts, not what the client sent', async (t) => {
  const site = await siteWithOwner(t, { TRUST_PROXY: 'on' });
  const forged = await failAs(site, 'Nobody', 12, (i) => `198.51.100.${i}, 203.0.113.7`);
  t.is(forged.filter((status) => status === 429).length, 2);
  t.is((await tryAs(site.client(), 'Ann', PASSWORD, '203.0.113.8')).status, 303, 'another address is not held back');
});

test('log-in: failures with one name from very many addresses are limited, also for an unknown name', async (t) => {
  const site = await siteWithOwner(t, { TRUST_PROXY: 'on' });
  for (const name of ['Ann', 'Nobody']) {
    const statuses = await failAs(site, name, 102, (i) => `203.0.113.${i}`);
    t.is(statuses.filter((status) => status === 429).length, 2, name);
  }
  t.is((await tryAs(site.client(), 'Ann', PASSWORD, '203.0.113.199')).status, 429, 'a stranger with the right password waits too');
});

test('log-in: failures of others cannot lock the owner out of a browser that has logged in before', async (t) => {
  const site = await siteWithOwner(t);
  const known = site.client();
  await tryAs(known, 'Ann', PASSWORD);
  await known.form('/logout', {});
  await failAs(site, 'Ann', 30);
  t.is((await tryAs(site.client(), 'Ann', PASSWORD)).status, 429, 'a browser that is new here waits, at the same address');
  t.is((await tryAs(known, 'Ann', PASSWORD)).status, 303);
});

test('log-in: a known browser has its own limit, only for its own account', async (t) => {
  const site = await siteWithOwner(t);
  await site.signUp('Bob');
  const known = site.client();
  await tryAs(known, 'Bob', PASSWORD);
  const guesses = [];
  for (let i = 0; i < 25; i += 1) guesses.push((await tryAs(known, 'Bob', WRONG)).status);
  t.is(guesses.filter((status) => status === 429).length, 5);
  const asAnn = [];
  for (let i = 0; i < 12; i += 1) asAnn.push((await tryAs(known, 'Ann', WRONG)).status);
  t.is(asAnn.filter((status) => status === 429).length, 2);
});

test('log-in: the cookie of a known browser cannot be forged', async (t) => {
  const site = await siteWithOwner(t);
  const user = await site.core.store.users.byNameKey('ann');
  await failAs(site, 'Ann', 10);
  for (const mark of [`${user?.id}.`, `${user?.id}.AAAA`, `${user?.id}`, '.', '']) {
    const forger = site.client();
    forger.cookies.set('parley_known', mark);
    t.is((await tryAs(forger, 'Ann', PASSWORD)).status, 429);
  }
});

const RETURNS: [to: string, location: string][] = [
  ['/groups/lobby', '/groups/lobby'],
  ['/groups/lobby?before=7#m-3', '/groups/lobby?before=7#m-3'],
  ['', '/groups'],
  ['//evil.example', '/groups'],
  ['/\\evil.example', '/groups'],
  ['\\\\evil.example', '/groups'],
  ['/\t/evil.example', '/groups'],
  ['/.//evil.example', '/groups'],
  ['/..//evil.example', '/groups'],
  ['/x/..//evil.example/', '/groups'],
  ['/%2e%2e//evil.example', '/groups'],
  ['https://evil.example/', '/groups'],
  ['https:evil.example', '/groups'],
  ['javascript:alert(1)', '/groups'],
  ['evil.example', '/groups'],
  ['/groups\r\nSet-Cookie: parley=x', '/groups'],
  ['/\u2028/evil.example', '/groups'],
];

test('log-in: log-in and sign-up return to a page of this site, never to another site', async (t) => {
  const site = await siteWithOwner(t);
  for (const [index, [return_to, location]] of RETURNS.entries()) {
    const login = await site.client().form('/login', { name: 'Ann', password: PASSWORD, return_to });
    t.is(login.headers.get('location'), location, JSON.stringify(return_to));
    const signup = await site.client().form('/signup', { name: `Guest ${index}`, password: PASSWORD, return_to });
    t.is(signup.headers.get('location'), location === '/groups' ? '/groups/lobby' : location, JSON.stringify(return_to));
  }
});

test('log-in: a visitor is redirected to log-in and then to the requested page', async (t) => {
  const site = await siteWithOwner(t);
  const browser = site.client();
  const first = await browser.get('/groups/lobby?before=3');
  t.is(first.status, 303);
  const page = await browser.get(first.headers.get('location') ?? '');
  t.regex(page.text, /name="return_to" value="\/groups\/lobby\?before=3"/);
  t.is(
    (await browser.form('/login', { name: 'Ann', password: PASSWORD, return_to: '/groups/lobby?before=3' })).headers.get('location'),
    '/groups/lobby?before=3',
  );
});
