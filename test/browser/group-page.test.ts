import test, { type ExecutionContext } from 'ava';
import type { Locator } from 'playwright-core';
import { openBrowser, Person, type Script } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
});

async function open(t: ExecutionContext): Promise<{ site: TestServer; ann: Client }> {
  const site = await startServer();
  t.teardown(site.close);
  return { site, ann: await site.signUp('Ann') };
}

async function visit(t: ExecutionContext, site: TestServer, client: Client, script: Script = 'on'): Promise<Person> {
  const person = await Person.open(present(browser), site, script);
  t.teardown(() => person.close());
  await person.page.context().addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: site.url })));
  await person.openGroup('lobby');
  return person;
}

const isoOf = async (client: Client, path: string) => (await client.get(path, 'application/json')).json<{ id: string }>().id;
const post = (client: Client, body: string, slug = 'lobby') => client.json('POST', `/groups/${slug}/messages`, { body });

/** How many lines of text an element has. */
const lines = (element: Locator): Promise<number> =>
  element.evaluate((one) => {
    const range = one.ownerDocument.createRange();
    range.selectNodeContents(one);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  });

for (const width of [1152, 1280, 1440])
  check.serial(`members: at ${width} px names are not broken inside words`, async (t) => {
    const { site, ann } = await open(t);
    const name = 'Maximiliane Oberhauser';
    const other = await site.signUp(name);
    await other.form('/groups/join', { slug: 'lobby' });
    await ann.form('/groups/lobby/members', { action: 'moderator', user: await isoOf(other, '/me') });
    const guest = await visit(t, site, other);
    await guest.page.goto('/groups');
    const { page } = await visit(t, site, ann);
    await page.setViewportSize({ width, height: 800 });
    const item = page.getByRole('list', { name: 'Members' }).getByRole('listitem').filter({ hasText: name });
    await item.getByText('just now').waitFor();
    await item.getByText('moderator').waitFor();
    let count = 0;
    // None while the list is put in anew, as whoever comes and goes makes it.
    await eventually(async () => {
      count = await lines(item.getByText(name, { exact: true }));
      return count > 0;
    });
    t.true(count <= 2, `${count} lines`);
  });

for (const script of ['on', 'off'] as const)
  check.serial(`erasing: with JavaScript ${script}, Undo disappears after 10 s`, async (t) => {
    const { site, ann } = await open(t);
    const person = await visit(t, site, ann, script);
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
  const { site, ann } = await open(t);
  const bob = await site.signUp('Bob');
  await bob.form('/groups/join', { slug: 'lobby' });
  const direct = await ann.form('/direct', { with: 'Bob' });
  const slug = (direct.headers.get('location') ?? '').replace('/groups/', '');
  const { page } = await visit(t, site, ann);
  await page.setViewportSize({ width: 390, height: 844 });
  const menu = page.locator('summary').filter({ hasText: 'Menu' });
  t.true(await menu.getByText('unread').isHidden(), 'nothing waits');
  const { seq } = (await post(bob, 'are you there?', slug)).json<{ seq: number }>();
  await menu.getByText('1', { exact: true }).waitFor();
  t.is(await menu.textContent(), 'Menu: 1 unread');
  await page.reload();
  await menu.getByText('1', { exact: true }).waitFor();
  await ann.form(`/groups/${slug}/read`, { seq: String(seq) });
  await menu.getByText('1', { exact: true }).waitFor({ state: 'hidden' });
});

check.serial('text direction: right-to-left text is aligned right in messages, composer and edit form', async (t) => {
  const { site, ann } = await open(t);
  await post(ann, 'left to right');
  const person = await visit(t, site, ann);
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
  const { site, ann } = await open(t);
  const { slug } = (await ann.json('POST', '/groups', { name: 'Timetable app' })).json<{ slug: string }>();
  const { seq } = (await post(ann, 'read this first', slug)).json<{ seq: number }>();
  await ann.form(`/groups/${slug}/messages/${seq}/pin`, { on: '1' });
  const person = await visit(t, site, ann);
  await person.page.setViewportSize({ width: 320, height: 700 });
  await person.openGroup(slug);
  await person.page.getByRole('link', { name: 'Pinned (1)' }).waitFor();
  const title = person.page.getByRole('heading', { name: 'Timetable app' });
  const width = (await title.boundingBox())?.width ?? 0;
  t.true(width >= 64, `${width} px`);
});
