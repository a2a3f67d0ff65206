import test from 'ava';
import { setDisabled } from '../../lib/accounts/operations.ts';
import { sha256 } from '../../lib/secrets.ts';
import type { Client } from '../helpers/client.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { PASSWORD, startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

const sessionOf = (client: Client): string => client.cookies.get('parley') ?? '';

/** A client with only this session id. */
function browserWith(id: string): Client {
  const browser = site.client();
  browser.cookies.set('parley', id);
  return browser;
}

const isSignedIn = async (client: Client): Promise<boolean> => (await client.get('/me', 'application/json')).status === 200;

async function logIn(name: string, password = PASSWORD): Promise<Client> {
  const browser = site.client();
  const answer = await browser.form('/login', { name, password });
  if (answer.status !== 303) throw new Error(`log-in answered ${answer.status}`);
  return browser;
}

test('log-in: greets by name, also if the name was typed with other case or width', async (t) => {
  const browser = await logIn('ａＮＮ ');
  t.regex((await browser.get('/groups')).text, /role="status">Welcome back, Ann\.</);
});

test('sessions: the cookie is HttpOnly and SameSite, and contains only a random id', async (t) => {
  const response = await site.client().open('/login', {
    method: 'POST',
    body: new URLSearchParams({ name: 'Ann', password: PASSWORD }).toString(),
    headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  const cookies = response.headers.getSetCookie();
  for (const name of ['parley', 'parley_known']) {
    const cookie = cookies.findLast((line) => line.startsWith(`${name}=`)) ?? '';
    t.regex(cookie, /; httponly/i);
    t.regex(cookie, /; samesite=lax/i);
    t.regex(cookie, /; path=\//i);
    t.notRegex(cookie, /; secure/i, 'not over plain HTTP, where the browser would not send it back');
  }
  t.regex(cookies.findLast((line) => line.startsWith('parley=')) ?? '', /^parley=[A-Za-z0-9_-]{32};/);
});

test('the store keeps the hash of a session id, not the id', async (t) => {
  const browser = await logIn('Ann');
  t.truthy(await site.core.store.sessions.get(sha256(sessionOf(browser)), site.clock.now()));
  t.is(await site.core.store.sessions.get(sessionOf(browser), site.clock.now()), undefined);
  t.false(await isSignedIn(browserWith(sha256(sessionOf(browser)))), 'so a stolen copy of the store signs nobody in');
});

test('sessions: a session id fixed before log-in is not valid after it', async (t) => {
  const browser = browserWith('planted-by-eve');
  t.is((await browser.form('/login', { name: 'Ann', password: PASSWORD })).status, 303);
  t.not(sessionOf(browser), 'planted-by-eve');
  t.true(await isSignedIn(browser));
  t.false(await isSignedIn(browserWith('planted-by-eve')));
});

test('sessions: the id changes at log-in, and the old one stops working', async (t) => {
  const browser = site.client();
  await browser.form('/logout', {}); // creates an anonymous session with a flash message
  const anonymous = sessionOf(browser);
  t.not(anonymous, '');
  await browser.form('/login', { name: 'Ann', password: PASSWORD });
  const first = sessionOf(browser);
  t.not(first, anonymous);
  await browser.form('/login', { name: 'Ann', password: PASSWORD });
  t.not(sessionOf(browser), first);
  t.false(await isSignedIn(browserWith(anonymous)));
  t.false(await isSignedIn(browserWith(first)));
  t.true(await isSignedIn(browser));
});

test('sessions: log-out ends the session of this browser only, on the server', async (t) => {
  const [here, there] = [await logIn('Ann'), await logIn('Ann')];
  const id = sessionOf(here);
  const answer = await here.form('/logout', {});
  t.is(answer.headers.get('location'), '/');
  t.regex((await here.get('/')).text, /You are logged out\./);
  t.false(await isSignedIn(browserWith(id)), 'a kept copy of the cookie is dead');
  t.true(await isSignedIn(there));
});

test('sessions: logging out everywhere ends all sessions, including this one', async (t) => {
  await site.signUp('Wanda');
  const [here, there] = [await logIn('Wanda'), await logIn('Wanda')];
  t.is((await here.form('/settings/logout-everywhere', {})).status, 303);
  t.deepEqual(await Promise.all([here, there].map(isSignedIn)), [false, false]);
});

test('a new password ends the other sessions, keeps this one, and is the only one that works', async (t) => {
  const here = await site.signUp('Paula');
  const there = await logIn('Paula');
  const change = (current: string, password: string) => here.form('/settings/password', { current, password });
  const wrong = await change('not this one', 'a new password');
  t.is(wrong.status, 422);
  t.regex(wrong.text, /id="password-current-error" role="alert">Current password is wrong/);
  t.is((await change(PASSWORD, 'short')).status, 422);
  t.true(await isSignedIn(there), 'nothing has happened yet');
  t.is((await change(PASSWORD, 'a new password')).status, 303);
  t.true(await isSignedIn(here));
  t.false(await isSignedIn(there));
  t.is((await site.client().form('/login', { name: 'Paula', password: PASSWORD })).status, 422);
  t.true(await isSignedIn(await logIn('Paula', 'a new password')));
});

test('sessions: guesses of the current password are limited', async (t) => {
  const here = await site.signUp('Greta');
  const answers = [];
  for (let i = 0; i < 11; i += 1)
    answers.push(await here.form('/settings/password', { current: `guess number ${i}`, password: 'a new password' }));
  t.deepEqual([...new Set(answers.slice(0, 10).map(({ status }) => status))], [422]);
  t.is(answers[10]?.status, 429);
  t.true(Number(answers[10]?.headers.get('retry-after')) >= 1);
});

test('sessions: a disabled account is logged out at once and cannot log in until it is enabled', async (t) => {
  const dora = await site.signUp('Dora');
  const user = await userNamed(site.core, 'Dora');
  await setDisabled(site.core, user.id, user, true);
  t.false(await isSignedIn(dora));
  const refused = await site.client().form('/login', { name: 'Dora', password: PASSWORD });
  t.is(refused.status, 422);
  t.regex(refused.text, /Name or password is wrong\./);
  await setDisabled(site.core, user.id, { ...user, disabled: true }, false);
  t.false(await isSignedIn(dora), 'the old session stays dead');
  t.true(await isSignedIn(await logIn('Dora')));
});

test('sessions: a session that ends during a request stays ended', async (t) => {
  const boss = await site.signUp('Boss');
  const user = await userNamed(site.core, 'Boss');
  await site.core.store.users.update(user.id, { admin: true });
  t.is((await boss.form('/admin', { action: 'disable', user: user.id })).status, 303); // the flash is saved after the session ended
  await ann.form('/admin', { action: 'enable', user: user.id });
  t.false(await isSignedIn(boss));
  t.true(await isSignedIn(await logIn('Boss')));
});

test('the last administrator cannot be disabled or made a member', async (t) => {
  const fresh = await startServerFor(t);
  const only = await fresh.signUp('Only');
  const user = await fresh.core.store.users.byNameKey('only');
  for (const action of ['disable', 'unadmin'])
    t.is(
      (await only.json('POST', '/admin', { action, user: user?.id })).json().detail,
      'Only is the last administrator. Make another user an administrator first.',
    );
  t.is((await only.get('/admin')).status, 200);
});

test('sessions: a session expires after 14 days without use', async (t) => {
  const fresh = await startServerFor(t);
  const [used, unused] = [await fresh.signUp('Ann'), await fresh.signUp('Bob')];
  const status = async (browser: Client) => (await browser.get('/me', 'application/json')).status;
  fresh.clock.turn(14 * DAY_MS - 1000);
  t.is(await status(used), 200);
  fresh.clock.turn(2000);
  t.deepEqual([await status(used), await status(unused)], [200, 401]);
  fresh.clock.turn(14 * DAY_MS);
  t.is(await status(used), 401);
});

const DAY_MS = 24 * 3600 * 1000;
const FIREFOX = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

/** The sessions on the settings page: device, and the path of its button. */
function sessionsOn(page: string) {
  const [section = ''] = /<section class="card" aria-labelledby="sessions-title">[\s\S]*?<\/section>/.exec(page) ?? [];
  return [...section.matchAll(/<li>([\s\S]*?)<\/li>/g)].map(([, row = '']) => ({
    device: /<b>([^<]*)<\/b>/.exec(row)?.[1],
    isCurrent: row.includes('this device</span>'),
    end: /action="([^"]*\/end)"/.exec(row)?.[1] ?? '',
    text: row,
  }));
}

test('sessions: the settings list them with device, address and last use, this one first', async (t) => {
  const fresh = await startServerFor(t);
  const here = await fresh.signUp('Ann');
  const there = fresh.client();
  await there.form('/login', { name: 'Ann', password: PASSWORD }, FIREFOX);
  await fresh.signUp('Bob');
  fresh.clock.turn(3_600_000);
  const rows = sessionsOn((await here.get('/settings')).text);
  t.deepEqual(
    rows.map(({ device, isCurrent }) => [device, isCurrent]),
    [
      ['A browser', true],
      ['Firefox on Linux', false],
    ],
  );
  t.regex(rows[0]?.text ?? '', /last used <time [^>]*datetime="2026-01-02T13:00/);
  t.regex(
    rows[1]?.text ?? '',
    /last used <time [^>]*datetime="2026-01-02T12:00:00\.000Z">[^<]*<\/time> from 127\.0\.0\.1, logged in <time [^>]*datetime="2026-01-02T12:00/,
  );
});

test('sessions: one is ended from the list, of its owner only', async (t) => {
  const fresh = await startServerFor(t);
  const here = await fresh.signUp('Ann');
  const there = fresh.client();
  await there.form('/login', { name: 'Ann', password: PASSWORD });
  const bob = await fresh.signUp('Bob');
  const [own, other] = sessionsOn((await here.get('/settings')).text);
  const status = async (browser: Client) => (await browser.get('/me', 'application/json')).status;
  t.is((await bob.form(other?.end ?? '', {})).status, 404);
  t.is((await here.form('/settings/sessions/nonsense/end', {})).status, 404);
  t.is(await status(there), 200);
  t.is((await here.form(other?.end ?? '', {})).status, 303);
  t.deepEqual([await status(here), await status(there), await status(bob)], [200, 401, 200]);
  t.is((await here.form(other?.end ?? '', {})).status, 404, 'it is ended');
  t.is((await here.form(own?.end ?? '', {})).headers.get('location'), '/');
  t.is(await status(here), 401);
});

test('sessions: all others are ended at once, and this one and the tokens stay', async (t) => {
  const fresh = await startServerFor(t);
  const here = await fresh.signUp('Ann');
  const others = [fresh.client(), fresh.client()];
  for (const other of others) await other.form('/login', { name: 'Ann', password: PASSWORD });
  const [, token = ''] = /value="([A-Za-z0-9]{40})"/.exec((await here.form('/settings/tokens', { name: '' })).text) ?? [];
  t.is((await here.form('/settings/logout-others', {})).status, 303);
  t.regex((await here.get('/settings')).text, /You are logged out on 2 other devices\./);
  const status = async (browser: Client) => (await browser.get('/me', 'application/json')).status;
  t.deepEqual(await Promise.all([here, ...others, here.bearer(token)].map(status)), [200, 401, 401, 200]);
  await here.form('/settings/logout-others', {});
  t.regex((await here.get('/settings')).text, /You were logged in nowhere else\./);
});
