import test, { type ExecutionContext } from 'ava';
import { openBrowser, openWindow, type Person, type Script } from '../helpers/browser.ts';
import { startServerFor } from '../helpers/server.ts';
import { present, requireOrSkip } from '../helpers/services.ts';
import { lynx, Reader } from '../helpers/text-browser.ts';

const [browser, text] = [await openBrowser(), lynx()];
const check = requireOrSkip(test, browser);
const checkText = requireOrSkip(test, text);

/** Lobby with an old message that newer ones have pushed off the page. */
async function opened(t: ExecutionContext) {
  const site = await startServerFor(t, { env: { POSTS_PER_SECOND: '0' } });
  const bob = await site.signUp('Zoe');
  const postText = (body: string) => bob.json('POST', '/groups/lobby/messages', { body });
  await postText('The lighthouse keeps its lamp lit');
  for (let i = 0; i < 70; i += 1) await postText(`later ${i}`);
  return site;
}

async function annAt(t: ExecutionContext, script: Script): Promise<Person> {
  const site = await opened(t);
  const ann = await openWindow(t, browser, site.client(), { script });
  await ann.signUp('Ann');
  await ann.live();
  return ann;
}

for (const script of ['on', 'off'] as const)
  check.serial(`search page: with JavaScript ${script} a search on the group’s page leads to a message among its neighbours`, async (t) => {
    const ann = await annAt(t, script);
    const { page } = ann;
    await page.getByRole('searchbox', { name: 'Search messages' }).fill('lamp from:zoe');
    await ann.press(page.getByRole('search').getByRole('button', { name: 'Search' }));
    const hits = page.getByRole('list', { name: 'Messages found, newest first' });
    await hits.getByText('The lighthouse keeps its lamp lit').waitFor();
    t.is(await hits.getByRole('listitem').count(), 1);
    t.is(await hits.locator('mark').textContent(), 'lamp');
    t.is(await page.getByRole('searchbox', { name: 'Search messages' }).inputValue(), 'lamp from:zoe');
    await ann.press(hits.getByRole('link').last());
    const found = page.getByRole('article').filter({ hasText: 'lighthouse' });
    await found.waitFor();
    t.regex(page.url(), /\/groups\/lobby\?around=\d+#m-\d+$/);
    t.true(await found.evaluate((element) => element.matches(':target')));
    await ann.go('/search?q=unheard');
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    t.deepEqual(ann.complaints, []);
  });

check.serial('search page: / focuses the field; / is a character in text fields', async (t) => {
  const ann = await annAt(t, 'on');
  const { page } = ann;
  const field = page.getByRole('searchbox', { name: 'Search messages' });
  const hasFocus = () => field.evaluate((element) => element.matches(':focus'));
  const composer = page.getByRole('textbox', { name: 'Message' });
  await composer.focus();
  await page.keyboard.type('a/b');
  t.is(await composer.inputValue(), 'a/b');
  t.false(await hasFocus());
  await field.focus();
  await page.keyboard.type('/x');
  t.is(await field.inputValue(), '/x');
  await page.getByRole('link', { name: 'Parley' }).focus();
  await page.keyboard.press('/');
  t.true(await hasFocus());
  await page.keyboard.type('lighthouse');
  t.is(await field.inputValue(), 'lighthouse', 'what was there is written over');
  await page.keyboard.press('Enter');
  await page.getByText('The lighthouse keeps its lamp lit').waitFor();

  await page.setViewportSize({ width: 390, height: 844 });
  await ann.openGroup('lobby');
  t.false(await field.isVisible());
  await page.getByRole('link', { name: 'Skip to the content' }).focus();
  await page.keyboard.press('/');
  await field.waitFor();
  t.true(await hasFocus(), 'on a narrow page the menu opens for it');
  t.deepEqual(ann.complaints, []);
});

checkText('search page: works in lynx', async (t) => {
  const site = await opened(t);
  const reader = await Reader.open(present(text), site.url);
  t.teardown(() => reader.close());
  await reader.submit('/', 'Sign up', { name: 'Lyn', password: 'correct horse battery' });
  const shown = await reader.read('/search?q=lighthouse');
  t.regex(shown, /Zoe in Lobby .*\n\s+The lighthouse keeps its lamp lit/);
  t.true((await reader.read('/groups/lobby')).includes('Search'));
});
