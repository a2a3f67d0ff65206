import test from 'ava';
import { addClient, removeClient } from '../../../lib/accounts/oauth/clients.ts';
import { createToken } from '../../../lib/accounts/tokens.ts';
import { PASSWORD } from '../../helpers/server.ts';
import { hiddenIn, newPkce, openOAuthSite, REDIRECT, requestOf } from './oauth.ts';

const { challenge } = newPkce();

test('OAuth: the page says which program asks, where it leads, and as whom, and no page can frame it', async (t) => {
  const site = await openOAuthSite(t);
  const { status, text, headers } = await site.bob.get(requestOf(site, challenge));
  t.is(status, 200);
  t.regex(text, /Connect <bdi>Agent<\/bdi>\?.*as <b><bdi>Bob<\/bdi><\/b> \(Bob\).*An administrator has added.*<b>agent\.example<\/b>/s);
  t.is(headers.get('X-Frame-Options'), 'DENY');
  const policy = headers.get('Content-Security-Policy') ?? '';
  t.regex(policy, /frame-ancestors 'none'/);
  t.regex(policy, /form-action 'self' https:\/\/agent\.example;/);
  t.is(headers.get('Cache-Control'), 'no-store');
  t.is(headers.get('Referrer-Policy'), 'same-origin');
});

test('OAuth: somebody who is not logged in logs in first, and comes back', async (t) => {
  const site = await openOAuthSite(t);
  const path = requestOf(site, challenge, { state: 's'.repeat(1500) });
  const visitor = site.client();
  const away = await visitor.get(path);
  t.is(away.status, 303);
  const page = await visitor.get(away.headers.get('Location') ?? '');
  t.is(page.status, 200, page.text);
  const back = await visitor.form('/login', { ...hiddenIn(page), name: 'Bob', password: PASSWORD });
  t.is(back.headers.get('Location'), path);
  t.is((await visitor.get(path)).status, 200);
  t.is((await visitor.get(path, 'application/json')).status, 200);
  t.is((await site.client().get(path, 'application/json')).status, 401);
});

test('OAuth: nothing is answered at an address before it is known to be the program’s', async (t) => {
  const site = await openOAuthSite(t);
  const rows = [
    [{ client_id: 'nobody' }, /not known here/],
    [{ client_id: '' }, /not known here/],
    [{ client_id: 'https://agent.example/client.json' }, /not known here/],
    [{ redirect_uri: 'https://evil.example/back' }, /not registered/],
    [{ redirect_uri: `${REDIRECT}/` }, /not registered/],
    [{ redirect_uri: 'javascript:alert(1)' }, /not registered/],
  ] as const;
  for (const [changed, reason] of rows) {
    const path = requestOf(site, challenge, changed);
    const page = await site.bob.get(path);
    t.is(page.status, 422, JSON.stringify(changed));
    t.regex(page.text, reason);
    const fields = Object.fromEntries(new URLSearchParams(path.split('?')[1]));
    const posted = await site.bob.form('/oauth/authorize', { ...fields, decision: 'connect', as: site.bobUser.id });
    t.is(posted.status, 422, JSON.stringify(changed));
    for (const { headers, text } of [page, posted]) t.false(headers.has('Location') || text.includes('evil.example'), text);
  }
  t.is((await site.bob.get(`${requestOf(site, challenge)}&client_id=other`)).status, 400, 'given twice');
  t.is((await site.bob.get(requestOf(site, challenge, { redirect_uri: '' }))).status, 200, 'the only one');
});

test('OAuth: a request that is wrong otherwise is answered to the program', async (t) => {
  const site = await openOAuthSite(t);
  const rows = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: '' }, 'unsupported_response_type'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ code_challenge: '' }, 'invalid_request'],
    [{ code_challenge: 'short' }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge_method: '' }, 'invalid_request'],
    [{ resource: 'https://elsewhere.example/mcp' }, 'invalid_target'],
    [{ resource: site.url }, 'invalid_target'],
  ] as const;
  for (const [changed, error] of rows) {
    const answer = await site.bob.get(requestOf(site, challenge, changed));
    t.is(answer.status, 303, JSON.stringify(changed));
    const sent = new URL(answer.headers.get('Location') ?? '');
    t.is(sent.origin + sent.pathname, REDIRECT);
    t.like(Object.fromEntries(sent.searchParams), { error, state: 'st&te', iss: site.url }, JSON.stringify(changed));
  }
  for (const changed of [{ resource: '' }, { resource: `${site.url}/mcp/` }, { scope: 'mcp offline_access' }, { state: '' }])
    t.is((await site.bob.get(requestOf(site, challenge, changed))).status, 200, JSON.stringify(changed));
});

test('OAuth: a decision must come from this site, and from the account that the page named', async (t) => {
  const site = await openOAuthSite(t);
  const fields = { ...hiddenIn(await site.bob.get(requestOf(site, challenge))), decision: 'connect' };
  t.is((await site.bob.form('/oauth/authorize', fields, { Origin: 'https://evil.example' })).status, 403);
  t.is((await site.bob.form('/oauth/authorize', fields, { 'Sec-Fetch-Site': 'cross-site' })).status, 403);
  t.is((await site.ann.form('/oauth/authorize', fields)).status, 403, 'another account');
  t.is((await site.client().form('/oauth/authorize', fields)).status, 401);
  t.is((await site.bob.form('/oauth/authorize', { ...fields, decision: 'maybe' })).status, 400);
  const answer = await site.bob.form('/oauth/authorize', fields, { Origin: site.url });
  const sent = new URL(answer.headers.get('Location') ?? '');
  t.is(answer.status, 303);
  t.regex(sent.searchParams.get('code') ?? '', /^code\./);
  t.like(Object.fromEntries(sent.searchParams), { state: 'st&te', iss: site.url });
  await removeClient(site.core, site.annUser.id, site.id);
  t.is((await site.bob.form('/oauth/authorize', fields)).status, 422, 'the program was removed meanwhile');
});

test('OAuth: a token opens no page on which a program is connected', async (t) => {
  const site = await openOAuthSite(t);
  const { token } = await createToken(site.core, site.bobUser);
  t.is((await site.client().bearer(token).get(requestOf(site, challenge))).status, 403);
});

test('OAuth: a program on this machine is answered at any port', async (t) => {
  const site = await openOAuthSite(t);
  const redirectUris = ['http://127.0.0.1/cb', 'app.example:/cb'];
  const { client } = await addClient(site.core, { name: 'Editor', redirectUris, hasSecret: false });
  const here = await site.bob.get(requestOf(site, challenge, { client_id: client.id, redirect_uri: 'http://127.0.0.1:4001/cb' }));
  t.regex(here.text, /a program on your own computer \(<b>127\.0\.0\.1:4001<\/b>\)/);
  t.is((await site.bob.get(requestOf(site, challenge, { client_id: client.id, redirect_uri: 'http://127.0.0.1:4001/other' }))).status, 422);
  t.is((await site.bob.get(requestOf(site, challenge, { client_id: client.id, redirect_uri: '' }))).status, 422, 'one of two');
  const app = await site.bob.get(requestOf(site, challenge, { client_id: client.id, redirect_uri: 'app.example:/cb' }));
  t.regex(app.headers.get('Content-Security-Policy') ?? '', /form-action 'self' app\.example:;/);
});

test('OAuth: adding a program needs a name and addresses, and is in the audit log', async (t) => {
  const site = await openOAuthSite(t);
  const rows = [
    [{ name: ' ' }, 'name'],
    [{ redirectUris: [] }, 'redirect'],
    [{ redirectUris: ['http://agent.example/'] }, 'redirect'],
    [{ redirectUris: Array.from({ length: 11 }, (_, i) => `https://agent.example/${i}`) }, 'redirect'],
  ] as const;
  for (const [changed, field] of rows) {
    const adding = addClient(site.core, { name: 'Agent', redirectUris: [REDIRECT], hasSecret: false, ...changed });
    t.like(await t.throwsAsync(adding), { code: 'invalid', field });
  }
  await removeClient(site.core, site.annUser.id, site.id);
  await t.throwsAsync(removeClient(site.core, site.annUser.id, site.id), { message: 'There is no such program.' });
  const { text } = await site.ann.get('/admin/audit.jsonl', '*/*');
  const acts = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ act }) => act.startsWith('oauth'));
  t.deepEqual(
    acts.map(({ act, subject, detail }) => [act, subject, detail]),
    [
      ['oauth_client_added', { kind: 'client', id: site.id, name: 'Agent' }, REDIRECT],
      ['oauth_client_removed', { kind: 'client', id: site.id, name: 'Agent' }, null],
    ],
  );
});
