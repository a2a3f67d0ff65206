import test from 'ava';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { newGroup, openLobby, postAs } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { numbers } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

const PAGES = [
  ...['/groups', '/direct', '/search?q=tea', '/saved', '/settings', '/admin', '/groups/lobby', '/groups/nowhere'],
  ...['settings', 'members', 'bots', 'pins'].map((page) => `/groups/lobby/${page}`),
];

for (const script of ['on', 'off'] as const)
  check.serial(`rail: with JavaScript ${script}, it is on every page of somebody who is logged in`, async (t) => {
    const { ann } = await openLobby(t);
    await newGroup(ann, 'Kitchen');
    const person = await openWindow(t, browser, ann, { script });
    for (const path of PAGES) {
      await person.go(path);
      const rail = person.page.getByRole('navigation', { name: 'Groups' });
      await rail.getByRole('link', { name: 'Kitchen' }).waitFor();
      const isOfLobby = path.startsWith('/groups/lobby');
      t.is(await rail.locator('[aria-current]').count(), isOfLobby ? 1 : 0, path);
      t.true(await person.page.getByRole('button', { name: 'Log out', exact: true }).isVisible(), path);
    }
  });

check.serial('rail: with 60 groups it keeps its scroll and shows the current group; its foot stays in view', async (t) => {
  const { ann } = await openLobby(t);
  for (const n of numbers(1, 60)) await newGroup(ann, `Room ${n}`);
  const { page } = await openWindow(t, browser, ann);
  await page.goto('/groups/room-50');
  const rail = page.locator('#rail');
  const isInView = (name: string) =>
    rail.getByRole('link', { name, exact: true }).evaluate((link) => {
      const [row, frame] = [link.getBoundingClientRect(), link.closest('nav')?.getBoundingClientRect()];
      return frame !== undefined && row.top >= frame.top && row.bottom <= frame.bottom;
    });
  await eventually(() => isInView('Room 50'));
  const names = await rail.getByRole('link', { name: /^Room/ }).allInnerTexts();
  t.deepEqual(
    names,
    numbers(1, 60).map((n) => `Room ${n}`),
    'Room 2 is before Room 10',
  );
  const top = await rail.evaluate((one) => one.scrollTop);
  t.true(top > 0);
  await page.goto('/settings');
  await eventually(async () => (await rail.evaluate((one) => one.scrollTop)) === top);
  t.true(await page.getByRole('button', { name: 'Log out', exact: true }).isVisible());
  const foot = await page.getByRole('button', { name: 'Log out', exact: true }).boundingBox();
  t.true((foot?.y ?? 800) + (foot?.height ?? 0) <= 800);
});

check.serial('rail: mentions are first, then unread groups, then the others; muted and archived ones have an icon', async (t) => {
  const { ann, bob } = await openLobby(t);
  for (const name of ['Attic', 'Barn', 'Cellar', 'Den', 'Yard']) await newGroup(bob, name, ['Ann']);
  await ann.form('/groups/barn/settings', { action: 'level', level: 'nothing' });
  await bob.form('/groups/den/settings', { action: 'archive', on: '1' });
  await postAs(bob, 'hello', 'cellar');
  await postAs(bob, 'hello', 'barn');
  const person = await openWindow(t, browser, ann);
  await person.go('/settings');
  const names = () => person.page.locator('#sidebar li a').allTextContents();
  t.deepEqual(await names(), ['Cellar', 'Attic', 'Barn, muted', 'Lobby', 'Yard', 'Den, archived']);
  t.is(await person.page.locator('#sidebar a').filter({ hasText: 'Den' }).locator('.i-archive').count(), 1);
  await postAs(bob, 'are you there, @Ann?', 'yard');
  await eventually(async () => (await names()).join() === ['Yard', 'Cellar', 'Attic', 'Barn, muted', 'Lobby', 'Den, archived'].join());
  await person.page.getByText('@1', { exact: false }).first().waitFor();
  t.deepEqual(person.complaints, []);
});

check.serial('rail: a folded section stays folded on the next page, and shows how many messages wait in it', async (t) => {
  const { ann, bob } = await openLobby(t);
  const { slug } = (await bob.json('POST', '/direct', { with: 'Ann' })).json<{ slug: string }>();
  await postAs(bob, 'have you a minute?', slug);
  const { page } = await openWindow(t, browser, ann);
  await page.goto('/groups/lobby');
  const link = page.locator('#sidebar').getByRole('link', { name: 'Bob' });
  await link.waitFor();
  t.is(await link.locator('..').getAttribute('data-i'), 'B', 'with a disc');
  await page.locator('#sidebar summary').filter({ hasText: 'Direct messages' }).click();
  await link.waitFor({ state: 'hidden' });
  await page.goto('/saved');
  await link.waitFor({ state: 'hidden' });
  await page.locator('#sidebar summary').getByText('1 unread').waitFor();
  await postAs(bob, 'no hurry', slug);
  await page.locator('#sidebar summary').getByText('2 unread').waitFor();
  t.true(await link.isHidden(), 'also after an update');
  await page.locator('#sidebar summary').filter({ hasText: 'Direct messages' }).click();
  await link.waitFor();
});

check.serial('rail: rows are 32 px high for a mouse, 44 px for touch', async (t) => {
  const { ann } = await openLobby(t);
  for (const [hasTouch, height] of [
    [false, 32],
    [true, 44],
  ] as const) {
    const { page } = await openWindow(t, browser, ann, { hasTouch, isMobile: hasTouch });
    await page.goto('/groups');
    const row = await page.locator('#sidebar').getByRole('link', { name: 'Lobby' }).boundingBox();
    t.is(row?.height, height);
  }
});

check.serial('rail: on a phone the bar is at the top of every page, and as high as a bar', async (t) => {
  const { ann } = await openLobby(t);
  const { page } = await openWindow(t, browser, ann);
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of PAGES.filter((one) => one !== '/groups/lobby')) {
    await page.goto(path);
    const { y = -1, height = 0 } = (await page.locator('.bar').boundingBox()) ?? {};
    t.deepEqual([y, height], [0, 56], path);
  }
});

check.serial('groups: the page shows new messages by itself', async (t) => {
  const { ann, bob } = await openLobby(t);
  const person = await openWindow(t, browser, ann);
  await person.go('/groups');
  const home = person.page.locator('#home');
  await home.getByText('No messages yet').waitFor();
  await postAs(bob, 'the first word');
  await home.getByText('the first word').waitFor();
  await home.getByText('1 unread').waitFor();
  t.deepEqual(person.complaints, []);
});

check.serial('tabs: those of the administration are on one line from 1024 px on', async (t) => {
  const { ann } = await openLobby(t);
  const { page } = await openWindow(t, browser, ann);
  const line = page.getByRole('navigation', { name: 'Administration' });
  const lines = () => line.getByRole('link').evaluateAll((links) => new Set(links.map((link) => link.getBoundingClientRect().top)).size);
  const isWide = () =>
    line.evaluate(
      (nav) => nav.scrollWidth > nav.clientWidth || nav.getBoundingClientRect().right > (nav.closest('html')?.clientWidth ?? 0),
    );
  for (const width of [1024, 1280])
    for (const path of ['/admin', '/admin/site', '/admin/audit']) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(path);
      t.deepEqual([await lines(), await isWide()], [1, false], `${path} at ${width}`);
    }
  await page.setViewportSize({ width: 360, height: 740 });
  t.true((await lines()) > 1);
  t.false(await isWide(), 'on a phone they wrap');
});
