import test, { type ExecutionContext } from 'ava';
import type { Locator } from 'playwright-core';
import { openBrowser, openWindow, type Person } from '../helpers/browser.ts';
import { PASSWORD, startServerFor } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

/** A visitor without an account at the welcome page. */
async function openWelcome(t: ExecutionContext): Promise<Person> {
  const site = await startServerFor(t);
  const person = await openWindow(t, browser, site.client());
  await person.page.emulateMedia({ reducedMotion: 'reduce' });
  await person.page.goto('/');
  return person;
}

const MAX_STEPS = 40;

/** Presses Tab until the control has the focus. */
async function stepTo({ page }: Person, control: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let step = 1; step <= MAX_STEPS; step += 1) {
    await page.keyboard.press(key);
    if (await hasFocus(control)) return;
  }
  throw new Error(`${MAX_STEPS} presses of ${key} do not lead to ${control}`);
}

const hasFocus = (control: Locator): Promise<boolean> => control.evaluate((element) => element.matches(':focus'));

async function signUp(person: Person): Promise<void> {
  const form = person.page.getByRole('form', { name: 'Sign up' });
  await stepTo(person, form.getByLabel('Name'));
  await person.page.keyboard.insertText('Ann');
  await stepTo(person, form.getByLabel('Password'));
  await person.page.keyboard.insertText(PASSWORD);
  await stepTo(person, form.getByRole('button', { name: 'Sign up' }));
  await person.page.keyboard.press('Enter');
  await person.page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
}

check.serial('keyboard: sign up, open a group, post and react', async (t) => {
  const ann = await openWelcome(t);
  const { keyboard } = ann.page;
  await signUp(ann);
  await stepTo(ann, ann.page.getByRole('link', { name: 'Lobby' }));
  await keyboard.press('Enter');
  await ann.live();

  const composer = ann.composer();
  t.true(await hasFocus(composer), 'the field has the focus');
  await keyboard.insertText('Hello by keys');
  await keyboard.press('Enter');
  await ann.sees('Hello by keys');
  t.true(await hasFocus(composer), 'and keeps it after sending');
  await keyboard.insertText('By the button');
  await stepTo(ann, ann.page.getByRole('button', { name: 'Send', exact: true }));
  await keyboard.press('Enter');
  await ann.sees('By the button');

  const row = ann.message('Hello by keys');
  const actions = row.getByLabel('Actions');
  await stepTo(ann, actions, 'Shift+Tab');
  t.is(await ann.page.evaluate('getComputedStyle(document.activeElement).opacity'), '1', 'the focused control is visible');
  await keyboard.press('Enter');
  await stepTo(ann, row.getByRole('button', { name: '🎉' }));
  await keyboard.press('Enter');
  await row.getByRole('button', { name: '🎉 1' }).waitFor();
  await keyboard.press('Escape');
  t.true(await hasFocus(actions), 'Escape closes the actions and returns the focus to their button');
  await stepTo(ann, composer);
  t.deepEqual(ann.complaints, []);
});

check.serial('keyboard: edit a message and cancel', async (t) => {
  const ann = await openWelcome(t);
  const { keyboard } = ann.page;
  await signUp(ann);
  await ann.openGroup('lobby');
  await ann.write('Helo');
  await ann.sees('Helo');
  const row = ann.log().locator('article');
  const edit = async (): Promise<Locator> => {
    await stepTo(ann, row.getByLabel('Actions'), 'Shift+Tab');
    await keyboard.press('Enter');
    await stepTo(ann, row.getByRole('link', { name: 'Edit' }));
    await keyboard.press('Enter');
    const field = row.getByRole('textbox', { name: 'Message' });
    await field.waitFor();
    return field;
  };
  const field = await edit();
  t.true(await hasFocus(field), 'the field has the focus');
  await keyboard.press('ControlOrMeta+a');
  await keyboard.insertText('Hello');
  await keyboard.press('Enter');
  await ann.message('edited').waitFor();
  t.is(await row.locator('.body').textContent(), 'Hello');
  t.true(await row.evaluate((element) => element.matches(':focus-within')), 'the focus stays with the message');

  await edit();
  await keyboard.insertText('never mind');
  await keyboard.press('Escape');
  await row.getByRole('textbox').waitFor({ state: 'detached' });
  t.is(await row.locator('.body').textContent(), 'Hello');
  t.true(await row.evaluate((element) => element.matches(':focus-within')));
  t.deepEqual(ann.complaints, []);
});

check.serial('keyboard: the first focusable element skips to the content', async (t) => {
  const ann = await openWelcome(t);
  await signUp(ann);
  for (const [path, next] of [
    ['/groups', ann.page.getByRole('main').getByRole('link', { name: 'Lobby' })],
    ['/groups/lobby/members', ann.page.getByRole('main').getByRole('link', { name: 'Lobby' })],
  ] as const) {
    await ann.page.goto(path);
    await ann.page.keyboard.press('Tab');
    const skip = ann.page.getByRole('link', { name: 'Skip to the content' });
    t.true(await hasFocus(skip));
    t.true(((await skip.boundingBox())?.y ?? -1) >= 0, 'and it is visible');
    await ann.page.keyboard.press('Enter');
    t.true(await hasFocus(ann.page.getByRole('main')));
    await ann.page.keyboard.press('Tab');
    t.true(await hasFocus(next), path);
  }
  t.deepEqual(ann.complaints, []);
});
