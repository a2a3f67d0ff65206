import test from 'ava';
import { sha256 } from '../../lib/secrets.ts';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

const shownToken = (html: string): string => /id="new-token"[^>]* value="([A-Za-z0-9]{32,})"/.exec(html)?.[1] ?? '';

async function newToken(client: Client): Promise<string> {
  return shownToken((await client.form('/settings/tokens', {})).text);
}

const idsIn = (html: string): string[] => [...html.matchAll(/action="\/settings\/tokens\/([0-9a-f]+)\/revoke"/g)].map(([, id = '']) => id);

test('a token is shown once, and the store keeps only its hash', async (t) => {
  const bob = await site.signUp('Bob');
  const token = await newToken(bob);
  t.regex(token, /^[A-Za-z0-9]{40}$/);
  const settings = (await bob.get('/settings')).text;
  t.false(settings.includes(token));
  t.true(settings.includes(`<code>${token.slice(0, 6)}…</code>`));
  const user = await site.core.store.users.byNameKey('bob');
  const records = user ? await site.core.store.tokens.listOf(user.id) : [];
  t.deepEqual(
    records.map(({ hash }) => hash),
    [sha256(token)],
  );
  t.false(JSON.stringify(records).includes(token));
});

test('tokens: a program may do what its owner may, without a cookie', async (t) => {
  const program = site.client().bearer(await newToken(ann));
  t.is((await program.get('/me', '*/*')).json().name, 'Ann');
  t.is((await program.json('POST', '/groups/lobby/messages', { body: 'from a script' })).status, 201);
  t.is(program.cookies.size, 0);
});

test('tokens: a token cannot create tokens, change the password or administer', async (t) => {
  const program = site.client().bearer(await newToken(ann));
  for (const [method, path] of [
    ['GET', '/settings'],
    ['POST', '/settings/tokens'],
    ['POST', '/settings/password'],
    ['POST', '/settings/logout-everywhere'],
    ['GET', '/admin'],
    ['POST', '/admin'],
    ['GET', '/groups/lobby/bots'],
    ['POST', '/groups/lobby/bots'],
  ] as const) {
    const answer = await program.json(method, path, method === 'POST' ? {} : undefined);
    t.is(answer.status, 403, `${method} ${path}`);
  }
  t.is((await ann.get('/settings')).status, 200);
  t.is((await ann.get('/admin')).status, 200);
});

test('tokens: a revoked token stops working at once, others still work', async (t) => {
  const carl = await site.signUp('Carl');
  const [first, second] = [await newToken(carl), await newToken(carl)];
  t.is(idsIn((await carl.get('/settings')).text).length, 2);
  t.is((await carl.form(`/settings/tokens/${sha256(first)}/revoke`, {})).status, 303);
  t.regex((await carl.get('/settings')).text, /Token revoked\./);
  t.is((await site.client().bearer(first).get('/me', '*/*')).status, 401);
  t.is((await site.client().bearer(second).get('/me', '*/*')).status, 200);
});

test('tokens: users cannot revoke tokens of others', async (t) => {
  const token = await newToken(ann);
  const eve = await site.signUp('Eve');
  for (const id of [sha256(token), token, 'nonsense', '%00']) t.is((await eve.json('POST', `/settings/tokens/${id}/revoke`)).status, 404);
  t.is((await site.client().bearer(token).get('/me', '*/*')).status, 200);
  t.is((await ann.form(`/settings/tokens/${sha256(token)}/revoke`, {})).status, 303);
  t.is((await site.client().bearer(token).get('/me', '*/*')).status, 401);
});

const BAD: [what: string, header: string][] = [
  ['no token', 'Bearer'],
  ['a wrong token', `Bearer ${'x'.repeat(40)}`],
  ['the word null', 'Bearer null'],
  ['the word undefined', 'Bearer undefined'],
  ['two tokens', 'Bearer a b'],
  ['another scheme', 'Basic QW5uOnh4'],
  ['a token without scheme', 'x'.repeat(40)],
  ['a very long token', `Bearer ${'x'.repeat(4000)}`],
  ['query syntax', 'Bearer {"$ne":null}'],
];

for (const [what, header] of BAD)
  test(`${what} in the Authorization header is refused, never redirected, and not ignored in favour of a valid cookie`, async (t) => {
    for (const accept of ['*/*', 'application/json', 'text/html']) {
      const answer = await ann.get('/groups', accept, { Authorization: header });
      t.is(answer.status, 401);
      t.is(answer.headers.get('location'), null);
      t.is(answer.headers.get('www-authenticate'), 'Bearer');
      if (accept !== 'text/html') t.is(answer.headers.get('content-type'), 'application/problem+json');
    }
    t.is((await ann.get('/groups')).status, 200);
  });

test('tokens: the hash of a token, a session id and a webhook secret are not accepted as token', async (t) => {
  const token = await newToken(ann);
  const bots = (await ann.form('/groups/lobby/bots', { action: 'create', name: 'Deploy' })).text;
  const hook = /\/hooks\/([A-Za-z0-9]{32,})/.exec(bots)?.[1] ?? '';
  t.is(hook.length, 40);
  for (const wrong of [sha256(token), ann.cookies.get('parley') ?? '', hook, token.slice(0, -1), token.toLowerCase()])
    t.is((await site.client().bearer(wrong).get('/me', '*/*')).status, 401);
  t.is((await site.client().bearer(token).get('/me', '*/*')).status, 200);
});

test('the token of a disabled person is refused until the account is enabled', async (t) => {
  const dora = await site.signUp('Dora');
  const token = await newToken(dora);
  const user = await site.core.store.users.byNameKey('dora');
  await ann.form('/admin', { action: 'disable', user: user?.id ?? '' });
  t.is((await site.client().bearer(token).get('/me', '*/*')).status, 401);
  await ann.form('/admin', { action: 'enable', user: user?.id ?? '' });
  t.is((await site.client().bearer(token).get('/me', '*/*')).status, 200);
});

test('tokens: settings show when a token was last used', async (t) => {
  const fred = await site.signUp('Fred');
  const token = await newToken(fred);
  t.regex((await fred.get('/settings')).text, /not used yet/);
  await site.client().bearer(token).get('/me', '*/*');
  t.regex((await fred.get('/settings')).text, /last used/);
});

test('tokens: the label of a token is shown in settings and in GET /me', async (t) => {
  const greta = await site.signUp('Greta');
  const made = await greta.form('/settings/tokens', { name: '  build <b>box</b>\t1 ' });
  const program = site.client().bearer(shownToken(made.text));
  t.is((await program.get('/me', '*/*')).json<{ token: { name: string } }>().token.name, 'build <b>box</b> 1');
  t.regex((await greta.get('/settings')).text, /<b>build &lt;b&gt;box&lt;\/b&gt; 1<\/b>/);
  t.is((await greta.form('/settings/tokens', { name: ' ' })).status, 200);
  for (const [name, words] of [
    ['x'.repeat(41), /40 characters at most/],
    ['a\u202eb', /invisible character/],
  ] as const) {
    const refused = await greta.form('/settings/tokens', { name });
    t.is(refused.status, 422);
    t.regex(refused.text, words);
  }
  t.is(idsIn((await greta.get('/settings')).text).length, 2);
});
