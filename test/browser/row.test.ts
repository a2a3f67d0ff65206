import { brotliCompressSync } from 'node:zlib';
import test from 'ava';
import type { Locator } from 'playwright-core';
import { formOf, newImage } from '../files/fixtures.ts';
import { openBrowser, openLobbyPage, openWindow } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { openLobby, postAs } from '../helpers/fixtures.ts';
import { Clock } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { numbers } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

const MINUTE_MS = 60_000;
/** Minutes between the posts, their authors, and whether each is shown under the heading of the one before. */
const POSTS = [
  { by: 'ann', after: 0, isUnder: false },
  { by: 'ann', after: 4, isUnder: true },
  { by: 'ann', after: 6, isUnder: false },
  { by: 'bob', after: 1, isUnder: false },
  { by: 'bob', after: 1, isUnder: true },
  { by: 'carl', after: 1, isUnder: false },
  { by: 'carl', after: 1, isUnder: true },
] as const;

check.serial(
  'rows: author and five minutes group them, the same on pages, in streams and without JavaScript, whoever joins or leaves',
  async (t) => {
    const clock = new Clock();
    const { ann, bob, signUpInLobby } = await openLobby(t, { clock, env: { POSTS_PER_SECOND: '0' } });
    const people = { ann, bob, carl: await signUpInLobby('Carl') };
    const live = await openLobbyPage(t, browser, ann);
    const frame = await openLobbyPage(t, browser, bob, { script: 'off' });
    for (const [index, { by, after }] of POSTS.entries()) {
      clock.turn(after * MINUTE_MS);
      const { url } = await postAs(people[by], `message ${index + 1}`);
      await live.sees(`message ${index + 1}`);
      if (index === 1) await people[by].json('PUT', `${url}/reactions/${encodeURIComponent('🎉')}`);
    }
    await people.carl.form('/groups/lobby/members', { action: 'leave' });
    await live.message('🎉 1').waitFor();
    await frame.sees(`message ${POSTS.length}`);
    const later = await openLobbyPage(t, browser, ann);
    const past = await openWindow(t, browser, ann);
    await past.page.goto('/groups/lobby?before=8');
    for (const [what, person] of Object.entries({ live, frame, later, past })) {
      const rows = person.log().locator('article');
      const links = rows.getByRole('link', { name: /^(?:Ann|Bob|Carl)$/ });
      t.is(await links.count(), await rows.count(), `${what}: a screen reader hears each with its author`);
      const headings = await rows.evaluateAll((all) =>
        all.map((row) => (row.querySelector('header')?.getBoundingClientRect().height ?? 0) < 1),
      );
      t.deepEqual(
        headings,
        POSTS.slice(0, headings.length).map(({ isUnder }) => isUnder),
        what,
      );
      t.true(headings.length > 2, what);
    }
  },
);

check.serial(
  'rows: a page of 50 messages has at most 60 KB of HTML, the actions of a message once, and is first seen after 90 KB',
  async (t) => {
    const { ann, bob } = await openLobby(t, { env: { POSTS_PER_SECOND: '0' } });
    const urls: string[] = [];
    for (const n of numbers(1, 60)) urls.push((await postAs(n % 3 === 0 ? ann : bob, `message ${n}: ${'words '.repeat(n % 7)}`)).url);
    for (const url of urls.slice(-10)) await bob.json('PUT', `${url}/reactions/${encodeURIComponent('👍')}`);
    const { text } = await ann.get('/groups/lobby');
    const bytes = Buffer.byteLength(text);
    t.is(text.match(/<article /g)?.length, 50);
    t.true(bytes <= 60_000, `${bytes} bytes`);
    t.is(text.match(/Mark unread from here/g)?.length, 1);
    const parts = [text, ...[/src="([^"]+app\.js)"/, /href="([^"]+app\.css)"/].map((link) => link.exec(text)?.[1] ?? '')];
    const sent = parts.map(async (part, index) => brotliCompressSync(index === 0 ? part : (await ann.get(part)).text).length);
    const seen = (await Promise.all(sent)).reduce((sum, one) => sum + one);
    t.true(seen > 50_000 && seen <= 90_000, `${seen} bytes`);
  },
);

declare const getComputedStyle: (element: unknown) => { readonly fontSize: string; readonly overflowY: string };
const FOCUSED = (element: object) => (element as { matches(selector: string): boolean }).matches(':focus');
const heightOf = async (one: Locator): Promise<number> => (await one.boundingBox())?.height ?? 0;

for (const script of ['on', 'off'] as const)
  check.serial(`content: few emoji are large, and long code is cut, with JavaScript ${script}`, async (t) => {
    const { ann, bob } = await openLobby(t);
    await postAs(bob, '🎉 :tada: 👩‍👩‍👧');
    await postAs(bob, '🎉 nine');
    const long = numbers(1, 60).map((n) => `const line${n} = ${n};`);
    await bob.json('POST', '/groups/lobby/messages', { body: `look:\n~~~js\n${long.join('\n')}\n~~~`, format: 'markdown' });
    const person = await openLobbyPage(t, browser, ann, { script });
    const size = (text: string) =>
      person
        .message(text)
        .locator('.body')
        .evaluate((body) => getComputedStyle(body).fontSize);
    await person.sees('look:');
    const sizes = [await size('👩‍👩‍👧'), await size('nine')] as const;
    t.deepEqual(sizes, ['36px', '16px']);
    const code = person.message('look:').locator('pre');
    t.is(await heightOf(code), 24 * 16);
    if (script === 'off') return t.is(await code.evaluate((one) => getComputedStyle(one).overflowY), 'auto');
    await person.message('look:').getByRole('button', { name: 'Show all 60 lines' }).click();
    t.true((await heightOf(code)) > 1000);
    await bob.json('PUT', '/groups/lobby/messages/5/reactions/👍');
    await person.message('look:').getByRole('button', { name: '👍 1' }).waitFor();
    t.true((await heightOf(code)) > 1000, 'also after a change');
    await person.message('look:').getByRole('button', { name: 'Show less' }).click();
    t.is(await heightOf(code), 24 * 16);
    t.deepEqual(person.complaints, []);
  });

check.serial('pause: new messages wait until the reader resumes, and nothing is read out meanwhile', async (t) => {
  const { ann, bob } = await openLobby(t);
  const { url } = await postAs(bob, 'before');
  const person = await openLobbyPage(t, browser, ann);
  await person.sees('before');
  await person.page.getByRole('button', { name: 'Pause' }).click();
  t.is(await person.log().getAttribute('aria-live'), 'off');
  await postAs(bob, 'first');
  await bob.json('PUT', `${url}/reactions/👍`);
  await postAs(bob, 'second');
  const resume = person.page.getByRole('button', { name: 'Resume, 2 new' });
  await resume.waitFor();
  t.deepEqual(await person.bodies(), ['before']);
  await resume.click();
  await person.sees('second');
  t.deepEqual(await person.bodies(), ['before', 'first', 'second']);
  t.is(await person.message('before').getByRole('button', { name: '👍 1' }).count(), 1);
  t.is(await person.log().getAttribute('aria-live'), null);
  await person.page.getByRole('button', { name: 'Pause' }).click();
  await postAs(bob, 'third');
  await person.page.getByRole('button', { name: 'Resume, 1 new' }).waitFor();
  await person.write('mine');
  await person.sees('mine');
  t.deepEqual(await person.bodies(), ['before', 'first', 'second', 'third', 'mine']);
  t.deepEqual(person.complaints, []);
});

check.serial('undo: it is there as long as its author has chosen, and goes then', async (t) => {
  const { ann } = await openLobby(t);
  t.is((await ann.form('/settings/appearance', { undo: '30' })).status, 303);
  const { url } = await postAs(ann, 'a slip');
  const person = await openWindow(t, browser, ann);
  await person.page.clock.install();
  await person.openGroup('lobby');
  await ann.json('DELETE', url);
  const undo = person.page.getByRole('button', { name: 'Undo' });
  await undo.waitFor();
  t.regex((await undo.locator('..').getAttribute('data-left')) ?? '', /^(?:29|30)$/);
  await person.page.clock.fastForward(31_000);
  await undo.waitFor({ state: 'detached' });
  t.deepEqual(person.complaints, []);
});

check.serial('pictures: they open over the page; arrow keys go to the others, Escape closes, and the focus returns', async (t) => {
  const { ann, bob } = await openLobby(t);
  const picture = async (name: string, width: number) => ({
    name,
    content: await newImage(width, 300).png().toBuffer(),
    type: 'image/png',
  });
  for (const files of [[await picture('pier.png', 600), await picture('boat.png', 500)], [await picture('gull.png', 400)]])
    await bob.send('/groups/lobby/messages', { method: 'POST', body: formOf(files), headers: { Accept: 'application/json' } });
  const person = await openLobbyPage(t, browser, ann);
  const link = person.log().getByRole('link', { name: 'boat.png' });
  await link.focus();
  await person.page.keyboard.press('Enter');
  const dialog = person.page.getByRole('dialog', { name: 'The picture' });
  await dialog.getByRole('img', { name: 'boat.png' }).waitFor();
  await dialog.getByText('2 of 3').waitFor();
  await person.page.keyboard.press('ArrowRight');
  await dialog.getByRole('img', { name: 'gull.png' }).waitFor();
  t.true(await dialog.getByRole('button', { name: 'Next picture' }).isDisabled());
  await person.page.keyboard.press('ArrowLeft');
  await dialog.getByRole('img', { name: 'boat.png' }).waitFor();
  await person.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  t.true(await link.evaluate(FOCUSED));
  t.deepEqual(person.complaints, []);
});

check.serial('actions: the bar beside the message under the pointer reacts and replies; the menu closes after use', async (t) => {
  const { ann, bob } = await openLobby(t);
  await postAs(bob, 'shall we?');
  const person = await openLobbyPage(t, browser, ann);
  await person.page.setViewportSize({ width: 1440, height: 900 });
  const row = person.message('shall we?');
  await row.hover();
  await row.locator('#quick').getByRole('button', { name: '👍' }).click();
  await row.getByRole('button', { name: '👍 1' }).waitFor();
  const bubble = await row.locator('.body').boundingBox();
  await row.locator('.body').hover();
  const bar = await row.locator('#quick').boundingBox();
  t.true(bubble !== null && bar !== null && bar.x >= bubble.x + bubble.width, 'beside the bubble');
  const menu = person.page.locator('#menu');
  await person.actions('shall we?');
  await menu.getByRole('listitem').getByText('👍 Ann').waitFor();
  t.is(await menu.getByRole('button', { name: 'Erase' }).count(), 1, 'Ann moderates the group');
  t.is(await menu.getByRole('link', { name: 'Edit' }).count(), 0, 'but it is not her message');
  await menu.getByRole('button', { name: 'Pin' }).click();
  await person.page.getByText('Pinned by Ann').waitFor();
  await menu.waitFor({ state: 'hidden' });
  await person.actions('shall we?');
  await menu.getByRole('button', { name: 'Unpin' }).waitFor();
  await person.page.keyboard.press('Escape');
  await menu.waitFor({ state: 'hidden' });
  t.true(await row.getByLabel('Actions').evaluate((link) => link.matches(':focus')));
  await row.hover();
  await row.locator('#quick').getByRole('link', { name: 'Reply' }).click();
  await person.page.locator('#replying').getByText('Replying to Bob shall we?').waitFor();
  t.deepEqual(person.complaints, []);
});

check.serial('actions: on a phone the menu is a sheet at the lower edge', async (t) => {
  const { ann, bob } = await openLobby(t);
  await postAs(bob, 'shall we?');
  const person = await openLobbyPage(t, browser, ann, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await person.message('shall we?').getByLabel('Actions').tap();
  const box = await person.page.locator('#menu').boundingBox();
  t.deepEqual([box?.x, box?.width, Math.round((box?.y ?? 0) + (box?.height ?? 0))], [0, 390, 844]);
  await person.page.touchscreen.tap(195, 100);
  await person.page.locator('#menu').waitFor({ state: 'hidden' });
  t.deepEqual(person.complaints, []);
});

check.serial('actions: without JavaScript each is on the page of its message, and leads back to the message', async (t) => {
  const { ann, bob } = await openLobby(t, { env: { POSTS_PER_SECOND: '0' } });
  for (const n of numbers(1, 70)) await postAs(bob, `message ${n}`);
  const person = await openLobbyPage(t, browser, ann, { script: 'off' });
  await person.go('/groups/lobby/messages/42');
  await person.press(person.page.getByRole('button', { name: '🎉', exact: true }));
  const tally = person.page.getByRole('article').getByRole('button', { name: '🎉 1' });
  await eventually(() => tally.isVisible());
  const { y = -1 } = (await tally.boundingBox()) ?? {};
  t.true(y >= 0 && y <= 800, `${y}`);
  await person.go('/groups/lobby/messages/72');
  await person.press(person.page.getByRole('button', { name: '🎉', exact: true }));
  await person.message('message 70').getByRole('button', { name: '🎉 1' }).waitFor(); // the newest are live
  await person.go('/groups/lobby/messages/8');
  await person.press(person.page.getByRole('button', { name: 'Pin', exact: true }));
  await person.page.getByRole('article').filter({ hasText: 'message 6' }).first().getByText('Pinned by Ann').waitFor();
  t.is(new URL(person.page.url()).search, '?at=8');
});
