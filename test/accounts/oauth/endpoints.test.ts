import test from 'ava';
import { linesOf } from '../../helpers/log-lines.ts';
import { startServerFor } from '../../helpers/server.ts';
import { openSite } from '../../helpers/site.ts';
import { errorOf, hiddenIn, newPkce, openOAuthSite, REDIRECT, redeem, registered, requestOf } from './oauth.ts';

test('OAuth: a request to /mcp without a valid token says where the metadata is', async (t) => {
  const site = await openOAuthSite(t);
  const metadata = `resource_metadata="${site.url}/.well-known/oauth-protected-resource/mcp", scope="mcp"`;
  const without = await site.client().json('POST', '/mcp', {});
  t.deepEqual([without.status, without.headers.get('WWW-Authenticate')], [401, `Bearer ${metadata}`]);
  for (const token of ['x'.repeat(40), `access.${'a'.repeat(22)}.${'b'.repeat(32)}`]) {
    const wrong = await site.client().bearer(token).json('POST', '/mcp', {});
    t.deepEqual([wrong.status, wrong.headers.get('WWW-Authenticate')], [401, `Bearer error="invalid_token", ${metadata}`]);
  }
  t.is((await site.client().json('GET', '/me')).headers.get('WWW-Authenticate'), 'Bearer');
});

test('OAuth: the metadata is at the addresses of RFC 9728 and RFC 8414, for programs and pages of other sites', async (t) => {
  const { url, client } = await startServerFor(t);
  const found = await client().get('/.well-known/oauth-protected-resource/mcp', '*/*');
  t.is(found.status, 200);
  t.like(found.json(), {
    resource: `${url}/mcp`,
    authorization_servers: [url],
    scopes_supported: ['mcp'],
    bearer_methods_supported: ['header'],
  });
  t.deepEqual((await client().get('/.well-known/oauth-protected-resource', '*/*')).json(), found.json());
  const server = (await client().get('/.well-known/oauth-authorization-server', '*/*')).json();
  t.like(server, {
    issuer: url,
    authorization_endpoint: `${url}/oauth/authorize`,
    token_endpoint: `${url}/oauth/token`,
    revocation_endpoint: `${url}/oauth/revoke`,
    code_challenge_methods_supported: ['S256'],
    client_id_metadata_document_supported: false,
    authorization_response_iss_parameter_supported: true,
  });
  t.false('registration_endpoint' in server);
  for (const path of ['/.well-known/oauth-protected-resource/groups', '/.well-known/oauth-authorization-server/chat', '/.well-known/other'])
    t.is((await client().get(path, '*/*')).status, 404, path);
  const origin = { Origin: 'https://agent.example', 'Sec-Fetch-Site': 'cross-site' };
  for (const [path, method] of [
    ['/.well-known/oauth-protected-resource/mcp', 'GET'],
    ['/.well-known/oauth-authorization-server', 'GET'],
    ['/oauth/token', 'POST'],
    ['/oauth/revoke', 'POST'],
  ] as const) {
    const asked = await client().send(path, { method: 'OPTIONS', headers: { ...origin, 'Access-Control-Request-Method': method } });
    const allowed = ['Origin', 'Methods', 'Credentials'].map((name) => asked.headers.get(`Access-Control-Allow-${name}`));
    t.deepEqual([asked.status, ...allowed], [204, '*', method, null], path);
    const answer = await client().send(path, { method, headers: { ...origin, 'Content-Type': 'application/x-www-form-urlencoded' } });
    t.is(answer.headers.get('Access-Control-Allow-Origin'), '*', path);
    t.true([200, 400, 401].includes(answer.status), path);
  }
  t.is((await client().get('/oauth/token', 'application/json')).status, 405);
});

test('OAuth: below a path the metadata is there, and where clients look for it by the standard', async (t) => {
  const site = await startServerFor(t, { env: { PUBLIC_URL: 'https://example.org/chat' } });
  const client = site.client();
  const [issuer, resource] = ['https://example.org/chat', '/.well-known/oauth-protected-resource'];
  for (const path of [`/chat${resource}/mcp`, `${resource}/chat/mcp`, `${resource}/mcp`])
    t.like((await client.get(path, '*/*')).json(), { resource: `${issuer}/mcp`, authorization_servers: [issuer] }, path);
  for (const path of ['/chat/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server/chat'])
    t.like((await client.get(path, '*/*')).json(), { issuer, token_endpoint: `${issuer}/oauth/token` }, path);
  t.is((await client.get('/.well-known/oauth-authorization-server/talk', '*/*')).status, 404);
});

test('OAuth: programs register themselves only where the setting says so', async (t) => {
  const closed = await startServerFor(t, { env: { OAUTH_REGISTRATION: 'metadata' } });
  t.is((await closed.client().json('POST', '/oauth/register', { redirect_uris: [REDIRECT] })).status, 404);
  const server = (await closed.client().get('/.well-known/oauth-authorization-server', '*/*')).json();
  t.deepEqual([server.registration_endpoint, server.client_id_metadata_document_supported], [undefined, true]);

  const site = await openSite(t, { env: { OAUTH_REGISTRATION: 'open' } });
  const register = (fields: object) => site.client().json('POST', '/oauth/register', { redirect_uris: [REDIRECT], ...fields });
  const metadata = (await site.client().get('/.well-known/oauth-authorization-server', '*/*')).json();
  t.is(metadata.registration_endpoint, `${site.url}/oauth/register`);
  const grants = ['authorization_code', 'refresh_token'];
  const publicOne = await register({ client_name: 'Agent', token_endpoint_auth_method: 'none', grant_types: grants });
  t.is(publicOne.status, 201);
  t.like(publicOne.json(), { client_name: 'Agent', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', grant_types: grants });
  t.false('client_secret' in publicOne.json());
  const withSecret = (await register({})).json();
  t.like(withSecret, { client_name: 'agent.example', token_endpoint_auth_method: 'client_secret_basic', client_secret_expires_at: 0 });
  t.regex(String(withSecret.client_secret), /^[A-Za-z0-9]{40}$/);
  for (const [fields, error] of [
    [{ redirect_uris: [] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['http://agent.example/'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: 'https://agent.example/' }, 'invalid_request'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [{ response_types: ['token'] }, 'invalid_client_metadata'],
  ] as const)
    t.deepEqual(errorOf(await register(fields)), [400, error], JSON.stringify(fields));

  const { challenge } = newPkce();
  const id = String(publicOne.json().client_id);
  const page = await site.bob.get(requestOf({ ...site, id }, challenge));
  t.regex(page.text, /has registered itself/);
  const wrong = await site.bob.get(requestOf({ ...site, id }, challenge, { resource: 'https://elsewhere.example' }));
  t.is(wrong.status, 400, 'nobody is led away without a click');
  t.regex(wrong.text, /href="https:\/\/agent\.example\/back\?error=invalid_target&amp;/);

  site.clock.turn(86_400_001);
  t.is((await site.bob.get(requestOf({ ...site, id }, challenge))).status, 422, 'unused for a day');
  await site.server.sweep();
  t.is(await site.core.store.oauthClients.byId(id), undefined);
});

test('OAuth: a program that has registered asks nobody once the site no longer lets programs register', async (t) => {
  const site = await openSite(t, { env: { OAUTH_REGISTRATION: 'metadata' } });
  const client = { name: 'Agent', redirectUris: [REDIRECT], secret: null, createdAt: 0, expiresAt: null };
  for (const source of ['registered', 'added'] as const) await site.core.store.oauthClients.insert({ ...client, id: source, source });
  const statusOf = async (id: string) => (await site.bob.get(requestOf({ ...site, id }, newPkce().challenge))).status;
  t.deepEqual([await statusOf('registered'), await statusOf('added')], [422, 200]);
});

test('OAuth: one network registers 20 programs at once, and then 10 an hour', async (t) => {
  const site = await startServerFor(t, { env: { OAUTH_REGISTRATION: 'open' } });
  const register = () => site.client().json('POST', '/oauth/register', { redirect_uris: [REDIRECT] });
  for (let count = 0; count < 20; count += 1) t.is((await register()).status, 201);
  const refused = await register();
  t.deepEqual(errorOf(refused), [429, 'temporarily_unavailable']);
  t.is(refused.headers.get('Retry-After'), '360');
  site.clock.turn(360_000);
  t.is((await register()).status, 201);
});

test('OAuth: a registered program that is used stays', async (t) => {
  const site = await openOAuthSite(t, { env: { OAUTH_REGISTRATION: 'open' } });
  const own = { ...site, id: await registered(site) };
  const { verifier, challenge } = newPkce();
  const page = await site.bob.get(requestOf(own, challenge));
  const answer = await site.bob.form('/oauth/authorize', { ...hiddenIn(page), decision: 'connect' });
  const code = new URL(answer.headers.get('Location') ?? '').searchParams.get('code') ?? '';
  t.is((await redeem(own, { code, verifier })).status, 200);
  site.clock.turn(80 * 86_400_000);
  await site.server.sweep();
  t.truthy(await site.core.store.oauthClients.byId(own.id));
});

test('OAuth: a program that describes itself is never looked for at an address of this network', async (t) => {
  const site = await openSite(t, { env: { OAUTH_REGISTRATION: 'metadata' } });
  const { challenge } = newPkce();
  for (const id of ['https://127.0.0.1/client.json', 'https://10.0.0.1:8443/client.json', 'https://[::1]/client.json']) {
    const page = await site.bob.get(requestOf({ ...site, id }, challenge));
    t.is(page.status, 422, id);
    t.regex(page.text, /not known here/);
  }
});

test('OAuth: the log has no code, token or secret', (t) => {
  const helper = JSON.stringify(new URL('./oauth.ts', import.meta.url).href);
  const clients = JSON.stringify(new URL('../../../lib/accounts/oauth/clients.ts', import.meta.url).href);
  const lines = linesOf(
    'debug',
    `const { newPkce, requestOf, hiddenIn, REDIRECT } = await import(${helper});
    const { addClient } = await import(${clients});
    await site.signUp('Ann');
    const bob = await site.signUp('Bob');
    const { client, secret } = await addClient(site.core, { name: 'Agent', redirectUris: [REDIRECT], hasSecret: true });
    const { verifier, challenge } = newPkce();
    const page = await bob.get(requestOf({ id: client.id, url: site.url }, challenge));
    const sent = await bob.form('/oauth/authorize', { ...hiddenIn(page), decision: 'connect' });
    const code = new URL(sent.headers.get('Location')).searchParams.get('code');
    const ask = (fields) => site.client().form('/oauth/token', { client_id: client.id, client_secret: secret, ...fields });
    const tokens = (await ask({ grant_type: 'authorization_code', code, code_verifier: verifier })).json();
    await ask({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
    await ask({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
    await site.client().form('/oauth/revoke', { client_id: client.id, client_secret: secret, token: tokens.access_token });
    await site.client().bearer(tokens.access_token).json('POST', '/mcp', {});
    const parts = [code, tokens.access_token, tokens.refresh_token].flatMap((text) => text.split('.').slice(1));
    console.log(JSON.stringify({ expected: [secret, verifier, challenge, ...parts].map((text) => text.split('').reverse().join('')) }));`,
  );
  const [{ expected } = {}] = lines.filter((line) => 'expected' in line) as { expected?: string[] }[];
  t.is(expected?.length, 9);
  const logged = JSON.stringify(lines.filter((line) => !('expected' in line)));
  t.true(logged.includes('/oauth/token') && logged.includes('program_connected'));
  for (const reversed of expected ?? []) t.false(logged.includes(reversed.split('').reverse().join('')));
});

test('OAuth: the number of programs of one person is limited', async (t) => {
  const site = await openOAuthSite(t);
  const { challenge } = newPkce();
  const grant = {
    ...{ client: site.id, clientName: 'Agent', user: site.bobUser.id, redirectUri: REDIRECT, challenge, resource: 'x' },
    ...{ redeemed: true, current: 'x', access: [], createdAt: site.clock.now(), lastUsedAt: null, expiresAt: site.clock.now() + 1000 },
  };
  for (let count = 0; count < 100; count += 1) await site.core.store.oauthGrants.insert({ ...grant, id: String(count) });
  const fields = { ...hiddenIn(await site.bob.get(requestOf(site, challenge))), decision: 'connect' };
  const refused = await site.bob.form('/oauth/authorize', fields);
  t.is(refused.status, 422);
  t.regex(refused.text, /You have connected 100 programs/);
  site.clock.turn(1000);
  t.is((await site.bob.form('/oauth/authorize', fields)).status, 303);
});
