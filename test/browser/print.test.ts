import test from 'ava';
import { openBrowser, openLobbyPage } from '../helpers/browser.ts';
import { openLobby, postAs } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { numbers } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

check.serial('printing: the whole conversation of the page, without lists and fields', async (t) => {
  const { ann, bob } = await openLobby(t, { env: { POSTS_PER_SECOND: '0' } });
  for (const n of numbers(1, 40)) await postAs(bob, `message ${n}`);
  const { page } = await openLobbyPage(t, browser, ann);
  const tall = 'document.documentElement.scrollHeight > 2 * innerHeight';
  t.false(await page.evaluate(tall));
  await page.emulateMedia({ media: 'print' });
  t.true(await page.evaluate(tall), 'it is not cut off at the window');
  for (const hidden of ['#sidebar', '#members', '#composer']) t.false(await page.locator(hidden).isVisible(), hidden);
  t.true(await page.getByText('message 1', { exact: true }).isVisible());
});
