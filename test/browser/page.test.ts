import test, { type ExecutionContext } from 'ava';
import type { Request } from 'playwright-core';
import { openBrowser, openLobbyPage } from '../helpers/browser.ts';
import { openLobby, postAs } from '../helpers/fixtures.ts';
import { Clock } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

/** Ann and Bob in Lobby, without a limit on posts. */
const openQuickLobby = (t: ExecutionContext, clock = new Clock()) => openLobby(t, { clock, env: { POSTS_PER_SECOND: '0' } });

const HOUR_MS = 3_600_000;

for (const { timezoneId, times, days } of [
  { timezoneId: 'America/New_York', times: ['11:30 PM', '12:30 AM'], days: ['Friday, January 2, 2026', 'Saturday, January 3, 2026'] },
  { timezoneId: 'Asia/Tokyo', times: ['01:30 PM', '02:30 PM'], days: ['Saturday, January 3, 2026'] },
])
  check.serial(`times: in ${timezoneId} times and day breaks on the page and in arriving messages are local`, async (t) => {
    const clock = new Clock(Date.UTC(2026, 0, 3, 4, 30));
    const { ann, bob } = await openQuickLobby(t, clock);
    await postAs(bob, 'on the page');
    const person = await openLobbyPage(t, browser, ann, { timezoneId, locale: 'en-US' });
    clock.turn(HOUR_MS);
    await postAs(bob, 'arriving');
    await person.sees('arriving');
    const shown = await person.log().locator('article time').allInnerTexts();
    t.deepEqual(
      shown.map((time) => time.replace(/\s/g, ' ')),
      times,
    );
    t.deepEqual(await person.log().getByRole('heading', { level: 2 }).allInnerTexts(), days);
    t.deepEqual(person.complaints, []);
  });

check.serial('timeline: a page keeps 300 rows; scrolling up replaces the newest by older ones, with a link back', async (t) => {
  const { ann, bob } = await openQuickLobby(t);
  const person = await openLobbyPage(t, browser, ann);
  t.is(await person.page.getByRole('link', { name: 'Older messages' }).count(), 0);
  const posts = Array.from({ length: 310 }, (_, i) => `message ${i + 1} of many`);
  for (const body of posts.slice(0, 11)) await postAs(bob, body);
  await Promise.all(posts.slice(11, -1).map((body) => postAs(bob, body)));
  await postAs(bob, posts.at(-1) ?? '');
  await person.sees('message 310 of many');
  t.is(await person.log().locator(':scope > [id]').count(), 300);
  t.is(await person.message('message 11 of many').count(), 1);
  t.is(await person.message('message 10 of many').count(), 0);
  // Not by the link: scrolling loads them.
  t.is(await person.page.getByRole('link', { name: 'Older messages' }).count(), 1);
  await person.page.getByRole('region', { name: 'Conversation' }).press('Home');
  await person.message('message 10 of many').waitFor();
  t.is(await person.message('message 11 of many').count(), 1, 'what was there still is');
  t.true((await person.log().locator(':scope > [id]').count()) <= 300);
  t.is(await person.message('message 310 of many').count(), 0);
  await person.page.getByRole('link', { name: 'Jump to newest' }).click();
  await person.sees('message 310 of many');
  t.deepEqual(person.complaints, []);
});

check.serial('presence: a member with the group open is shown as here, until the page is closed', async (t) => {
  const { ann, bob } = await openQuickLobby(t);
  const watcher = await openLobbyPage(t, browser, ann);
  const members = watcher.page.getByRole('list', { name: 'Members' });
  const here = members.getByRole('listitem').filter({ hasText: 'Bob' }).and(watcher.page.locator('[data-present]'));
  t.is(await here.count(), 0);
  const guest = await openLobbyPage(t, browser, bob);
  await here.waitFor();
  t.regex((await here.textContent()) ?? '', /online/);
  await guest.page.goto('/groups');
  await here.waitFor({ state: 'detached' });
  await members.getByText('just now').waitFor();
  t.deepEqual([...watcher.complaints, ...guest.complaints], []);
});

check.serial('read mark: messages that arrive on a visible page are read, earlier ones are unread until then', async (t) => {
  const { ann, bob } = await openQuickLobby(t);
  await postAs(bob, 'one');
  await postAs(bob, 'two');
  const person = await openLobbyPage(t, browser, ann);
  const entry = person.page
    .getByRole('main')
    .getByRole('listitem')
    .filter({ has: person.page.getByRole('link', { name: 'Lobby' }) });
  const { seq } = await postAs(bob, 'three');
  const isOf = (request: Request): boolean => request.url().endsWith('/groups/lobby/read') && request.postData() === `seq=${seq}`;
  await person.page.waitForResponse((answer) => isOf(answer.request()));
  await person.page.goto('/groups');
  await entry.waitFor();
  t.is(await entry.getByText('unread').count(), 0);
  await postAs(bob, 'four');
  await postAs(bob, 'five');
  await person.page.reload();
  t.is(await entry.getByText('unread').locator('..').textContent(), '2 unread');
  t.deepEqual(person.complaints, []);
});

check.serial('focus: toggling a reaction ten times by keyboard keeps the focus on its button', async (t) => {
  const { ann, bob } = await openQuickLobby(t);
  const { seq } = await postAs(bob, 'do you like it?');
  for (const emoji of ['👍', '🎉']) await bob.json('PUT', `/groups/lobby/messages/${seq}/reactions/${encodeURIComponent(emoji)}`);
  const person = await openLobbyPage(t, browser, ann);
  await person.message('🎉 1').getByRole('button', { name: '🎉 1' }).focus();
  for (let round = 1; round <= 10; round += 1) {
    await person.page.keyboard.press('Enter');
    const label = round % 2 === 1 ? '🎉 2' : '🎉 1';
    await person.page
      .locator(`button:focus`)
      .and(person.page.getByRole('button', { name: label }))
      .waitFor();
    t.is(await person.page.locator('button:focus').getAttribute('aria-pressed'), round % 2 === 1 ? 'true' : null);
  }
  t.deepEqual(person.complaints, []);
});

check.serial('focus: removing a reaction leaves the focus in its message', async (t) => {
  const { ann, bob } = await openQuickLobby(t);
  const { seq } = await postAs(bob, 'do you like it?');
  const person = await openLobbyPage(t, browser, ann);
  const row = await person.actions('do you like it?');
  await row.getByRole('button', { name: '🎉' }).press('Enter');
  const mine = row.getByRole('button', { name: '🎉 1' });
  await mine.press('Enter');
  await mine.waitFor({ state: 'detached' });
  await person.page.locator(`#m-${seq}:focus-within`).waitFor();
  t.deepEqual(person.complaints, []);
});
