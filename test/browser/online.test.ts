import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import { openBrowser, openLobbyPage, openWindow } from '../helpers/browser.ts';
import { openLobby } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

/** A hidden text is read as a word of its own. */
const ONLINE = /^Bob ?, online$/;
/** WCAG 2.2, 1.4.11: of the parts of a page that carry a meaning. */
const MIN_CONTRAST = 3;

/** The contrast of the dot of a row with the ring around it, and whether the ring has the colour of what is behind the row. */
const contrastOf = (row: Locator): Promise<{ dot: number; isSeamless: boolean }> =>
  row.evaluate((item) => {
    const page = item.ownerDocument;
    const style = (of: typeof item, part?: string) => page.defaultView.getComputedStyle(of, part);
    const linear = (part: number): number => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = (color: string): number => {
      const canvas = page.createElement('canvas').getContext('2d');
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
      return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const { backgroundColor, borderTopColor } = style(item, '::after');
    const [dot, ring] = [luminance(backgroundColor), luminance(borderTopColor)];
    let behind = item;
    while (style(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
    return {
      dot: (Math.max(dot, ring) + 0.05) / (Math.min(dot, ring) + 0.05),
      isSeamless: style(behind).backgroundColor === borderTopColor,
    };
  });

/** Ann and Bob, who has a picture, with direct messages. */
async function openFriends(t: ExecutionContext) {
  const site = await openLobby(t);
  const form = new FormData();
  const picture = await sharp({ create: { width: 300, height: 300, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  form.set('picture', new Blob([new Uint8Array(picture)]), 'me.png');
  await site.bob.send('/settings/picture', { method: 'POST', body: form, headers: { Accept: 'text/html' } });
  await site.ann.json('POST', '/direct', { with: 'Bob' });
  return site;
}

check.serial('rail: direct messages have the picture of the person, and a dot while they are online, on any page', async (t) => {
  const { ann, bob } = await openFriends(t);
  const person = await openWindow(t, browser, ann);
  const { page } = person;
  await person.go('/settings');
  const row = page.locator('#sidebar li').filter({ has: page.getByRole('link', { name: /^Bob/ }) });
  await row.getByRole('link', { name: 'Bob', exact: true }).waitFor();
  await row.locator('img').evaluate((image) => image.decode());
  t.deepEqual(await row.locator('img').evaluate(({ naturalWidth, clientWidth }) => [naturalWidth, clientWidth]), [96, 20]);
  const initial = await row.evaluate((item) => item.ownerDocument.defaultView.getComputedStyle(item, '::before').content);
  t.is(initial, 'none', 'the picture is in place of it');

  await openLobbyPage(t, browser, bob);
  await row.getByRole('link', { name: ONLINE }).waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { dot, isSeamless } = await contrastOf(row);
    t.true(dot >= MIN_CONTRAST, `${dot} in the ${colorScheme} theme`);
    t.true(isSeamless, colorScheme);
  }
  t.is((await row.boundingBox())?.height, 32);
  await row.locator('img').click({ force: true });
  await page.getByRole('heading', { name: 'Bob', level: 1 }).waitFor();
  t.deepEqual(person.complaints, []);
});

check.serial('rail: without JavaScript, each page has the dots', async (t) => {
  const { ann, bob } = await openFriends(t);
  await openLobbyPage(t, browser, bob);
  const person = await openWindow(t, browser, ann, { script: 'off', hasTouch: true, isMobile: true });
  await person.go('/groups');
  const link = person.page.locator('#sidebar').getByRole('link', { name: ONLINE });
  await link.waitFor();
  t.is((await link.boundingBox())?.height, 44);
});
