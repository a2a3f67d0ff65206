import test from 'ava';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { newGroup } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { openSite } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

const FIRST_VIEW_BYTES = 90 * 1024;
const GROUP_PAGE_BYTES = 60 * 1024;
const MAX_SHIFT = 0.05;

/** Of a page of 50 messages of usual length, by two people in turn, with a list of groups beside it. */
check.serial('budgets: the first view of a group is small and does not shift', async (t) => {
  const site = await openSite(t);
  for (const name of ['Kitchen', 'Harbour', 'Timetables', 'Night shift']) await newGroup(site.ann, name, ['Bob']);
  for (let number = 1; number <= 50; number += 1)
    await site.core.appender.append(site.lobby.id, {
      ...{ kind: 'message', format: 'text', uid: `budget-${number}`, author: (number % 3 ? site.annUser : site.bobUser).id },
      body: `Message ${number}: the boat of ${number} past eight leaves from pier 2 today, and the next one as usual.`,
    });
  const html = (await site.ann.get('/groups/lobby')).text;
  t.true(Buffer.byteLength(html) <= GROUP_PAGE_BYTES, `${Buffer.byteLength(html)} bytes of HTML`);

  const person = await openWindow(t, browser, site.ann);
  const { page } = person;
  const paths = ['app.js', 'css/app.css'].map((path) => new RegExp(`/static/[0-9a-f]{16}/${path}`).exec(html)?.[0] ?? '');
  const isBrotli = async (path: string) =>
    (await fetch(site.url + path, { headers: { 'Accept-Encoding': 'br' } })).headers.get('content-encoding') === 'br';
  for (const path of paths) await eventually(() => isBrotli(path)); // compressed in the background after the first request
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: 200_000,
    uploadThroughput: 90_000,
  });
  let total = 0; // the bodies as transferred; the stream has no length
  page.on('response', (answer) => {
    total += Number(answer.headers()['content-length'] ?? 0);
  });
  await page.addInitScript(`
    globalThis.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  `);
  await person.openGroup('lobby');
  await person.sees('Message 50:');
  await page.waitForLoadState('load');
  t.true(total > 20_000 && total <= FIRST_VIEW_BYTES, `${total} bytes, compressed`);
  const shift = await page.evaluate<number>(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(shift))))',
  );
  t.true(shift <= MAX_SHIFT, `layout shift ${shift}`);
});
