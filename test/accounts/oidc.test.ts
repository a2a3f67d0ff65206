import test, { type ExecutionContext } from 'ava';
import { generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { ConfigError, readConfig } from '../../lib/config.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { newGroup, userNamed } from '../helpers/fixtures.ts';
import { goThrough, type OidcServer, startOidcServer } from '../helpers/oidc.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServerFor, type TestServer } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

type Site = TestServer & { readonly oidc: OidcServer; readonly ann: Client };

async function siteWithProvider(t: ExecutionContext, env: Record<string, string> = {}): Promise<Site> {
  const oidc = await startOidcServer(t);
  const site = await startServerFor(t, { env: { ...oidc.env, ...env } });
  oidc.serve(site.url);
  return { ...site, oidc, ann: await site.signUp('Ann') };
}

const BOB = { sub: 'b-1', claims: { preferred_username: 'bob@example.org', name: 'Bob Marsh' } };

/** Logs in by the provider. Resolves to the answer of the callback. */
async function logIn(browser: Client, from = '/login/oidc'): Promise<Answer> {
  const begun = await browser.get(from);
  return browser.get(await goThrough(begun.headers.get('location') ?? '', browser));
}
const nameOf = async (browser: Client): Promise<unknown> => (await browser.get('/me', 'application/json')).json().name ?? null;
const flashOf = async (browser: Client, path = '/login'): Promise<string> =>
  /class="flash"[^>]*>([^<]*)</.exec((await browser.get(path)).text)?.[1] ?? '';

test('OIDC: a person logs in by the provider, gets an account once, and returns to the page that was asked for', async (t) => {
  const site = await siteWithProvider(t, { SIGNUP: 'closed' });
  site.oidc.person = BOB;
  const browser = site.client();
  t.regex((await browser.get('/login?return_to=/saved')).text, /href="\/login\/oidc\?return_to=%2Fsaved">Log in by Example Ltd</);
  const begun = new URL((await browser.get('/login/oidc?return_to=/saved')).headers.get('location') ?? '');
  t.is(begun.searchParams.get('code_challenge_method'), 'S256');
  for (const name of ['state', 'nonce', 'code_challenge']) t.true((begun.searchParams.get(name) ?? '').length >= 43, name);
  const back = await browser.get(await goThrough(begun.href, browser));
  t.deepEqual([back.status, back.headers.get('location')], [303, '/saved']);
  t.is(await nameOf(browser), 'bob');
  t.is((await userNamed(site.core, 'bob')).passwordHash, null);
  const again = site.client();
  site.oidc.person = { ...BOB, claims: { preferred_username: 'robert' } };
  await logIn(again);
  t.is(await nameOf(again), 'bob', 'the same person by another name');
  site.oidc.person = { sub: 'e-1', claims: { preferred_username: 'bob' } };
  const other = site.client();
  await logIn(other);
  t.is(await nameOf(other), 'bob 2', 'another person by the same name');
});

test('OIDC: an account is not taken over by its name, unless the names are trusted', async (t) => {
  const site = await siteWithProvider(t);
  site.oidc.person = { sub: 'a-1', claims: { preferred_username: 'Ann' } };
  const browser = site.client();
  await logIn(browser);
  t.is(await nameOf(browser), 'Ann 2');
  const trusting = await siteWithProvider(t, { OIDC_TRUST_NAMES: 'on' });
  trusting.oidc.person = { sub: 'a-1', claims: { preferred_username: 'Ann' } };
  const same = trusting.client();
  await logIn(same);
  t.is(await nameOf(same), 'Ann');
  trusting.oidc.person = { sub: 'a-2', claims: { preferred_username: 'Ann' } };
  const second = trusting.client();
  await logIn(second);
  t.is(await nameOf(second), 'Ann 2', 'it is connected with somebody else');
});

test('OIDC: a person connects an account with the password, and disconnects it', async (t) => {
  const site = await siteWithProvider(t);
  site.oidc.person = { sub: 'a-1', claims: { preferred_username: 'somebody' } };
  const settings = (fields: Record<string, string>) => site.ann.form('/settings/oidc', fields);
  t.is((await settings({ action: 'connect', current: 'wrong' })).headers.get('location'), '/settings#provider');
  t.regex(await flashOf(site.ann, '/settings'), /Current password is wrong/);
  const page = await settings({ action: 'connect', current: PASSWORD });
  t.is(page.status, 200, 'a page: the policy of forms admits no redirect to another site');
  const [, url = ''] = /<a class="button primary" href="([^"]+)"/.exec(page.text) ?? [];
  const back = await site.ann.get(await goThrough(url.replaceAll('&amp;', '&'), site.ann));
  t.is(back.headers.get('location'), '/settings#provider');
  t.regex(await flashOf(site.ann, '/settings'), /Connected with Example Ltd/);
  const browser = site.client();
  await logIn(browser);
  t.is(await nameOf(browser), 'Ann');
  const eve = await site.signUp('Eve');
  const again = await eve.form('/settings/oidc', { action: 'connect', current: PASSWORD });
  const [, second = ''] = /<a class="button primary" href="([^"]+)"/.exec(again.text) ?? [];
  await eve.get(await goThrough(second.replaceAll('&amp;', '&'), eve));
  t.regex(await flashOf(eve, '/settings'), /That log-in is connected already/);
  await settings({ action: 'disconnect', current: PASSWORD });
  const after = site.client();
  await logIn(after);
  t.is(await nameOf(after), 'somebody');
  await site.core.securityLog.idle();
  const events = (await site.core.store.security.list((await userNamed(site.core, 'Ann')).id, { limit: 50 })).map(({ event }) => event);
  for (const event of ['provider_connected', 'provider_disconnected'] as const) t.true(events.includes(event), event);
});

test('OIDC: an answer counts once, in the browser that asked, with its own state and nonce, within 10 minutes', async (t) => {
  const site = await siteWithProvider(t);
  site.oidc.person = BOB;
  const browser = site.client();
  const callback = await goThrough((await browser.get('/login/oidc')).headers.get('location') ?? '', browser);
  const thief = site.client();
  t.is((await thief.get(callback)).headers.get('location'), '/login');
  t.regex(await flashOf(thief), /begun in another browser/);
  await thief.get('/login/oidc');
  t.is((await thief.get(callback)).headers.get('location'), '/login', 'with a state of its own');
  t.is((await thief.get('/me', 'application/json')).status, 401);
  const forged = callback.replace(/state=[^&]+/, 'state=forged');
  t.is((await browser.get(forged)).headers.get('location'), '/login');
  t.is((await browser.get(callback)).headers.get('location'), '/login', 'only one try');
  const slow = site.client();
  const late = await goThrough((await slow.get('/login/oidc')).headers.get('location') ?? '', slow);
  site.clock.turn(10 * 60_000);
  t.is((await slow.get(late)).headers.get('location'), '/login');
  t.is((await logIn(site.client())).headers.get('location'), '/groups', 'all the same, a log-in succeeds');
});

test('OIDC: the groups of the provider are followed at each log-in; others stay', async (t) => {
  const site = await siteWithProvider(t, {
    OIDC_GROUPS: 'staff=team,all staff=team,board=board,board=nowhere',
    OIDC_GROUPS_CLAIM: 'groups',
  });
  for (const name of ['Team', 'Board', 'Garden']) await newGroup(site.ann, name);
  const groupsOf = async (claims: Record<string, unknown>): Promise<string[]> => {
    site.oidc.person = { sub: 'b-1', claims: { preferred_username: 'bob', ...claims } };
    const browser = site.client();
    await logIn(browser);
    const { groups } = (await browser.get('/me', 'application/json')).json<{ groups: { slug: string }[] }>();
    return groups.map(({ slug }) => slug).sort();
  };
  t.deepEqual(await groupsOf({ groups: ['all staff', 'board', 'others'] }), ['board', 'lobby', 'team']);
  await site.ann.json('POST', '/groups/garden/members', { action: 'add', name: 'bob' });
  t.deepEqual(await groupsOf({ groups: 'staff' }), ['garden', 'lobby', 'team']);
  t.deepEqual(await groupsOf({}), ['garden', 'lobby', 'team'], 'no claim changes nothing');
  t.deepEqual(await groupsOf({ groups: [] }), ['garden', 'lobby']);
});

test('OIDC: the second factor set up here is asked for, unless the provider has asked for one', async (t) => {
  const site = await siteWithProvider(t, { OIDC_TRUST_NAMES: 'on' });
  const { app } = await setUpApp(site.ann, site.clock);
  site.oidc.person = { sub: 'a-1', claims: { preferred_username: 'Ann' } };
  const browser = site.client();
  t.is((await logIn(browser, '/login/oidc?return_to=/saved')).headers.get('location'), '/login/second-factor');
  t.is((await browser.get('/me', 'application/json')).status, 401);
  t.is((await browser.form('/login/second-factor', { code: app.code() })).headers.get('location'), '/saved');
  site.oidc.person = { ...site.oidc.person, amr: ['pwd', 'mfa'] };
  t.is((await logIn(site.client())).headers.get('location'), '/groups');
});

test('OIDC: log-out ends the log-in at the provider too', async (t) => {
  const site = await siteWithProvider(t);
  site.oidc.person = BOB;
  const browser = site.client();
  await logIn(browser);
  const left = await browser.form('/logout', {});
  t.is(left.status, 200);
  const [, link = ''] = /<a class="button primary" href="([^"]+)"/.exec(left.text) ?? [];
  const url = new URL(link.replaceAll('&amp;', '&'));
  t.is(url.searchParams.get('post_logout_redirect_uri'), `${site.url}/`);
  t.regex(url.searchParams.get('id_token_hint') ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/);
  t.is((await browser.get('/me', 'application/json')).status, 401);
  const asked = await fetch(url);
  t.is(asked.status, 200, 'the provider takes the token');
  t.is((await site.ann.form('/logout', {})).headers.get('location'), '/');
});

test('OIDC: a log-out at the provider ends the sessions and streams of that person here, and of nobody else', async (t) => {
  const site = await siteWithProvider(t);
  site.oidc.person = BOB;
  const bob = site.client();
  await logIn(bob);
  site.oidc.person = { sub: 'c-1', claims: { preferred_username: 'carl' } };
  const carl = site.client();
  await logIn(carl);
  const stream = await EventReader.open(bob, '/events?as=json');
  await site.oidc.tellLogOut('nobody-1');
  t.is(await nameOf(bob), 'bob');
  await site.oidc.tellLogOut(BOB.sub);
  await stream.until((events) => events.some(({ event }) => event === 'closed'));
  t.is((await bob.get('/me', 'application/json')).status, 401);
  t.is(await nameOf(carl), 'carl');
  t.is(await nameOf(site.ann), 'Ann');
});

test('OIDC: a log-out is refused unless the provider has signed it for this site, just now, and as a log-out', async (t) => {
  const site = await siteWithProvider(t);
  const { privateKey } = await generateKeyPair('RS256');
  const { OIDC_ISSUER: issuer = '', OIDC_CLIENT_ID: audience = '' } = site.oidc.env;
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const signed = (claims: JWTPayload, key: Parameters<SignJWT['sign']>[0] = privateKey, alg = 'RS256') =>
    new SignJWT({ iss: issuer, aud: audience, sub: BOB.sub, jti: 'x', events, ...claims })
      .setIssuedAt()
      .setProtectedHeader({ alg })
      .sign(key);
  site.oidc.person = BOB;
  const bob = site.client();
  await logIn(bob);
  const send = async (token: string) => (await site.client().form('/login/oidc/logout', { logout_token: token })).status;
  t.is(await send('x'), 400);
  t.is(await send(await signed({})), 400, 'signed by somebody else');
  t.is(
    await send(await signed({}, new TextEncoder().encode(site.oidc.env.OIDC_CLIENT_SECRET), 'HS256')),
    400,
    'signed with the secret of the client',
  );
  for (const [claims, why] of [
    [{ aud: 'another client' }, 'for another site'],
    [{ iss: 'https://login.example.org' }, 'of another provider'],
    [{ events: {} }, 'of another kind'],
    [{ nonce: 'n' }, 'an ID token'],
    [{ sub: undefined }, 'of nobody'],
    [{ exp: 1_000_000 }, 'expired'],
  ] as const)
    t.is(await send(await signed(claims as JWTPayload, site.oidc.key)), 400, why);
  t.is(await nameOf(bob), 'bob');
  t.is(await send(await signed({}, site.oidc.key)), 200, 'the allowed twin');
  t.is((await bob.get('/me', 'application/json')).status, 401);
  const plain = await startServerFor(t);
  t.is((await plain.client().form('/login/oidc/logout', { logout_token: 'x' })).status, 404);
});

test('OIDC: who refuses at the provider, and a provider that is away, lead back with a message; password log-in goes on', async (t) => {
  const site = await siteWithProvider(t);
  const browser = site.client();
  t.is((await logIn(browser)).headers.get('location'), '/login');
  t.regex(await flashOf(browser), /Example Ltd has refused the log-in/);
  await site.oidc.close();
  const fresh = await startServerFor(t, { env: site.oidc.env });
  await fresh.signUp('Ann');
  const other = fresh.client();
  t.is((await other.get('/login/oidc')).headers.get('location'), '/login');
  t.regex(await flashOf(other), /The log-in at Example Ltd failed/);
  t.is((await other.form('/login', { name: 'Ann', password: PASSWORD })).status, 303);
});

test('OIDC: a disabled account and the first account are refused; without settings there is no such log-in', async (t) => {
  const oidc = await startOidcServer(t);
  const site = await startServerFor(t, { env: oidc.env });
  oidc.serve(site.url);
  oidc.person = BOB;
  const first = site.client();
  t.is((await logIn(first)).headers.get('location'), '/login');
  t.regex(await flashOf(first), /The first account is the operator/);
  const ann = await site.signUp('Ann');
  const bob = site.client();
  await logIn(bob);
  await ann.form('/admin', { action: 'disable', user: (await userNamed(site.core, 'bob')).id });
  const disabled = site.client();
  t.is((await logIn(disabled)).headers.get('location'), '/login');
  t.regex(await flashOf(disabled), /This account is disabled/);
  const plain = await startServerFor(t);
  t.is((await plain.client().get('/login/oidc')).status, 404);
  t.notRegex((await plain.client().get('/login')).text, /oidc/);
});

test('config: OpenID Connect needs issuer and client, by https or on this machine', (t) => {
  const refused = (env: Record<string, string>, reason: RegExp) =>
    t.throws(() => readConfig(env), { instanceOf: ConfigError, message: reason });
  refused({ OIDC_ISSUER: 'https://login.example.org' }, /need each other/);
  refused({ OIDC_CLIENT_ID: 'x' }, /need each other/);
  for (const issuer of ['http://login.example.org', 'login.example.org', 'http://127.0.0.1.example.org', 'https://x?y'])
    refused({ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'x' }, /OIDC_ISSUER must be an https URL/);
  refused({ OIDC_SCOPES: 'profile' }, /OIDC_SCOPES needs openid/);
  refused({ OIDC_GROUPS: 'staff' }, /OIDC_GROUPS needs pairs/);
  t.like(readConfig({ OIDC_ISSUER: 'http://127.0.0.1:9/x', OIDC_CLIENT_ID: 'x', OIDC_GROUPS: 'a b=team, c=team' }), {
    oidcGroups: ['a b=team', 'c=team'],
  });
});
