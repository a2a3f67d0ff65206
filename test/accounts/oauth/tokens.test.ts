import test from 'ava';
import { removeClient } from '../../../lib/accounts/oauth/clients.ts';
import { setDisabled } from '../../../lib/accounts/operations.ts';
import { PASSWORD } from '../../helpers/server.ts';
import {
  askToken,
  connected,
  decide,
  errorOf,
  mcpStatus,
  newCode,
  newPkce,
  openOAuthSite,
  REDIRECT,
  redeem,
  refresh,
  registered,
  requestOf,
  type Tokens,
} from './oauth.ts';

const HOUR = 3_600_000;

test('OAuth: a code gives tokens, which act as the person at /mcp only, for an hour', async (t) => {
  const site = await openOAuthSite(t);
  const answer = await redeem(site, await newCode(t, site));
  t.is(answer.status, 200, answer.text);
  t.is(answer.headers.get('Cache-Control'), 'no-store');
  t.is(answer.headers.get('Access-Control-Allow-Origin'), '*');
  const { access_token: token, refresh_token, ...rest } = answer.json<Tokens>();
  t.deepEqual(rest as object, { token_type: 'Bearer', expires_in: 3600, scope: 'mcp' });
  t.is(await mcpStatus(site, token), 200);
  t.is(await mcpStatus(site, refresh_token), 401);
  for (const path of ['/me', '/groups/lobby/messages', '/groups/lobby/events', '/settings'])
    t.is((await site.client().bearer(token).get(path, 'application/json')).status, 401, path);
  site.clock.turn(HOUR - 1);
  t.is(await mcpStatus(site, token), 200);
  site.clock.turn(1);
  t.is(await mcpStatus(site, token), 401);
});

test('OAuth: a code is void when its particulars are wrong, and after a minute', async (t) => {
  const site = await openOAuthSite(t, { env: { OAUTH_REGISTRATION: 'open' } });
  const other = await registered(site);
  const rows = [
    ['another verifier', { code_verifier: newPkce().verifier }, 'invalid_grant'],
    ['another redirect_uri', { redirect_uri: `${REDIRECT}/` }, 'invalid_grant'],
    ['another resource', { resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
    ['another client', { client_id: other }, 'invalid_grant'],
  ] as const;
  for (const [what, changed, error] of rows) {
    const code = await newCode(t, site);
    t.deepEqual(errorOf(await redeem(site, code, changed)), [400, error], what);
    t.deepEqual(errorOf(await redeem(site, code)), [400, 'invalid_grant'], `${what}: the code is void`);
  }
  const code = await newCode(t, site);
  for (const [what, changed] of [
    ['no verifier', { code_verifier: '' }],
    ['a short verifier', { code_verifier: 'short' }],
    ['no code', { code: '' }],
  ] as const)
    t.deepEqual(errorOf(await redeem(site, code, changed)), [400, 'invalid_request'], what);
  const byPassword = { grant_type: 'password', username: 'Bob', password: PASSWORD };
  t.deepEqual(errorOf(await askToken(site, byPassword)), [400, 'unsupported_grant_type']);
  t.deepEqual(errorOf(await askToken(site, {})), [400, 'invalid_request']);
  site.clock.turn(59_999);
  t.is((await redeem(site, code)).status, 200);
  const late = await newCode(t, site);
  site.clock.turn(60_000);
  t.deepEqual(errorOf(await redeem(site, late)), [400, 'invalid_grant']);
});

test('OAuth: a code that is used twice ends what came of it', async (t) => {
  const site = await openOAuthSite(t);
  const code = await newCode(t, site);
  const { access_token, refresh_token } = (await redeem(site, code)).json<Tokens>();
  t.is(await mcpStatus(site, access_token), 200);
  t.deepEqual(errorOf(await redeem(site, code)), [400, 'invalid_grant']);
  t.is(await mcpStatus(site, access_token), 401);
  t.deepEqual(errorOf(await refresh(site, refresh_token)), [400, 'invalid_grant']);
  const twice = await newCode(t, site);
  const statuses = (await Promise.all([redeem(site, twice), redeem(site, twice)])).map(({ status }) => status);
  t.true(statuses.filter((status) => status === 200).length <= 1, statuses.join());
  t.deepEqual(await site.core.store.oauthGrants.ofUser(site.bobUser.id), []);
});

test('OAuth: a refresh token is replaced with each use; one that was replaced ends the connection', async (t) => {
  const site = await openOAuthSite(t);
  const first = await connected(t, site);
  site.clock.turn(HOUR);
  t.is(await mcpStatus(site, first.access_token), 401);
  const second = (await refresh(site, first.refresh_token)).json<Tokens>();
  t.is(await mcpStatus(site, second.access_token), 200);
  const third = (await refresh(site, second.refresh_token, { resource: `${site.url}/mcp` })).json<Tokens>();
  t.is(await mcpStatus(site, second.access_token), 200, 'a request may be on its way with it');
  t.deepEqual(errorOf(await refresh(site, third.refresh_token, { resource: `${site.url}/other` })), [400, 'invalid_target']);
  t.deepEqual(errorOf(await refresh(site, 'refresh.x.y')), [400, 'invalid_grant']);
  t.is(await mcpStatus(site, third.access_token), 200);
  t.deepEqual(errorOf(await refresh(site, first.refresh_token)), [400, 'invalid_grant']);
  t.is(await mcpStatus(site, third.access_token), 401);
  t.deepEqual(errorOf(await refresh(site, third.refresh_token)), [400, 'invalid_grant']);
  await site.core.securityLog.idle();
  const events = await site.core.store.security.list(site.bobUser.id, { limit: 2 });
  t.deepEqual(
    events.map(({ event, detail }) => [event, detail]),
    [
      ['program_disconnected', 'Agent, refresh token used twice'],
      ['program_connected', 'Agent'],
    ],
  );
});

test('OAuth: a refresh token that is not used for 90 days expires, and the upkeep removes it', async (t) => {
  const site = await openOAuthSite(t);
  const { refresh_token } = await connected(t, site);
  site.clock.turn(90 * 24 * HOUR - 1);
  const { refresh_token: next } = (await refresh(site, refresh_token)).json<Tokens>();
  await site.server.sweep();
  t.is((await site.core.store.oauthGrants.ofUser(site.bobUser.id)).length, 1);
  site.clock.turn(90 * 24 * HOUR + 1);
  t.deepEqual(errorOf(await refresh(site, next)), [400, 'invalid_grant']);
  await site.server.sweep();
  t.deepEqual(await site.core.store.oauthGrants.ofUser(site.bobUser.id), []);
  t.truthy(await site.core.store.oauthClients.byId(site.id), 'what an administrator has added stays');
});

test('OAuth: a client with a secret must show it, by header or in the form', async (t) => {
  const site = await openOAuthSite(t, { hasSecret: true });
  const basic = (secret: string) => ({ Authorization: `Basic ${Buffer.from(`${site.id}:${secret}`).toString('base64')}` });
  const without = { client_secret: '' };
  for (const [what, fields, headers] of [
    ['none', without, {}],
    ['a wrong one', { client_secret: 'x'.repeat(40) }, {}],
    ['a wrong one in the header', without, basic('wrong')],
    ['another scheme', without, { Authorization: 'Bearer x' }],
    ['an unknown client', { client_id: 'nobody', client_secret: '' }, {}],
  ] as const) {
    const code = await newCode(t, site);
    const particulars = { grant_type: 'authorization_code', code: code.code, code_verifier: code.verifier };
    const answer = await askToken(site, { ...particulars, ...fields }, headers);
    t.deepEqual(errorOf(answer), [401, 'invalid_client'], what);
    t.is(answer.headers.get('WWW-Authenticate'), 'Authorization' in headers ? 'Basic realm="oauth"' : null, what);
    t.is((await redeem(site, code)).status, 200, `${what}: the code is still good`);
  }
  const code = await newCode(t, site);
  const fields = { grant_type: 'authorization_code', code: code.code, code_verifier: code.verifier };
  t.deepEqual(errorOf(await askToken(site, fields, basic(site.secret))), [400, 'invalid_request'], 'twice');
  t.is((await askToken(site, { ...fields, ...without }, basic(site.secret))).status, 200);
  const { oauthClients, oauthGrants } = site.core.store;
  const stored = JSON.stringify([await oauthClients.byId(site.id), await oauthGrants.ofUser(site.bobUser.id)]);
  t.false(stored.includes(site.secret) || stored.includes(code.code.split('.')[1] ?? ''), 'only hashes are stored');
});

test('OAuth: a program gives up its tokens; those of others stay', async (t) => {
  const site = await openOAuthSite(t, { env: { OAUTH_REGISTRATION: 'open' } });
  const [tokens, others] = [await connected(t, site), await connected(t, site)];
  const revoke = (token: string, client = site.id) =>
    site.client().form('/oauth/revoke', { client_id: client, token, token_type_hint: 'access_token' }, { Accept: 'application/json' });
  t.is((await revoke(tokens.refresh_token, await registered(site))).status, 200);
  t.is((await revoke('nothing')).status, 200);
  t.is(await mcpStatus(site, tokens.access_token), 200);
  t.is((await revoke(tokens.access_token)).status, 200);
  t.is(await mcpStatus(site, tokens.access_token), 401);
  t.deepEqual(errorOf(await refresh(site, tokens.refresh_token)), [400, 'invalid_grant']);
  t.is((await revoke(others.refresh_token)).status, 200);
  t.is(await mcpStatus(site, others.access_token), 401);
  t.deepEqual(errorOf(await revoke('', site.id)), [400, 'invalid_request']);
  t.deepEqual(errorOf(await revoke('x', 'nobody')), [401, 'invalid_client']);
});

test('OAuth: a person sees and disconnects their programs, and nobody else does', async (t) => {
  const site = await openOAuthSite(t);
  const { access_token: token } = await connected(t, site);
  t.is(await mcpStatus(site, token), 200);
  const page = await site.bob.get('/settings');
  t.regex(page.text, /Connected programs.*<b>Agent<\/b>.*last used/s);
  t.false((await site.ann.get('/settings')).text.includes('Connected programs'));
  const [path = ''] = /\/settings\/programs\/[0-9a-f]{64}\/disconnect/.exec(page.text) ?? [];
  t.is((await site.ann.form(path, {})).status, 404);
  t.is((await site.client().form(path, {})).status, 401);
  t.is(await mcpStatus(site, token), 200);
  t.is((await site.bob.form(path, {})).status, 303);
  t.is(await mcpStatus(site, token), 401);
  t.is((await site.bob.form(path, {})).status, 404);
  const own = await site.bob.get('/settings/data.jsonl', '*/*');
  t.false(own.text.includes('connected_program'));
  await connected(t, site);
  t.regex((await site.bob.get('/settings/data.jsonl', '*/*')).text, /\{"type":"connected_program","name":"Agent"/);
});

test('OAuth: a disabled account, a new password, a log-out everywhere and a removed program end the connection', async (t) => {
  const site = await openOAuthSite(t);
  const ways = [
    ['Log out everywhere', () => site.bob.form('/settings/logout-everywhere', {})],
    ['a new password', () => site.bob.form('/settings/password', { current: PASSWORD, password: 'another good password' })],
    ['an administrator', () => site.ann.form(`/admin/people/${site.bobUser.id}`, { action: 'logout', sure: '1' })],
    ['a disabled account', () => setDisabled(site.core, site.annUser.id, site.bobUser, true)],
  ] as const;
  let password = PASSWORD;
  for (const [what, end] of ways) {
    await site.bob.form('/login', { name: 'Bob', password });
    const tokens = await connected(t, site);
    const code = await newCode(t, site);
    await end();
    if (what === 'a new password') password = 'another good password';
    t.is(await mcpStatus(site, tokens.access_token), 401, what);
    t.deepEqual(errorOf(await refresh(site, tokens.refresh_token)), [400, 'invalid_grant'], what);
    t.deepEqual(errorOf(await redeem(site, code)), [400, 'invalid_grant'], `${what}: a code on its way`);
  }
  await setDisabled(site.core, site.annUser.id, site.bobUser, false);
  await site.bob.form('/login', { name: 'Bob', password });
  const kept = await connected(t, site);
  await site.bob.form('/settings/password', { current: password, password: 'a third good password', keep_tokens: '1' });
  t.is(await mcpStatus(site, kept.access_token), 200, 'unless the person keeps them');
  await removeClient(site.core, site.annUser.id, site.id);
  t.is(await mcpStatus(site, kept.access_token), 401);
  t.deepEqual(errorOf(await refresh(site, kept.refresh_token)), [401, 'invalid_client']);
  t.is((await site.bob.get(requestOf(site, newPkce().challenge))).status, 422);
});

test('OAuth: a token is for the address for which it was issued', async (t) => {
  const site = await openOAuthSite(t);
  const { access_token: token } = await connected(t, site);
  const elsewhere = { ...site, client: () => site.client().at(site.url.replace('127.0.0.1', 'localhost')) };
  t.is(await mcpStatus(site, token), 200);
  t.is(await mcpStatus(elsewhere as unknown as typeof site, token), 401);
});

test('OAuth: someone who refuses sends the program away, with its state', async (t) => {
  const site = await openOAuthSite(t);
  const sent = await decide(t, site.bob, requestOf(site, newPkce().challenge), 'cancel');
  t.is(sent.origin + sent.pathname, REDIRECT);
  t.like(Object.fromEntries(sent.searchParams), { error: 'access_denied', state: 'st&te', iss: site.url });
  t.deepEqual(await site.core.store.oauthGrants.ofUser(site.bobUser.id), []);
});
