import test from 'ava';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

/** Submits a form of a page with its hidden fields, as a browser does. */
async function submit(path: string, action: string, fields: Record<string, string>) {
  const visitor = site.client();
  const page = await visitor.get(path);
  const [, form = ''] = new RegExp(`<form[^>]*action="${action}"[^>]*>(.*?)</form>`, 's').exec(page.text) ?? [];
  const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  return { page, answer: await visitor.form(action, { ...Object.fromEntries(hidden), ...fields }) };
}

const invitePath = async (): Promise<string> => /\/join\/[\w-]+/.exec((await ann.get('/groups/lobby/settings')).text)?.[0] ?? '';
const formsIn = (html: string): string[] => [...html.matchAll(/<form[^>]*action="(\/(?:login|signup))"/g)].map(([, action = '']) => action);
const headingIn = (html: string): string => /<h1[^>]*>([^<]*)<\/h1>/.exec(html)?.[1] ?? '';

for (const path of ['/', '/login', '/login?return_to=/groups/lobby', 'invitation'])
  test(`a refused log-in shows its form again on the page it was sent from: ${path}`, async (t) => {
    const from = path === 'invitation' ? await invitePath() : path;
    const { page, answer } = await submit(from, '/login', { name: 'ann', password: 'not the password' });
    t.is(answer.status, 422);
    t.regex(answer.text, /role="alert">Name or password is wrong\./);
    t.deepEqual(formsIn(answer.text), formsIn(page.text));
    t.is(headingIn(answer.text), headingIn(page.text));
    t.is(/name="return_to" value="([^"]*)"/.exec(answer.text)?.[1], /name="return_to" value="([^"]*)"/.exec(page.text)?.[1]);
    t.regex(answer.text, /id="login-name"[^>]* value="ann"/);
    t.regex(answer.text, /id="login-password"[^>]* autofocus/);
    t.is(answer.text.match(/ autofocus/g)?.length, 1);
  });

for (const path of ['/', '/signup', 'invitation'])
  test(`a refused sign-up shows its form again on the page it was sent from: ${path}`, async (t) => {
    const from = path === 'invitation' ? await invitePath() : path;
    const { page, answer } = await submit(from, '/signup', { name: 'Bob', password: 'short' });
    t.is(answer.status, 422);
    t.deepEqual(formsIn(answer.text), formsIn(page.text));
    t.is(headingIn(answer.text), headingIn(page.text));
    t.regex(answer.text, /id="signup-name"[^>]* value="Bob"/);
    t.regex(answer.text, /id="signup-password"[^>]* aria-invalid="true"[^>]* autofocus/);
    t.is(answer.text.match(/ autofocus/g)?.length, 1);
    const again = await submit(from, '/signup', {
      name: `Bob from ${path === '/' ? 'home' : path.replace('/', '')}`,
      password: 'correct horse battery',
    });
    t.is(again.answer.status, 303);
  });

test('refused forms: without the field from, the form is shown on the page of its URL', async (t) => {
  const visitor = site.client();
  for (const from of [{}, { from: 'invitation' }, { from: 'nowhere' }, { from: 'invitation', return_to: '/join/none' }]) {
    const logIn = await visitor.form('/login', { name: 'ann', password: 'wrong', ...from });
    t.deepEqual([logIn.status, formsIn(logIn.text).join()], [422, '/login'], JSON.stringify(from));
    const signUp = await visitor.form('/signup', { name: 'Bob', password: 'short', ...from });
    t.deepEqual([signUp.status, formsIn(signUp.text).join()], [422, '/signup']);
  }
});

test('refused forms: a logged-in user gets the error on the page of the form, not of an invitation', async (t) => {
  const page = await ann.form('/login', { name: 'ann', password: 'wrong', from: 'invitation', return_to: await invitePath() });
  t.is(page.status, 422);
  t.regex(page.text, /role="alert">Name or password is wrong\./);
});

for (const script of ['on', 'off'] as const)
  check(`the field with the error has the focus, with scripts ${script}`, async (t) => {
    const person = await openWindow(t, browser, site.client(), { script });
    await person.go('/login');
    await person.fillIn('Log in', 'ann', 'not the password');
    await person.page.getByText('Name or password is wrong.').waitFor();
    await person.page.locator('#login-password:focus').waitFor();
    t.is(new URL(person.page.url()).pathname, '/login');
    await person.go('/');
    await person.fillIn('Sign up', 'Ann');
    await person.page.locator('#signup-name:focus').waitFor();
    t.deepEqual(person.complaints, []);
  });
