import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import type { AxeResults } from 'axe-core';
import sharp from 'sharp';
import { exportHtml } from '../../lib/export/write-html.ts';
import { storeFile } from '../../lib/files/operations.ts';
import { post, react } from '../../lib/messages/operations.ts';
import { postWithFiles } from '../../lib/messages/with-files.ts';
import { openBrowser } from '../helpers/browser.ts';
import { accessOf, openTestCore } from '../helpers/core-fixture.ts';
import { folderFor } from '../helpers/folder.ts';
import { present, requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function* piece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The folder of an export with text, code, a picture and a reaction. */
async function archiveFor(t: Parameters<typeof openTestCore>[0]): Promise<string> {
  const { core, group, ann, bob } = await openTestCore(t);
  const at = await accessOf(core, ann, group);
  const { message } = await post(core, at, {
    body: '**Bread** @Bob\n\n```js\nconst rye = 1;\n```\n\n> said **twice** of https://bakery.example/rye today\n\nhttps://bakery.example/',
    format: 'markdown',
  });
  await react(core, await accessOf(core, bob, group), message.seq, '🎉', true);
  const picture = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#c96' } })
    .png()
    .toBuffer();
  await postWithFiles(core, at, { body: '' }, [await storeFile(core, at, piece(picture), { name: 'loaf of bread.png' })]);
  const folder = join(await folderFor(t), 'pages');
  await exportHtml(core, folder, { scope: { group }, program: 'test' });
  return folder;
}

check(
  'HTML export in Chromium, from the disk: style, pictures and links work, nothing is refused, and no rule of accessibility is broken',
  async (t) => {
    const folder = await archiveFor(t);
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await present(browser).newContext({ colorScheme, viewport: { width: 390, height: 800 }, bypassCSP: false });
      t.teardown(() => context.close());
      const page = await context.newPage();
      const [complaints, asked]: [string[], string[]] = [[], []];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(pathToFileURL(join(folder, 'index.html')).href);
      await page
        .getByRole('link', { name: /1 Nov|to/ })
        .first()
        .click();
      await page.getByRole('article').first().waitFor();
      const picture = page.locator('article img');
      await picture.scrollIntoViewIfNeeded();
      await page.waitForFunction(
        "document.querySelector('article img').complete && document.querySelector('article img').naturalWidth > 0",
      );
      t.notRegex(await page.evaluate<string>('getComputedStyle(document.body).fontFamily'), /Times/);
      t.is(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0);
      const quoteLines = "(q => q.offsetHeight / parseFloat(getComputedStyle(q).lineHeight))(document.querySelector('blockquote'))";
      t.true((await page.evaluate<number>(quoteLines)) < 3.5, 'the text of a quotation flows around its links');
      t.deepEqual(complaints, []);
      t.deepEqual(
        asked.filter((url) => !url.startsWith('file:')),
        [],
      );
    }
    const context = await present(browser).newContext({ bypassCSP: true });
    t.teardown(() => context.close());
    const page = await context.newPage();
    for (const name of ['index.html', 'kitchen-0001.html']) {
      await page.goto(pathToFileURL(join(folder, name)).href);
      await page.evaluate(axe);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      t.deepEqual(
        violations.map(({ id, nodes }) => [id, nodes[0]?.html]),
        [],
        name,
      );
    }
  },
);
