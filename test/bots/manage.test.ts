import test from 'ava';
import { sha256 } from '../../lib/secrets.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
let count = 0;
test.before(async () => {
  site = await startServer({ env: { PUBLIC_URL: 'https://chat.example.org' } });
  [ann, bob] = [await site.signUp('Ann'), await site.signUp('Bob')];
});
test.after.always(() => site.close());

/** Creates a group moderated by Bob, without Ann; returns its path. */
async function newGroup(): Promise<string> {
  count += 1;
  return `/groups/${(await bob.json('POST', '/groups', { name: `Bots ${count}` })).json<{ slug: string }>().slug}`;
}

type Secrets = { readonly hook: string; readonly token: string };
const secretsIn = ({ text }: Answer): Secrets => ({
  hook: /id="made-hook"[^>]* value="https:\/\/chat\.example\.org(\/hooks\/[A-Za-z0-9]+)"/.exec(text)?.[1] ?? '',
  token: /id="made-token"[^>]* value="([A-Za-z0-9]+)"/.exec(text)?.[1] ?? '',
});

const change = async (by: Client, at: string, action: string, bot: string): Promise<Answer> =>
  by.form(`${at}/bots`, { action, user: (await userNamed(site.core, bot)).id });
const create = async (at: string, name: string): Promise<Secrets> => secretsIn(await bob.form(`${at}/bots`, { action: 'create', name }));
const post = (hook: string, body = 'hello'): Promise<Answer> => site.client().send(hook, { method: 'POST', body });

test("bots: a new bot's secrets are shown once, with a command to try them", async (t) => {
  const at = await newGroup();
  const answer = await bob.form(`${at}/bots`, { action: 'create', name: 'Deploy "$(x)" `y`' });
  t.is(answer.status, 200);
  const { hook, token } = secretsIn(answer);
  t.regex(hook, /^\/hooks\/[A-Za-z0-9]{40}$/);
  t.regex(token, /^[A-Za-z0-9]{40}$/);
  t.true(
    answer.text.includes(`curl -d &quot;Hello from Deploy (x) y&quot; https://chat.example.org${hook}`),
    'nothing that a shell would run',
  );
  for (const path of [at, `${at}/bots`, `${at}/members`, `${at}/messages`, '/groups', '/settings'])
    for (const accept of ['text/html', 'application/json']) {
      const { text } = await bob.get(path, accept);
      t.false(text.includes(token) || text.includes(hook), path);
    }
});

test("bots: without PUBLIC_URL the webhook's URL has the host of the request", async (t) => {
  const plain = await startServerFor(t);
  const owner = await plain.signUp('Ann');
  const { text } = await owner.form('/groups/lobby/bots', { action: 'create', name: 'Local' }, { Origin: plain.url });
  const url = /id="made-hook"[^>]* value="([^"]+)"/.exec(text)?.[1] ?? '';
  t.true(url.startsWith(`${plain.url}/hooks/`), url);
});

test('bots: the store contains only hashes of the secrets', async (t) => {
  const { hook, token } = await create(await newGroup(), 'Hashed');
  const user = await site.core.store.users.byNameKey('hashed');
  const records = user ? await site.core.store.tokens.listOf(user.id) : [];
  t.deepEqual(records.map(({ hash }) => hash).sort(), [sha256(hook.slice('/hooks/'.length)), sha256(token)].sort());
  t.is(user?.passwordHash, null);
});

test('bots: a bot posts by token, and nobody can log in as it', async (t) => {
  const at = await newGroup();
  const { token } = await create(at, 'Echo');
  const echo = site.client().bearer(token);
  t.is((await echo.json('POST', `${at}/messages`, { body: 'by token' })).status, 201);
  t.regex((await bob.get(at)).text, /Echo<\/a> <span class="badge">bot<\/span>[\s\S]*by token/);
  for (const password of ['', 'null', token]) t.is((await site.client().form('/login', { name: 'Echo', password })).status, 422);
});

for (const [what, name, status] of [
  ['no name', '', 422],
  ['a name that is taken', 'ＡＮＮ', 409],
  ['a long name', 'x'.repeat(33), 422],
] as const)
  test(`bots: a bot with ${what} is refused, and the form keeps its values`, async (t) => {
    const answer = await bob.form(`${await newGroup()}/bots`, { action: 'create', name });
    t.is(answer.status, status);
    t.regex(answer.text, /id="create-name-error" role="alert">[^<]+/);
    t.true(answer.text.includes(`name="name" type="text" value="${name}"`));
    t.false(answer.text.includes('made-hook'));
  });

test('bots: only managers of a group see and create its bots', async (t) => {
  const at = await newGroup();
  await create(at, 'Mine');
  const carl = await site.signUp('Carl');
  await bob.form(`${at}/members`, { action: 'add', name: 'Carl' });
  t.is((await carl.get(`${at}/bots`)).status, 403);
  t.is((await carl.form(`${at}/bots`, { action: 'create', name: 'Carls' })).status, 403);
  t.is((await change(carl, at, 'rotate', 'Mine')).status, 403);
  t.is((await ann.get(`${at}/bots`)).status, 200, 'an administrator may');
});

test('bots: rotating revokes the old secrets at once', async (t) => {
  const at = await newGroup();
  const old = await create(at, 'Rotor');
  const fresh = secretsIn(await change(bob, at, 'rotate', 'Rotor'));
  t.not(fresh.hook, old.hook);
  t.deepEqual([(await post(old.hook)).text, (await post(fresh.hook)).text], ['no_service', 'ok']);
  t.is((await site.client().bearer(old.token).get(at, '*/*')).status, 401);
  t.is((await site.client().bearer(fresh.token).get(at, '*/*')).status, 200);
});

test('bots: a revoked bot can never post again, and its messages stay', async (t) => {
  const at = await newGroup();
  const { hook, token } = await create(at, 'Gone');
  await post(hook, 'my last words');
  t.is((await change(bob, at, 'revoke', 'Gone')).status, 303);
  t.deepEqual([(await post(hook)).status, (await site.client().bearer(token).get('/me', '*/*')).status], [404, 401]);
  t.regex((await bob.get(at)).text, /my last words/);
  t.notRegex((await bob.get(`${at}/bots`)).text, />Gone</);
});

test('bots: a disabled or removed bot cannot post until it is enabled or added again', async (t) => {
  const at = await newGroup();
  const { hook } = await create(at, 'Pause');
  const { id = '' } = (await site.core.store.users.byNameKey('pause')) ?? {};
  await ann.form('/admin', { action: 'disable', user: id });
  t.is((await post(hook)).text, 'no_service');
  await ann.form('/admin', { action: 'enable', user: id });
  t.is((await post(hook)).text, 'ok');
  await bob.form(`${at}/members`, { action: 'remove', user: id });
  t.is((await post(hook)).text, 'no_service');
  await ann.form(`${at}/members`, { action: 'add', name: 'Pause' });
  t.is((await post(hook)).text, 'ok');
});

test('bots: the webhook of an archived group reports that until the group is unarchived', async (t) => {
  const at = await newGroup();
  const { hook } = await create(at, 'Attic');
  await bob.form(`${at}/settings`, { action: 'archive', on: '1' });
  const refused = await post(hook);
  t.deepEqual([refused.status, refused.text], [410, 'channel_is_archived']);
  await bob.form(`${at}/settings`, { action: 'archive', on: '0' });
  t.is((await post(hook)).text, 'ok');
});

test('bots: a webhook works after its group is renamed', async (t) => {
  const at = await newGroup();
  const { hook } = await create(at, 'Follower');
  await bob.form(`${at}/settings`, { action: 'rename', name: `Renamed ${at}` });
  t.is((await post(hook)).text, 'ok');
});

test('bots: a moderator cannot manage the bots of another group', async (t) => {
  const [mine, other] = [await newGroup(), await newGroup()];
  const { hook } = await create(mine, 'Precious');
  await site.signUp('Eve');
  await bob.form(`${other}/members`, { action: 'add', name: 'Eve' });
  const eve = site.client();
  await eve.form('/login', { name: 'Eve', password: 'correct horse battery' });
  const { id = '' } = (await site.core.store.users.byNameKey('eve')) ?? {};
  await bob.form(`${other}/members`, { action: 'moderator', user: id });
  for (const action of ['rotate', 'revoke']) t.is((await change(eve, other, action, 'Precious')).status, 404);
  t.is((await eve.form(`${other}/members`, { action: 'add', name: 'Precious' })).status, 422, 'nor does she get it by adding it');
  await ann.form(`${other}/members`, { action: 'add', name: 'Precious' });
  for (const action of ['rotate', 'revoke'])
    t.is((await change(eve, other, action, 'Precious')).status, 403, 'its secrets open the other group');
  t.is((await post(hook)).text, 'ok');
  t.regex((await change(ann, other, 'rotate', 'Precious')).text, /id="made-hook"/);
});

test('bots: only bots can be rotated and revoked', async (t) => {
  const at = await newGroup();
  for (const action of ['rotate', 'revoke']) t.is((await change(bob, at, action, 'Bob')).status, 404);
  t.is((await bob.get('/me', 'application/json')).status, 200);
});
