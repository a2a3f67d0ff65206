import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { setDisabled } from '../../lib/accounts/operations.ts';
import { createToken } from '../../lib/accounts/tokens.ts';
import { ConfigError, readConfig } from '../../lib/config.ts';
import { isInNetworks } from '../../lib/network.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { newHook, userNamed } from '../helpers/fixtures.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServerFor, type TestServer } from '../helpers/server.ts';

const HEADER = 'X-Remote-User';
const ON = { AUTH_PROXY_HEADER: HEADER, AUTH_PROXY_FROM: '127.0.0.1' };

async function siteWithProxy(t: ExecutionContext, env: Record<string, string> = {}): Promise<TestServer & { ann: Client }> {
  const site = await startServerFor(t, { env: { ...ON, ...env } });
  return { ...site, ann: await site.signUp('Ann') };
}

/** A request that the proxy has sent on for somebody. */
const by = (client: Client, name: string, path = '/me', accept = 'application/json'): Promise<Answer> =>
  client.get(path, accept, { [HEADER]: name });
const nameIn = (answer: Answer): unknown => answer.json().name;

test('proxy: a person whom it names is logged in, with a session that holds as long as it names them', async (t) => {
  const site = await siteWithProxy(t);
  const browser = site.client();
  t.is(nameIn(await by(browser, 'ann')), 'Ann');
  const session = browser.cookies.get('parley');
  t.is((await by(browser, 'ann', '/groups', 'text/html')).status, 200);
  t.is(browser.cookies.get('parley'), session, 'one session for all requests');
  t.is((await browser.get('/me', 'application/json')).status, 401, 'the cookie alone');
  t.is((await browser.json('POST', '/groups/lobby/messages', { body: 'hello' })).status, 401);
  t.is((await browser.get('/groups/lobby/events', 'text/event-stream')).status, 401);
  t.is((await browser.json('POST', '/groups/lobby/messages', { body: 'hello' }, { [HEADER]: 'ann' })).status, 201);
  const bob = await by(browser, 'Bob');
  t.is(nameIn(bob), 'Bob', 'somebody else at the same browser');
  t.not(browser.cookies.get('parley'), session);
});

test('proxy: the header counts only on connections from AUTH_PROXY_FROM, whatever X-Forwarded-For says', async (t) => {
  const site = await siteWithProxy(t, { AUTH_PROXY_FROM: '10.0.0.1,2001:db8::/32', TRUST_PROXY: 'on' });
  for (const path of ['/me', '/groups', '/', '/login']) {
    const refused = await site.client().get(path, 'application/json', { [HEADER]: 'Ann', 'X-Forwarded-For': '10.0.0.1' });
    t.is(refused.status, 403, path);
    t.regex(refused.text, /AUTH_PROXY_FROM/);
  }
  t.is((await site.client().get('/me', 'application/json', { 'X-Forwarded-For': '10.0.0.1' })).status, 401);
  t.is((await site.ann.get('/me', 'application/json')).status, 200, 'who has a password logs in by it');
});

test('proxy: a header that is there twice is refused', async (t) => {
  const site = await siteWithProxy(t);
  const ask = async (...names: string[]): Promise<number | undefined> => {
    const sent = request(`${site.url}/me`, { headers: { [HEADER]: names, Accept: 'application/json' } }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  t.is(await ask('Ann', 'Eve'), 403);
  t.is(await ask('Ann'), 200);
});

test('proxy: a new name gets an account without a password, unless no account may have it', async (t) => {
  const site = await siteWithProxy(t);
  t.is(nameIn(await by(site.client(), Buffer.from('Zoë').toString('latin1'))), 'Zoë', 'UTF-8');
  t.is((await userNamed(site.core, 'Zoë')).passwordHash, null);
  const taken = await Promise.all(Array.from({ length: 4 }, () => by(site.client(), 'Carl')));
  t.deepEqual(new Set(taken.map(nameIn)), new Set(['Carl']));
  for (const name of ['admin', 'x'.repeat(40), Buffer.from('Аnn').toString('latin1')])
    t.is((await by(site.client(), name)).status, 403, name);
  await newHook(site.ann, 'Deploy');
  t.is((await by(site.client(), 'Deploy')).status, 403, 'a bot');
  const carl = await userNamed(site.core, 'Carl');
  await setDisabled(site.core, carl.id, carl, true);
  t.is((await by(site.client(), 'Carl')).status, 403, 'disabled');
});

test('proxy: it never makes the first account', async (t) => {
  const site = await startServerFor(t, { env: ON });
  t.is((await by(site.client(), 'Eve')).status, 403);
  await site.signUp('Ann');
  t.is((await by(site.client(), 'Eve')).status, 200);
  t.false((await userNamed(site.core, 'Eve')).admin);
});

test('proxy: it decides on second factors; a token is its owner’s', async (t) => {
  const site = await siteWithProxy(t, { REQUIRE_SECOND_FACTOR: 'all' });
  await setUpApp(site.ann, site.clock);
  t.is((await by(site.client(), 'Ann', '/admin', 'text/html')).status, 200);
  t.is((await site.client().form('/login', { name: 'Ann', password: PASSWORD })).headers.get('location'), '/login/second-factor');
  const { token } = await createToken(site.core, await userNamed(site.core, 'Ann'));
  t.is(
    nameIn(
      await site
        .client()
        .bearer(token)
        .get('/me', 'application/json', { [HEADER]: 'Bob' }),
    ),
    'Ann',
  );
});

test('proxy: log-out leads on to the log-out of the proxy', async (t) => {
  const site = await siteWithProxy(t, { AUTH_PROXY_LOGOUT_URL: 'https://login.example.org/logout?x=1&y=2' });
  const browser = site.client();
  await by(browser, 'Ann');
  const left = await browser.form('/logout', {}, { [HEADER]: 'Ann' });
  t.is(left.status, 200);
  t.regex(left.text, /<meta http-equiv="refresh" content="0; url=https:\/\/login\.example\.org\/logout\?x=1&amp;y=2">/);
  t.regex(left.text, /<a class="button primary" href="https:\/\/login\.example\.org\/logout\?x=1&amp;y=2"/);
  t.is((await site.ann.form('/logout', {})).headers.get('location'), '/', 'who has logged in by password stays here');
});

test('config: AUTH_PROXY_HEADER and AUTH_PROXY_FROM need each other, and are checked', (t) => {
  const refused = (env: Record<string, string>, reason: RegExp) =>
    t.throws(() => readConfig(env), { instanceOf: ConfigError, message: reason });
  refused({ AUTH_PROXY_HEADER: HEADER }, /need each other/);
  refused({ AUTH_PROXY_FROM: '10.0.0.1' }, /need each other/);
  for (const name of ['Cookie', 'X-Forwarded-For', 'a b', 'Authorization'])
    refused({ ...ON, AUTH_PROXY_HEADER: name }, /AUTH_PROXY_HEADER must be/);
  for (const from of ['proxy.lan', '*', '10.0.0.0/33', '10.0.0.1:80']) refused({ ...ON, AUTH_PROXY_FROM: from }, /AUTH_PROXY_FROM needs/);
  t.like(readConfig({ ...ON, AUTH_PROXY_FROM: '10.0.0.0/8, ::1' }), { authProxyHeader: HEADER, authProxyFrom: ['10.0.0.0/8', '::1'] });
});

test('networks: an address is in its own, in IPv4 mapped into IPv6 too', (t) => {
  const networks = ['10.1.0.0/16', '192.0.2.7', '2001:db8::/32'];
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8::1', '2001:db8::1%eth0'])
    t.true(isInNetworks(address, networks), address);
  for (const address of ['10.2.0.1', '192.0.2.8', '2001:db9::1', '::1', 'proxy', '', undefined])
    t.false(isInNetworks(address, networks), address);
  t.false(isInNetworks('10.1.2.3', []));
});
