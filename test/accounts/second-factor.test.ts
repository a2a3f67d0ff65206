import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { appOf, hidden, SECOND_FACTOR, setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServerFor } from '../helpers/server.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';

const ASKS = '/login/second-factor';
const isLoggedIn = async (browser: Client): Promise<boolean> => (await browser.get('/me', 'application/json')).status === 200;
const logIn = (browser: Client, name = 'Ann') => browser.form('/login', { name, password: PASSWORD });
const give = (browser: Client, code: string) => browser.form(ASKS, { code });

test('second factor: a log-in by password also needs the code of the app, on a page of its own', async (t) => {
  const site = await startServerFor(t);
  const { app, codes } = await setUpApp(await site.signUp('Ann'), site.clock);
  t.is(codes.length, 10);
  t.is(new Set(codes).size, 10);
  const browser = site.client();
  const first = await browser.form('/login', { name: 'Ann', password: PASSWORD, return_to: '/saved' });
  t.deepEqual([first.status, first.headers.get('location')], [303, ASKS]);
  t.false(await isLoggedIn(browser));
  const page = await browser.get(ASKS);
  t.regex(page.text, /<input id="factor-code" name="code"[^>]* autocomplete="one-time-code"/);
  t.is(page.headers.get('cache-control'), 'no-store');
  const wrong = await give(browser, app.code() === '000000' ? '000001' : '000000');
  t.is(wrong.status, 422);
  t.regex(wrong.text, /id="factor-code-error" role="alert">Code is wrong/);
  t.false(await isLoggedIn(browser));
  const right = await give(browser, `${app.code().slice(0, 3)} ${app.code().slice(3)}`);
  t.deepEqual([right.status, right.headers.get('location')], [303, '/saved']);
  t.true(await isLoggedIn(browser));
});

test('second factor: without one the password is enough, and the page of the code leads to the log-in', async (t) => {
  const site = await startServerFor(t);
  await site.signUp('Ann');
  const browser = site.client();
  t.is((await browser.get(ASKS)).headers.get('location'), '/login');
  t.is((await give(browser, '123456')).headers.get('location'), '/login');
  t.is((await browser.json('POST', ASKS, { code: '123456' })).status, 401);
  t.is((await logIn(browser)).headers.get('location'), '/groups');
  t.true(await isLoggedIn(browser));
});

test('second factor: programs get the path of the second step, and log in by JSON', async (t) => {
  const site = await startServerFor(t);
  const { app } = await setUpApp(await site.signUp('Ann'), site.clock);
  const program = site.client();
  const first = await program.json('POST', '/login', { name: 'Ann', password: PASSWORD });
  t.deepEqual(first.json(), { second_factor: ASKS });
  t.is((await program.json('POST', ASKS, { code: 'nothing' })).json().field, 'code');
  t.like((await program.json('POST', ASKS, { code: app.code() })).json(), { name: 'Ann' });
  t.true(await isLoggedIn(program));
});

test('second factor: a code is taken once, those of the neighbouring time steps too, and no others', async (t) => {
  const site = await startServerFor(t);
  const { app } = await setUpApp(await site.signUp('Ann'), site.clock);
  const [one, two] = [site.client(), site.client()];
  for (const browser of [one, two]) await logIn(browser);
  const code = app.code();
  const both = await Promise.all([give(one, code), give(two, code)]);
  t.deepEqual(both.map(({ status }) => status).toSorted(), [303, 422], 'of two at once, one');
  site.clock.turn(30_000);
  const again = site.client();
  await logIn(again);
  t.is((await give(again, code)).status, 422, 'used before');
  const late = app.code();
  site.clock.turn(30_000);
  t.is((await give(again, late)).status, 303, 'that of the step before, not used yet');
  const old = app.code();
  site.clock.turn(60_000);
  const third = site.client();
  await logIn(third);
  t.is((await give(third, old)).status, 422, 'that of two steps before');
});

test('second factor: a recovery code logs in once, however it is typed', async (t) => {
  const site = await startServerFor(t);
  const { codes } = await setUpApp(await site.signUp('Ann'), site.clock);
  const [code = ''] = codes;
  const browser = site.client();
  await logIn(browser);
  t.is((await give(browser, ` ${code.replace('-', ' ').toUpperCase()}`)).status, 303);
  t.regex((await browser.get(SECOND_FACTOR)).text, /9 codes left/);
  const again = site.client();
  await logIn(again);
  t.is((await give(again, code)).status, 422);
  const others = site.client();
  await site.signUp('Bob');
  const { codes: bobs } = await setUpApp(await site.signUp('Carl'), site.clock);
  await logIn(others);
  t.is((await give(others, bobs[0] ?? '')).status, 422, 'that of somebody else');
  t.is((await give(others, codes[1] ?? '')).status, 303);
});

test('second factor: ten wrong codes are admitted, then one a minute, apart from browsers that are known', async (t) => {
  const site = await startServerFor(t);
  const known = await site.signUp('Ann');
  const { app, codes } = await setUpApp(known, site.clock);
  const thief = site.client();
  await logIn(thief);
  for (let at = 0; at < 10; at += 1) t.is((await give(thief, 'wrong')).status, 422);
  const refused = await give(thief, codes[0] ?? '');
  t.is(refused.status, 429);
  t.true(Number(refused.headers.get('retry-after')) > 0);
  await known.form('/logout', {});
  await logIn(known);
  t.is((await give(known, app.code())).status, 303);
});

test('second factor: the second step ends after 10 minutes, with a new password, and with the account', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  const { app } = await setUpApp(ann, site.clock);
  const pending = async (): Promise<Client> => {
    const browser = site.client();
    await logIn(browser);
    return browser;
  };
  const slow = await pending();
  site.clock.turn(10 * 60_000);
  t.is((await give(slow, app.code())).headers.get('location'), '/login');
  const early = await pending();
  await ann.form('/settings/password', { current: PASSWORD, password: 'another good password' });
  t.is((await give(early, app.code())).headers.get('location'), '/login');
  t.false(await isLoggedIn(early));
});

test('second factor: setting it up needs the password and a code of the app', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  const begun = await ann.form(SECOND_FACTOR, { action: 'begin-app' });
  t.regex(begun.headers.get('cache-control') ?? '', /no-transform/);
  t.regex(begun.text, /<svg class="qr" viewBox="0 0 \d+ \d+" role="img"/);
  const [, key = ''] = /Key: <code>([A-Z2-7 ]+)<\/code>/.exec(begun.text) ?? [];
  const app = appOf(key.replaceAll(' ', ''), site.clock);
  const setup = hidden(begun.text, 'setup');
  t.false(Buffer.from(setup, 'base64url').includes(app.secret));
  const finish = (fields: Record<string, string>) =>
    ann.form(SECOND_FACTOR, { action: 'finish-app', setup, code: app.code(), current: PASSWORD, ...fields });
  const badCode = await finish({ code: '12345' });
  t.is(badCode.status, 422);
  t.regex(badCode.text, /id="app-code-error" role="alert">Code is wrong/);
  t.regex(badCode.text, new RegExp(key), 'the same key is shown again');
  const badPassword = await finish({ current: 'not this one' });
  t.regex(badPassword.text, /id="app-current-error" role="alert">Current password is wrong/);
  t.is((await finish({ setup: 'forged' })).status, 422);
  const bob = await site.signUp('Bob');
  const foreign = await bob.form(SECOND_FACTOR, { action: 'finish-app', setup, code: app.code(), current: PASSWORD });
  t.is(foreign.status, 422, 'the set-up of somebody else');
  t.is((await finish({})).status, 200);
  t.is((await finish({})).status, 409, 'a second time');
  site.clock.turn(16 * 60_000);
  const late = await bob.form(SECOND_FACTOR, { action: 'begin-app' });
  site.clock.turn(16 * 60_000);
  t.regex(
    (await bob.form(SECOND_FACTOR, { action: 'finish-app', setup: hidden(late.text, 'setup'), code: '1', current: PASSWORD })).text,
    /more than 15 minutes/,
  );
});

test('second factor: new recovery codes replace the old ones; without the app there are none, and the password is enough', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  const { codes } = await setUpApp(ann, site.clock);
  t.is((await ann.form(SECOND_FACTOR, { action: 'renew-codes', current: 'wrong' })).status, 422);
  const renewed = await ann.form(SECOND_FACTOR, { action: 'renew-codes', current: PASSWORD });
  t.is(renewed.status, 200);
  const [fresh = ''] = [...renewed.text.matchAll(/<code>([0-9a-z]{5}-[0-9a-z]{5})<\/code>/g)].map(([, code = '']) => code);
  const browser = site.client();
  await logIn(browser);
  t.is((await give(browser, codes[0] ?? '')).status, 422);
  t.is((await give(browser, fresh)).status, 303);
  t.is((await ann.form(SECOND_FACTOR, { action: 'remove-app', current: 'wrong' })).status, 422);
  t.is((await ann.form(SECOND_FACTOR, { action: 'remove-app', current: PASSWORD })).status, 303);
  t.deepEqual(await site.core.store.credentials.ofUser((await userNamed(site.core, 'Ann')).id), []);
  t.is((await logIn(site.client())).headers.get('location'), '/groups');
});

test('second factor: the store has neither the secret nor a recovery code', async (t) => {
  const site = await startServerFor(t);
  const { app, codes } = await setUpApp(await site.signUp('Ann'), site.clock);
  const stored = JSON.stringify(await site.core.store.credentials.ofUser((await userNamed(site.core, 'Ann')).id));
  t.is(JSON.parse(stored).length, 11);
  for (const secret of [app.secret, ...codes, ...codes.map((code) => code.replace('-', ''))]) t.false(stored.includes(secret));
});

test('second factor: what changes it is in the list of security events', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  const { codes } = await setUpApp(ann, site.clock);
  const browser = site.client();
  await logIn(browser);
  await give(browser, 'wrong');
  await give(browser, codes[0] ?? '');
  await ann.form(SECOND_FACTOR, { action: 'remove-app', current: PASSWORD });
  await site.core.securityLog.idle();
  const events = await site.core.store.security.list((await userNamed(site.core, 'Ann')).id, { limit: 50 });
  const found = events.map(({ event, detail }) => `${event} ${detail ?? ''}`.trim());
  for (const wanted of [
    'second_factor_added authenticator app',
    'recovery_codes_created',
    'login_failed wrong code of the second factor',
    'recovery_code_used 9 left',
    'second_factor_removed authenticator app',
  ])
    t.true(found.includes(wanted), `${wanted} in ${found.join(', ')}`);
  t.false(JSON.stringify(events).includes(codes[0] ?? ''));
});

test('REQUIRE_SECOND_FACTOR=admins: an administrator without one gets only the page that sets it up; others go on', async (t) => {
  const site = await startServerFor(t, { env: { REQUIRE_SECOND_FACTOR: 'admins' } });
  const ann = await site.signUp('Ann');
  const bob = await site.signUp('Bob');
  t.true(await isLoggedIn(bob));
  for (const path of ['/groups', '/admin', '/groups/lobby', '/settings'])
    t.is((await ann.get(path)).headers.get('location'), SECOND_FACTOR, path);
  t.is((await ann.json('POST', '/groups', { name: 'Kitchen' })).status, 403);
  t.is((await ann.json('POST', '/groups/lobby/messages', { body: 'hello' })).status, 403);
  t.is((await ann.get('/groups/lobby/events', 'text/event-stream')).status, 401);
  t.regex((await ann.get(SECOND_FACTOR)).text, /requires a second factor/);
  const { app } = await setUpApp(ann, site.clock);
  t.is((await ann.get('/admin')).status, 200);
  t.is((await ann.json('POST', '/groups/lobby/messages', { body: 'hello' })).status, 201);
  t.is((await ann.form(SECOND_FACTOR, { action: 'remove-app', current: PASSWORD })).status, 403);
  const browser = site.client();
  await logIn(browser);
  await give(browser, app.code());
  t.is((await browser.get('/admin')).status, 200);
});

const mongo = await mongoService();
const withMongo = requireOrSkip(test, mongo);

withMongo('REQUIRE_SECOND_FACTOR: a session that began without the second factor that there is gives it first', async (t) => {
  const url = freshDatabase(present(mongo));
  const before = await startServerFor(t, { env: { MONGODB_URL: url } });
  const ann = await before.signUp('Ann');
  const old = before.client();
  await logIn(old);
  const { app } = await setUpApp(ann, before.clock);
  const after = await startServerFor(t, { env: { MONGODB_URL: url, REQUIRE_SECOND_FACTOR: 'all' }, clock: before.clock });
  const [strong, weak] = [ann.at(after.url), old.at(after.url)];
  t.is((await strong.get('/groups')).status, 200);
  t.is((await weak.json('POST', '/groups', { name: 'Kitchen' })).status, 401);
  const cookie = weak.cookies.get('parley');
  t.is((await weak.get('/saved')).headers.get('location'), ASKS);
  t.not(weak.cookies.get('parley'), cookie);
  t.false(await isLoggedIn(old), 'the old session has ended');
  const given = await give(weak, app.code());
  t.is(given.headers.get('location'), '/saved');
  t.is((await weak.get('/saved')).status, 200);
});

withMongo('second factor: with MongoDB', async (t) => {
  const site = await startServerFor(t, { env: { MONGODB_URL: freshDatabase(present(mongo)) } });
  const { app, codes } = await setUpApp(await site.signUp('Ann'), site.clock);
  for (const code of [() => app.code(), () => codes[3] ?? '']) {
    const browser = site.client();
    t.is((await logIn(browser)).headers.get('location'), ASKS);
    t.is((await give(browser, code())).status, 303);
    t.true(await isLoggedIn(browser));
  }
});
