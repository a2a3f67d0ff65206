import test from 'ava';
import { wholeAudit } from '../../lib/audit/reading.ts';
import { freshSettings, parley } from '../cli/cli.ts';
import { newGroup, openLobby, userNamed } from '../helpers/fixtures.ts';
import { PASSWORD } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

const NEW = 'quite another password';
/** The path of the link for a password on a page. */
const linkIn = (page: string): string => /value="[^"]*(\/reset-password\/[A-Za-z0-9]{40})"/.exec(page)?.[1] ?? '';

test('accounts: an administrator creates one, and its owner chooses the password by a link, once', async (t) => {
  const { core, ann, bob, client } = await openLobby(t);
  t.is((await bob.get('/admin/people/new')).status, 403);
  t.is((await bob.form('/admin/people/new', { name: 'Eve' })).status, 403);
  const made = await ann.form('/admin/people/new', { name: 'Eve' });
  t.regex(made.headers.get('cache-control') ?? '', /no-store, no-transform/);
  const link = linkIn(made.text);
  t.is((await userNamed(core, 'Eve')).passwordHash, null);
  const eve = client();
  t.is((await eve.form('/login', { name: 'Eve', password: '' })).status, 422);
  t.regex((await eve.get(link)).text, /A new password for Eve/);
  t.is((await eve.form(link, { password: NEW })).status, 303);
  t.is((await eve.form('/login', { name: 'Eve', password: NEW })).status, 303);
  t.is((await client().form(link, { password: PASSWORD })).status, 404, 'it is used');
  t.is((await ann.form('/admin/people/new', { name: 'Eve' })).status, 409);
  t.is((await ann.form('/admin/people/new', { name: '' })).status, 422);
});

test('accounts: a link for a new password replaces the one before, ends after a day, and logs out everywhere', async (t) => {
  const { core, ann, bob, client, clock } = await openLobby(t);
  const { id } = await userNamed(core, 'Bob');
  const ask = async () => linkIn((await ann.form(`/admin/people/${id}`, { action: 'link' })).text);
  const [first, second] = [await ask(), await ask()];
  t.is((await client().get(first)).status, 404);
  t.is((await bob.get('/me', 'application/json')).status, 200, 'nothing has happened yet');
  t.is((await client().form(second, { password: NEW })).status, 303);
  t.is((await bob.get('/me', 'application/json')).status, 401);
  t.is((await client().form('/login', { name: 'Bob', password: NEW })).status, 303);
  const third = await ask();
  clock.turn(24 * 3_600_000 + 1);
  t.is((await client().get(third)).status, 404);
});

test('accounts: log out everywhere, disable and ban end sessions, tokens and streams at once', async (t) => {
  const { core, ann, bob, signUpInLobby } = await openLobby(t);
  const act = async (name: string, action: string) => ann.form(`/admin/people/${(await userNamed(core, name)).id}`, { action, sure: '1' });
  const stream = await EventReader.open(bob, '/groups/lobby/events?as=json');
  t.teardown(() => stream.close());
  const bobPage = `/admin/people/${(await userNamed(core, 'Bob')).id}`;
  t.regex((await ann.form(bobPage, { action: 'logout' })).text, /Log Bob out everywhere\?/);
  t.is((await bob.get('/me', 'application/json')).status, 200, 'it asks first');
  t.is((await act('Bob', 'logout')).status, 303);
  await stream.until((events) => events.some(({ event }) => event === 'closed'));
  t.is((await bob.get('/me', 'application/json')).status, 401);
  t.false((await userNamed(core, 'Bob')).disabled);

  await signUpInLobby('Eve');
  await newGroup(ann, 'Kitchen', ['Eve']);
  const eve = await userNamed(core, 'Eve');
  t.is((await act('Eve', 'ban')).status, 303);
  t.true((await userNamed(core, 'Eve')).disabled);
  t.deepEqual(await core.store.memberships.ofUser(eve.id), []);
  t.is((await act('Eve', 'enable')).status, 303);
  t.deepEqual(await core.store.memberships.ofUser(eve.id), [], 'and is in no group');
  t.is((await act('Eve', 'explode')).status, 400);
  t.is((await act('Ann', 'ban')).status, 403);
  t.is((await ann.get('/me', 'application/json')).status, 200);
  t.deepEqual(
    (await Array.fromAsync(wholeAudit(core))).map((entry) => entry.act),
    ['sessions_ended', 'account_disabled', 'account_banned', 'account_enabled'],
  );
});

test('accounts: the page shows sessions and groups to administrators alone', async (t) => {
  const { core, ann, bob } = await openLobby(t);
  const { id } = await userNamed(core, 'Bob');
  const page = (await ann.get(`/admin/people/${id}`)).text;
  t.regex(page, /<b>A browser<\/b> <span class="hint">last used <time/);
  t.regex(page, /href="\/groups\/lobby\/members"/);
  t.is((await bob.get(`/admin/people/${id}`)).status, 403);
  t.is((await ann.get('/admin/people/nobody')).status, 404);
});

test('accounts: parley user reset-link prints a link', async (t) => {
  const settings = { ...(await freshSettings(t)), PUBLIC_URL: 'https://chat.example.org' };
  await parley(settings, ['user', 'create', 'ann'], `${PASSWORD}\n`);
  const { out, status } = await parley(settings, ['user', 'reset-link', 'ann']);
  t.is(status, 0);
  t.regex(out, /^https:\/\/chat\.example\.org\/reset-password\/[A-Za-z0-9]{40}\n$/);
  const [row] = (await parley(settings, ['user', 'reset-link', 'ann', '--json'])).rows();
  t.like(row, { name: 'ann', hours: 24 });
  t.is((await parley(settings, ['user', 'reset-link', 'nobody'])).status, 1);
});
