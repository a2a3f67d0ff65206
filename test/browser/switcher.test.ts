import test from 'ava';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import { newGroup, openLobby, postAs } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

check.serial('switcher: Ctrl+K leads to a group, and to a person, by the keyboard alone, on every page', async (t) => {
  const { ann, bob, signUp, clock } = await openLobby(t);
  await signUp('Carla');
  for (const name of ['Kitchen', 'Night shift']) await newGroup(ann, name);
  await newGroup(bob, 'Kiosk');
  clock.turn(1000);
  await postAs(ann, 'hello', 'night-shift');
  const person = await openWindow(t, browser, ann);
  const { page } = person;
  await person.go('/settings');
  await page.getByRole('link', { name: 'Night shift' }).waitFor();
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog', { name: 'Go to' });
  await dialog.getByRole('link', { name: 'Kitchen' }).waitFor();
  t.is(await dialog.getByRole('link').first().textContent(), 'Night shift', 'the newest message first');
  await page.keyboard.type('ki');
  await dialog.getByRole('link', { name: 'Night shift' }).waitFor({ state: 'detached' });
  t.deepEqual(await dialog.getByRole('link').allInnerTexts(), ['Kitchen'], 'no groups of others');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Kitchen', level: 1 }).waitFor();
  await person.live();
  await page.keyboard.press('Control+k');
  await dialog.getByRole('link', { name: 'Kitchen' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page.keyboard.type('carl');
  await dialog.getByRole('button', { name: 'Carla' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Carla', level: 1 }).waitFor();
  t.deepEqual(person.complaints, []);
});

check.serial('switcher: without JavaScript it is the page /switch', async (t) => {
  const { ann } = await openLobby(t);
  await newGroup(ann, 'Kitchen');
  const person = await openWindow(t, browser, ann, { script: 'off' });
  await person.go('/saved');
  await person.press(person.page.getByRole('link', { name: 'Go to…' }));
  await person.page.getByLabel('Group or person').fill('bo');
  await person.press(person.page.getByRole('button', { name: 'Find' }));
  await person.press(person.page.getByRole('main').getByRole('button', { name: 'Bob' }));
  await person.page.getByRole('heading', { name: 'Bob', level: 1 }).waitFor();
  t.deepEqual(person.complaints, []);
});
