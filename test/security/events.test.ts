import test, { type ExecutionContext } from 'ava';
import { setPassword } from '../../lib/accounts/operations.ts';
import type { Core } from '../../lib/core.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { KEPT_EVENTS, KEPT_FAILURES, SECURITY_EVENTS, SERVER } from '../../lib/security/event.ts';
import { freshSettings, parley } from '../cli/cli.ts';
import { newGroup, openLobby, userNamed } from '../helpers/fixtures.ts';
import { linesOf } from '../helpers/log-lines.ts';
import { PASSWORD, startServerFor } from '../helpers/server.ts';
import { freshDatabase, isMissing, mongoService, present, requireOrSkip } from '../helpers/services.ts';
import { scrape } from '../metrics/scrape.ts';

const mongo = await mongoService();
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

/** The names of the events in a person's list, oldest first. */
async function eventsOf(core: Core, name: string): Promise<string[]> {
  await core.securityLog.idle();
  const { id } = await userNamed(core, name);
  return (await core.store.security.list(id, { limit: 500 })).map(({ event }) => event).reverse();
}

/** The newest event of that name in a person's list, with names for ids. */
async function newest(core: Core, name: string, event: string): Promise<object | undefined> {
  await core.securityLog.idle();
  const { id } = await userNamed(core, name);
  const found = (await core.store.security.list(id, { limit: 500 })).find((one) => one.event === event);
  if (!found) return undefined;
  const nameOf = async (of: typeof found.by) => (of === null ? null : ((await core.store.users.byId(of))?.name ?? of));
  return { user: await nameOf(found.user), by: await nameOf(found.by), via: found.via, address: found.address, detail: found.detail };
}

const HERE = '127.0.0.1';

for (const [store, register, env] of STORES) {
  register.serial(`${store}: log-ins, passwords, tokens and sessions of a person are in that person's list`, async (t) => {
    const { core, client, bob } = await openLobby(t, { env: env() });
    const other = client();
    t.is((await other.form('/login', { name: 'Bob', password: 'not the password' })).status, 422);
    t.is(
      (await other.form('/login', { name: 'Bob', password: PASSWORD }, { 'User-Agent': 'Mozilla/5.0 (X11; Linux) Firefox/140.0' })).status,
      303,
    );
    await other.form('/logout', {});
    t.is((await other.form('/login', { name: 'Bob', password: PASSWORD })).status, 303); // a known browser now
    await bob.form('/settings/tokens', { name: 'deploys' });
    const [token] = (await core.store.tokens.listOf((await userNamed(core, 'Bob')).id)).map(({ hash }) => hash);
    await bob.form(`/settings/tokens/${token}/revoke`, {});
    t.is((await bob.form('/settings/password', { current: 'wrong one', password: 'another good password' })).status, 422);
    t.is((await bob.form('/settings/password', { current: PASSWORD, password: 'another good password' })).status, 303);
    await bob.form('/settings/logout-everywhere', {});
    t.deepEqual((await eventsOf(core, 'Bob')).toSorted(), [
      ...['account_created', 'login_failed', 'login_failed', 'login_new_browser', 'password_changed'],
      ...['sessions_ended', 'sessions_ended', 'sessions_ended', 'token_created', 'token_revoked'],
    ]);
    t.like(await newest(core, 'Bob', 'login_new_browser'), {
      user: 'Bob',
      by: 'Bob',
      via: 'browser',
      address: HERE,
      detail: 'Firefox on Linux',
    });
    t.like(await newest(core, 'Bob', 'token_revoked'), { user: 'Bob', by: 'Bob', address: HERE });
    t.deepEqual(await eventsOf(core, 'Ann'), ['account_created', 'admin_granted'], 'nothing of Bob is in the list of Ann');
  });

  register.serial(`${store}: what an administrator or a moderator does is in both lists, with the one who did it`, async (t) => {
    const { core, ann, bob } = await openLobby(t, { env: env() });
    const { id } = await userNamed(core, 'Bob');
    const act = async (action: string) => t.is((await ann.form('/admin', { action, user: id })).status, 303);
    for (const action of ['admin', 'unadmin', 'disable', 'enable']) await act(action);
    const slug = await newGroup(ann, 'Kitchen', ['Bob']);
    for (const action of ['moderator', 'member', 'remove']) await ann.json('POST', `/groups/${slug}/members`, { action, user: id });
    await ann.form(`/groups/${slug}/settings`, { action: 'code' });
    const acts = [
      'admin_granted',
      'admin_revoked',
      'account_disabled',
      'account_enabled',
      'moderator_granted',
      'moderator_revoked',
      'member_removed',
    ];
    t.deepEqual(await eventsOf(core, 'Bob'), ['account_created', ...acts]);
    const ofAnn = await eventsOf(core, 'Ann');
    t.deepEqual(ofAnn.slice(2), [...acts, 'join_code_renewed']);
    t.like(await newest(core, 'Bob', 'moderator_granted'), { user: 'Bob', by: 'Ann', via: 'browser', address: HERE, detail: 'Kitchen' });
    t.like(await newest(core, 'Ann', 'account_disabled'), { user: 'Bob', by: 'Ann' });
    t.is((await bob.get('/settings')).status, 303, 'the twin: disabling did end the session');
  });

  register.serial(`${store}: bots' tokens and webhook secrets, and the invitation code, are in the list of who changed them`, async (t) => {
    const { core, ann } = await openLobby(t, { env: { ...env(), SIGNUP: 'open' } });
    await ann.form('/groups/lobby/bots', { action: 'create', name: 'Deploy' });
    const bot = await userNamed(core, 'Deploy');
    const path = `/groups/lobby/bots/${bot.id}`;
    for (const fields of [
      { action: 'secret-add', secret: '' },
      { action: 'webhook', url: 'https://bots.example.org/x', on: 'all' },
      { action: 'webhook-rotate' },
      { action: 'rotate' },
    ])
      t.is((await ann.form(path, fields)).status, 200, fields.action);
    const events = await eventsOf(core, 'Deploy');
    t.is(events.filter((event) => event === 'webhook_secrets_changed').length, 3);
    t.is(events.filter((event) => event === 'token_created').length, 4);
    t.is(events.filter((event) => event === 'token_revoked').length, 2);
    t.deepEqual((await eventsOf(core, 'Ann')).slice(2), events, 'and in the list of Ann, who did it');
  });

  register.serial(`${store}: of very many failures the newest stay, and other events stay beside them`, async (t) => {
    const { core } = await openLobby(t, { env: env() });
    const bob = await userNamed(core, 'Bob');
    for (let n = 0; n < KEPT_FAILURES + 20; n++) core.securityLog.record({ event: 'login_failed', user: bob.id, detail: String(n) });
    const events = await eventsOf(core, 'Bob');
    t.deepEqual([events.length, events[0]], [KEPT_FAILURES + 1, 'account_created']);
    t.like(await newest(core, 'Bob', 'login_failed'), { detail: String(KEPT_FAILURES + 19) });
    for (let n = 0; n < KEPT_EVENTS + 5; n++) {
      core.securityLog.record({ event: 'token_created', user: bob.id, detail: String(n) });
      if (n % 20 === 0) await core.securityLog.idle();
    }
    t.is((await eventsOf(core, 'Bob')).length, KEPT_EVENTS + KEPT_FAILURES);
  });

  register.serial(`${store}: events end after 90 days`, async (t) => {
    const { core, clock, server } = await openLobby(t, { env: env() });
    clock.turn(89 * 86_400_000);
    await server.sweep();
    t.deepEqual(await eventsOf(core, 'Bob'), ['account_created']);
    clock.turn(2 * 86_400_000);
    core.securityLog.record({ event: 'token_created', user: (await userNamed(core, 'Bob')).id });
    await server.sweep();
    t.deepEqual(await eventsOf(core, 'Bob'), ['token_created']);
  });

  register.serial(`${store}: acts of the command line are recorded, without a person who did them`, async (t) => {
    if (store === 'mongo' && isMissing(mongo)) return t.pass();
    const settings = { ...(await freshSettings(t)), ...env() };
    await parley(settings, ['user', 'create', 'ann'], `${PASSWORD}\n`);
    await parley(settings, ['user', 'create', 'bob'], `${PASSWORD}\n`);
    const run = async (args: readonly string[], input = '') => t.is((await parley(settings, args, input)).status, 0, args.join(' '));
    await run(['user', 'admin', 'bob']);
    await run(['user', 'passwd', 'bob'], 'quite another password\n');
    await run(['user', 'disable', 'bob']);
    await run(['user', 'enable', 'bob']);
    await run(['token', 'create', 'bob']);
    const { core, client } = await startServerFor(t, { env: settings });
    t.deepEqual(await eventsOf(core, 'bob'), [
      ...['account_created', 'admin_granted', 'password_reset', 'account_disabled', 'account_enabled', 'token_created'],
    ]);
    t.like(await newest(core, 'bob', 'password_reset'), { user: 'bob', by: null, via: 'cli', address: null });
    t.is((await core.store.security.list(SERVER, { limit: 50 })).length, 8);
    t.is((await client().form('/login', { name: 'bob', password: 'quite another password' })).status, 303);
  });
}

test('no request waits until an event is stored; what the store did not take is stored once it answers', async (t) => {
  const { core, client } = await openLobby(t);
  const bob = await userNamed(core, 'Bob');
  await core.securityLog.idle();
  const store = core.store.security;
  const insert = store.insert;
  const held = Promise.withResolvers<void>();
  held.promise.catch(() => {});
  store.insert = () => held.promise;
  for (const name of ['Bob', 'Nobody']) t.is((await client().form('/login', { name, password: 'not the password' })).status, 422);
  await setPassword(core, bob, 'quite another password');
  store.insert = insert;
  held.reject(new StoreUnavailable('away, as the test wants it'));
  await core.securityLog.idle();
  t.deepEqual((await eventsOf(core, 'Bob')).toSorted(), ['account_created', 'login_failed', 'password_reset', 'sessions_ended']);
});

test('the settings page shows the newest events, /settings/security all of them, in pages; nobody else sees them', async (t) => {
  const { core, ann, bob, client } = await openLobby(t);
  const { id } = await userNamed(core, 'Bob');
  for (let n = 1; n <= 60; n++) core.securityLog.record({ event: 'token_created', user: id, detail: `token <${n}>` });
  await core.securityLog.idle();
  const page = await bob.get('/settings');
  t.regex(
    page.text,
    /<h2 id="security-title">Security<\/h2>[\s\S]*<time class="moment" datetime="2026-01-02T12:00:00.000Z">[\s\S]*Token created/,
  );
  t.true(
    page.text.includes('token &lt;60&gt;') && !page.text.includes('token &lt;40&gt;') && page.text.includes('href="/settings/security"'),
  );
  const first = await bob.get('/settings/security');
  const [, older = ''] = /rel="next" href="([^"]+)"/.exec(first.text) ?? [];
  const second = await bob.get(older.replaceAll('&amp;', '&'));
  t.is(first.text.match(/Token created/g)?.length, 50);
  t.is(second.text.match(/Token created/g)?.length, 10);
  t.true(second.text.includes('Account created') && second.text.includes(HERE) && !second.text.includes('rel="next"'));
  t.is((await bob.get('/settings/security?before=x')).status, 422);
  t.is((await client().get('/settings/security', 'application/json')).status, 401);
  for (const path of ['/admin/security', `/admin/security?user=${id}`]) {
    t.is((await bob.get(path)).status, 403, 'Bob is no administrator');
    t.true((await ann.get(path)).text.includes('token &lt;60&gt;'), 'Ann is');
  }
  t.true((await ann.get(`/admin/people/${id}`)).text.includes(`href="/admin/security?user=${id}"`));
  t.is((await ann.get('/admin/security?user=nobody')).status, 404);
});

test('each event is one line at LOG_LEVEL=info, with who, from where and by whom, and without secrets', (t) => {
  const lines = linesOf(
    'info',
    `
    const ann = await site.signUp('Ann');
    const bob = await site.signUp('Bob');
    await site.client().form('/login', { name: 'Bob', password: 'wrong-PASSWORD-1' });
    await site.client().form('/login', { name: 'typed-PASSWORD-2', password: 'x' });
    await bob.form('/settings/tokens', { name: 'deploys' });
    const { id } = (await bob.get('/me', 'application/json')).json();
    await ann.form('/admin', { action: 'disable', user: id });
  `,
  ).filter(({ msg }) => msg === 'security event');
  t.deepEqual(
    lines.map(({ event }) => event),
    ['account_created', 'admin_granted', 'account_created', 'login_failed', 'login_failed', 'token_created', 'account_disabled'],
  );
  const who = lines[2]?.user as { id: string };
  const { level, via, address, user, by, trace } = lines[6] ?? {};
  t.deepEqual({ level, via, address, user }, { level: 30, via: 'browser', address: HERE, user: { id: who.id, name: 'Bob' } });
  t.like(by, { name: 'Ann' });
  t.regex(String(trace), /^[0-9a-f]{32}$/);
  t.is(lines[4]?.user, undefined, 'a name that is no account may be a password that was typed into the wrong field');
  t.regex(String(lines[5]?.detail), /^deploys [A-Za-z0-9]{6}…$/);
  t.notRegex(JSON.stringify(lines), /PASSWORD|[A-Za-z0-9]{40}/);
});

test('with TRUST_PROXY the address is the one that the proxy names', async (t) => {
  const { core, client } = await openLobby(t, { env: { TRUST_PROXY: 'on' } });
  await client().form('/login', { name: 'Bob', password: 'nope nope' }, { 'X-Forwarded-For': '198.51.100.1, 203.0.113.9' });
  t.like(await newest(core, 'Bob', 'login_failed'), { address: '203.0.113.9' });
});

test('/metrics counts every event by its name, and log-ins that were refused unchecked', async (t: ExecutionContext) => {
  const { client } = await openLobby(t);
  for (let n = 0; n < 12; n++) await client().form('/login', { name: 'Bob', password: 'nope nope' });
  const { samples, value } = await scrape(client());
  const named = (event: string): number => value(`parley_security_events_total{event="${event}"}`);
  t.deepEqual([named('login_failed'), named('login_throttled'), named('account_created'), named('admin_granted')], [10, 2, 2, 1]);
  const counted = [...samples.keys()].filter((name) => name.startsWith('parley_security_events_total'));
  t.is(counted.length, Object.keys(SECURITY_EVENTS).length);
});
