import test from 'ava';
import { setupCode } from '../../lib/accounts/sign-up-mode.ts';
import { PASSWORD, startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
test.before(async () => {
  site = await startServer();
  await site.signUp('Ann');
});
test.after.always(() => site.close());

/** The markup of the form that posts to `action`. */
const formOf = (html: string, action: string): string =>
  new RegExp(`<form[^>]* action="${action}"(?:.|\\n)*?</form>`).exec(html)?.[0] ?? '';

test('sign-up: the welcome page has both forms, and each form has its own page', async (t) => {
  const [both, signup, login] = await Promise.all(['/', '/signup', '/login'].map((path) => site.client().get(path)));
  for (const page of [both, signup]) {
    t.is(page?.status, 200);
    const form = formOf(page?.text ?? '', '/signup');
    t.regex(form, /<h2 id="signup-title">Sign up<\/h2>/);
    t.regex(form, /<label for="signup-name">Name<\/label>\s*<input id="signup-name" name="name" type="text"/);
    t.regex(form, /<label for="signup-password">Password<\/label>\s*<input id="signup-password" name="password" type="password"/);
    t.is(form.match(/type="password"/g)?.length, 1, 'no confirmation field');
    t.false(form.includes('name="code"'), 'no code is asked for');
  }
  for (const page of [both, login]) t.regex(formOf(page?.text ?? '', '/login'), /Log in[\s\S]*name="name"[\s\S]*name="password"/);
  t.is(formOf(login?.text ?? '', '/signup'), '');
});

test('sign-up: a new user begins in Lobby and is greeted by name, once', async (t) => {
  const bob = site.client();
  const answer = await bob.form('/signup', { name: 'Bob', password: PASSWORD });
  t.is(answer.status, 303);
  t.is(answer.headers.get('location'), '/groups/lobby');
  t.regex((await bob.get('/groups/lobby')).text, /role="status">Welcome, Bob\.</);
  t.notRegex((await bob.get('/groups')).text, /Welcome, Bob/);
  t.is((await bob.get('/')).headers.get('location'), '/groups', 'the welcome page is for visitors');
});

test('sign-up: where Lobby is closed, a new user begins at the list of groups', async (t) => {
  const fresh = await startServerFor(t);
  const ann = await fresh.signUp('Ann');
  await ann.form('/groups/lobby/settings', { action: 'open', on: '0' });
  const bob = fresh.client();
  t.is((await bob.form('/signup', { name: 'Bob', password: PASSWORD })).headers.get('location'), '/groups');
  t.is((await bob.get('/groups/lobby')).status, 404);
  await ann.form('/groups/lobby/settings', { action: 'open', on: '1' });
  const carl = fresh.client();
  t.is((await carl.form('/signup', { name: 'Carl', password: PASSWORD, return_to: '/saved' })).headers.get('location'), '/saved');
  t.is((await carl.get('/groups/lobby')).status, 200, 'also when another page was asked for');
});

test('sign-up: a new user without groups sees what to do', async (t) => {
  const carl = await site.signUp('Carl');
  const page = await carl.get('/groups');
  t.regex(page.text, /You are not in any group yet/);
  t.regex(page.text, /Ask an administrator to add you by your log-in name, <b>Carl<\/b>/);
});

const REFUSED: [what: string, name: string, password: string, status: number, field: string, words: RegExp][] = [
  ['a missing name', ' ', PASSWORD, 422, 'name', /Name is missing/],
  ['a long name', 'x'.repeat(33), PASSWORD, 422, 'name', /too long: 32 characters/],
  ['an invisible character', 'Do\u200bra', PASSWORD, 422, 'name', /invisible character/],
  ['a short password', 'Dora', '1234567', 422, 'password', /at least 8 characters/],
  ['a long password', 'Dora', 'x'.repeat(73), 422, 'password', /72 bytes at most/],
  ['a taken name', 'Ann', PASSWORD, 409, 'name', /The name Ann is taken/],
  ['a taken name in other case and width', 'ａＮＮ', PASSWORD, 409, 'name', /is taken/],
];

for (const [what, name, password, status, field, words] of REFUSED) {
  test(`sign-up with ${what} shows the form again with the error at its field`, async (t) => {
    const visitor = site.client();
    const answer = await visitor.form('/signup', { name, password });
    t.is(answer.status, status);
    const form = formOf(answer.text, '/signup');
    const input = new RegExp(`<input id="signup-${field}"[^>]*aria-invalid="true" aria-describedby="signup-${field}-error"`);
    t.regex(form, input);
    t.regex(form, new RegExp(`id="signup-${field}-error" role="alert">[^<]*${words.source}`));
    t.true(form.includes(`name="name" type="text" value="${name}"`), 'the name typed is still there');
    t.false(answer.text.includes(password.slice(0, 60)), 'the password is not');
    t.is(visitor.cookies.size, 0);
  });

  test(`sign-up by JSON with ${what} answers with the field`, async (t) => {
    const answer = await site.client().json('POST', '/signup', { name, password });
    t.is(answer.status, status);
    t.is(answer.headers.get('content-type'), 'application/problem+json');
    t.is(answer.json().field, field);
  });
}

test('sign-up: a program can sign up and is logged in', async (t) => {
  const client = site.client();
  const answer = await client.json('POST', '/signup', { name: 'Program', password: PASSWORD });
  t.is(answer.status, 200);
  t.is(answer.json().name, 'Program');
  t.is((await client.get('/me', 'application/json')).json().name, 'Program');
});

test('the first account is administrator and in Lobby, the next is neither', async (t) => {
  const fresh = await startServerFor(t);
  const [ann, bob] = [await fresh.signUp('Ann'), await fresh.signUp('Bob')];
  t.true((await ann.get('/me', 'application/json')).json().admin);
  t.is((await ann.get('/groups/lobby')).status, 200);
  t.false((await bob.get('/me', 'application/json')).json().admin);
  t.is((await bob.get('/groups/lobby')).status, 404);
  t.is((await bob.form('/groups/join', { slug: 'lobby' })).status, 303, 'but Lobby is open');
});

for (const count of [2, 10])
  test(`of ${count} concurrent first sign-ups exactly one becomes administrator`, async (t) => {
    const fresh = await startServerFor(t);
    const names = Array.from({ length: count }, (_, i) => `First ${i}`);
    const people = await Promise.all(names.map((name) => fresh.signUp(name)));
    const me = await Promise.all(people.map(async (one) => (await one.get('/me', 'application/json')).json()));
    t.is(me.filter(({ admin }) => admin === true).length, 1);
    t.is((await fresh.core.store.groups.list({ limit: 10 })).length, 1, 'and there is one Lobby');
  });

test('sign-up: of two concurrent sign-ups with the same name exactly one succeeds', async (t) => {
  const answers = await Promise.all(['Twin', 'TWIN'].map((name) => site.client().form('/signup', { name, password: PASSWORD })));
  t.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
});

test('sign-up: on a reachable server the first account needs the set-up code, the second does not', async (t) => {
  const fresh = await startServerFor(t);
  const code = await setupCode(fresh.core);
  t.is(await setupCode(fresh.core), code, 'made once');
  t.regex((await fresh.client().get('/')).text, /name="code"/);
  for (const wrong of [{}, { code: '' }, { code: 'guess' }, { code: code.toLowerCase() }]) {
    const answer = await fresh.client().form('/signup', { name: 'Eve', password: PASSWORD, ...wrong });
    t.is(answer.status, 422);
    t.regex(answer.text, /id="signup-code-error" role="alert">Set-up code is missing or wrong/);
  }
  const ann = fresh.client();
  t.is((await ann.form('/signup', { name: 'Ann', password: PASSWORD, code: ` ${code} ` })).status, 303);
  t.true((await ann.get('/me', 'application/json')).json().admin);
  await fresh.signUp('Bob');
  t.notRegex((await fresh.client().get('/')).text, /name="code"/);
});
