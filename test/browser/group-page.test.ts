import test, { type ExecutionContext } from 'ava';
import type { Locator } from 'playwright-core';
import { openBrowser, openLobbyPage } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { newGroup, postAs } from '../helpers/fixtures.ts';
import { startServerFor, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

async function openWithAnn(t: ExecutionContext): Promise<{ site: TestServer; ann: Client }> {
  const site = await startServerFor(t);
  return { site, ann: await site.signUp('Ann') };
}

const idAt = async (client: Client, path: string) => (await client.get(path, 'application/json')).json<{ id: string }>().id;

/** The number of text lines in an element. */
const lines = (element: Locator): Promise<number> =>
  element.evaluate((one) => {
    const range = one.ownerDocument.createRange();
    range.selectNodeContents(one);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  });

for (const width of [1152, 1280, 1440])
  check.serial(`members: at ${width} px names are not broken inside words`, async (t) => {
    const { site, ann } = await openWithAnn(t);
    const name = 'Maximiliane Oberhauser';
    const other = await site.signUpInLobby(name);
    await ann.form('/groups/lobby/members', { action: 'moderator', user: await idAt(other, '/me') });
    const guest = await openLobbyPage(t, browser, other);
    await guest.page.goto('/groups');
    const { page } = await openLobbyPage(t, browser, ann);
    await page.setViewportSize({ width, height: 800 });
    const item = page.getByRole('list', { name: 'Members' }).getByRole('listitem').filter({ hasText: name });
    await item.getByText('just now').waitFor();
    await item.getByText('moderator').waitFor();
    let count = 0;
    // 0 while the list is replaced, which presence changes do.
    await eventually(async () => {
      count = await lines(item.getByText(name, { exact: true }));
      return count > 0;
    });
    t.true(count <= 2, `${count} lines`);
  });

for (const script of ['on', 'off'] as const)
  check.serial(`erasing: with JavaScript ${script}, Undo disappears after 10 s`, async (t) => {
    const { site, ann } = await openWithAnn(t);
    const person = await openLobbyPage(t, browser, ann, { script });
    await person.write('said too soon');
    await person.sees('said too soon');
    await person.press((await person.actions('said too soon')).getByRole('button', { name: 'Erase' }));
    const undo = person.message('Message erased').getByRole('button', { name: 'Undo' });
    await undo.waitFor();
    site.clock.turn(8000);
    await person.openGroup('lobby');
    await undo.waitFor();
    await undo.waitFor({ state: 'hidden', timeout: 5000 });
    t.is(await person.message('Message erased').count(), 1);
    t.deepEqual(person.complaints, []);
  });

check.serial('phone: the Menu button shows the unread count of other groups', async (t) => {
  const { site, ann } = await openWithAnn(t);
  const bob = await site.signUpInLobby('Bob');
  const direct = await ann.form('/direct', { with: 'Bob' });
  const slug = (direct.headers.get('location') ?? '').replace('/groups/', '');
  const { page } = await openLobbyPage(t, browser, ann);
  await page.setViewportSize({ width: 390, height: 844 });
  const menu = page.locator('summary').filter({ hasText: 'Menu' });
  t.true(await menu.getByText('unread').isHidden(), 'nothing is unread');
  const { seq } = await postAs(bob, 'are you there?', slug);
  await menu.getByText('1', { exact: true }).waitFor();
  t.is(await menu.textContent(), 'Menu: 1 unread');
  await page.reload();
  await menu.getByText('1', { exact: true }).waitFor();
  await ann.form(`/groups/${slug}/read`, { seq: String(seq) });
  await menu.getByText('1', { exact: true }).waitFor({ state: 'hidden' });
});

check.serial('text direction: right-to-left text is aligned right in messages, composer and edit form', async (t) => {
  const { ann } = await openWithAnn(t);
  await postAs(ann, 'left to right');
  const person = await openLobbyPage(t, browser, ann);
  const direction = (element: Locator): Promise<string | undefined> =>
    element.evaluate((one) => one.ownerDocument.defaultView?.getComputedStyle(one).direction);
  const field = person.page.getByPlaceholder('Message Lobby');
  await field.fill('שלום world');
  t.is(await direction(field), 'rtl');
  await person.page.keyboard.press('Enter');
  await person.sees('שלום');
  await eventually(async () => (await direction(person.message('שלום').locator('.body'))) === 'rtl'); // the row is replaced when its own event arrives
  t.is(await direction(person.message('left to right').locator('.body')), 'ltr');
  await field.press('ArrowUp');
  const edit = person.log().getByRole('textbox', { name: 'Message' });
  await edit.waitFor();
  await eventually(async () => (await direction(edit)) === 'rtl');
  t.is(await direction(field), 'ltr', 'the empty field');
  t.deepEqual(person.complaints, []);
});

check.serial('layout: at 320 px the group name is legible beside a pinned message and the stream state', async (t) => {
  const { ann } = await openWithAnn(t);
  const slug = await newGroup(ann, 'Timetable app');
  const { seq } = await postAs(ann, 'read this first', slug);
  await ann.form(`/groups/${slug}/messages/${seq}/pin`, { on: '1' });
  const person = await openLobbyPage(t, browser, ann);
  await person.page.setViewportSize({ width: 320, height: 700 });
  await person.openGroup(slug);
  await person.page.getByRole('link', { name: 'Pinned (1)' }).waitFor();
  const title = person.page.getByRole('heading', { name: 'Timetable app' });
  const width = (await title.boundingBox())?.width ?? 0;
  t.true(width >= 64, `${width} px`);
});

check.serial('layout: a topic that is too long for the header leaves all of the group name', async (t) => {
  const { ann } = await openWithAnn(t);
  const slug = await newGroup(ann, 'Timetable app');
  t.is((await ann.form(`/groups/${slug}/settings`, { action: 'topic', topic: 'What everybody should know '.repeat(6) })).status, 303);
  const person = await openLobbyPage(t, browser, ann);
  for (const width of [768, 1280]) {
    await person.page.setViewportSize({ width, height: 700 });
    await person.openGroup(slug);
    const lost = await person.page.evaluate<number[]>(LOST);
    t.deepEqual(
      lost.map((pixels) => pixels > 0.01),
      [false, true],
      `${width} px: ${lost}`,
    );
  }
});

/** How much of the text of each element does not fit into it, in pixels: a small part of one suffices for an ellipsis. */
const LOST = `[...document.querySelectorAll('.head :is(h1, .topic)')].map((one) => {
  const range = document.createRange();
  range.selectNodeContents(one);
  return range.getBoundingClientRect().width - one.getBoundingClientRect().width;
})`;
