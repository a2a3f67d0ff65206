import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import test, { type ExecutionContext } from 'ava';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { formOf, picture } from '../files/cast.ts';
import { openBrowser } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { startServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const site = await startServer();
const ann = await site.signUp('Ann');
const visitor = site.client();
const RICH = `# A heading\n\n**bold**, *italic*, ~~gone~~, \`code\`, [a link](https://example.org)\n\n> quoted\n\n- one\n- two\n\n1. first\n\n---\n
| pier | boat | leaves |\n|---|---|---:|\n| north | ${'Alma '.repeat(20)} | 12:00 |\n
~~~js\n// a comment\nconst boats = [1, 'two', /three/g].map((one) => one ?? null); // ${'and so on '.repeat(12)}\n~~~\n
~~~diff\n+ added\n- removed\n~~~`;
const { bob, direct, invite } = await furnish();

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
  await site.close();
});

/** A group with all that a page of it can show: two authors, a bot, an edited, an erased and a long message, reactions. */
async function furnish(): Promise<{ bob: Client; direct: string; invite: string }> {
  const bob = await site.signUp('Bob');
  await bob.form('/groups/join', { slug: 'lobby' });
  await ann.form('/groups/lobby/settings', { action: 'topic', topic: 'Where everybody meets' });
  const say = async (client: Client, body: string): Promise<string> =>
    (await client.json('POST', '/groups/lobby/messages', { body })).headers.get('Location') ?? '';
  const first = await say(ann, 'Hello @Bob, see https://example.org/a/path');
  await say(ann, 'And a second one');
  const second = await say(bob, `A word that does not end: ${'x'.repeat(200)}`);
  const third = await say(bob, 'What nobody should read');
  for (const client of [ann, bob]) await client.json('PUT', `${first}/reactions/${encodeURIComponent('🎉')}`);
  await bob.json('PUT', `${second}/reactions/${encodeURIComponent('👍')}`);
  await bob.json('PUT', `${second}/pin`);
  for (const url of [first, second]) await ann.json('POST', `${url}/save`);
  await ann.json('PATCH', first, { body: 'Hello @Bob, see https://example.org/another/path' });
  await bob.json('DELETE', third);
  const { slug, url } = (await bob.json('POST', '/direct', { with: 'Ann' })).json<{ slug: string; url: string }>();
  await bob.json('POST', `/groups/${slug}/messages`, { body: 'Have you a minute?' });
  for (const name of ['Carl', 'Dora', 'Eve']) await (await site.signUp(name)).form('/groups/join', { slug: 'lobby' });
  await ann.json('POST', '/groups', { name: 'News' });
  const { invite: link } = (await ann.json('POST', '/groups/news/settings', { action: 'limits', uses: 5 })).json<{ invite: string }>();
  await ann.json('POST', '/groups/news/settings', { action: 'level', level: 'nothing' });
  await ann.json('POST', '/groups/news/messages', { body: RICH, format: 'markdown' });
  await ann.send('/groups/news/messages', { method: 'POST', body: await ofAllKinds(), headers: { Accept: 'application/json' } });
  await ann.json('POST', '/groups', { name: 'Old' });
  await ann.json('POST', '/groups/old/settings', { action: 'archive', on: '1' });
  await ann.form('/groups/lobby/bots', { action: 'create', name: 'Deploy' });
  return { bob, direct: url, invite: link };
}

/** A picture, a sound, and a file that is only loaded down. */
async function ofAllKinds(): Promise<FormData> {
  const sound = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(28)]);
  return formOf([
    { name: 'harbour.png', content: await picture(600, 300).png().toBuffer(), type: 'image/png' },
    { name: 'horn.wav', content: sound, type: 'audio/wav' },
    { name: 'a name that goes on and on without an end in sight.txt', content: 'text', type: 'text/plain' },
  ]);
}

type Place = { readonly name: string; readonly path: string; readonly who: Client };

const PLACES: readonly Place[] = [
  { name: 'welcome', path: '/', who: visitor },
  { name: 'log-in', path: '/login', who: visitor },
  { name: 'groups', path: '/groups', who: ann },
  { name: 'group', path: '/groups/lobby', who: ann },
  { name: 'group with an unread line', path: '/groups/lobby?around=4&unread=4', who: ann },
  { name: 'Markdown and files', path: '/groups/news', who: ann },
  { name: 'archived group', path: '/groups/old', who: ann },
  { name: 'API', path: '/docs', who: visitor },
  { name: 'search', path: '/search?q=word', who: ann },
  { name: 'search without words', path: '/search', who: ann },
  { name: 'one message', path: '/groups/lobby/messages/3', who: ann },
  { name: 'edit', path: '/groups/lobby/messages/3/edit', who: ann },
  { name: 'members', path: '/groups/lobby/members', who: ann },
  { name: 'group settings', path: '/groups/lobby/settings', who: ann },
  { name: 'group settings of a member', path: '/groups/lobby/settings', who: bob },
  { name: 'direct messages', path: '/direct', who: ann },
  { name: 'one conversation', path: direct, who: ann },
  { name: 'settings of a conversation', path: `${direct}/settings`, who: ann },
  { name: 'invitation', path: invite, who: bob },
  { name: 'invitation of a visitor', path: invite, who: visitor },
  { name: 'pinned', path: '/groups/lobby/pins', who: ann },
  { name: 'saved', path: '/saved', who: ann },
  { name: 'nothing pinned', path: '/groups/news/pins', who: ann },
  { name: 'nothing saved', path: '/saved', who: bob },
  { name: 'earlier versions', path: '/groups/lobby/messages/4/history', who: ann },
  { name: 'bots', path: '/groups/lobby/bots', who: ann },
  { name: 'a bot', path: `/groups/lobby/bots/${(await site.core.store.users.byNameKey('deploy'))?.id}`, who: ann },
  { name: 'settings', path: '/settings', who: ann },
  { name: 'administration', path: '/admin', who: ann },
  { name: 'error', path: '/groups/nowhere', who: ann },
];

/** Text and frames of the page, seen through axe; without motion, so that no colour is measured on its way to another. */
async function violations(page: Page, colorScheme: 'light' | 'dark', options: RunOptions = {}): Promise<string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
}

/** Controls too small for a finger. A tap counts on the control and on what it lays around itself; a box in its label is as large as that. */
const SMALL = `[...document.querySelectorAll('button, summary, nav a, a.button, a.turn, label:has(input), select, input:not([type=hidden], label input), textarea')]
  .filter((control) => control.checkVisibility({ visibilityProperty: true }) && !control.closest('.vh'))
  .map((control) => {
    const around = getComputedStyle(control, '::after');
    const isLaidAround = around.content !== 'none' && around.position === 'absolute';
    const more = (...sides) => (isLaidAround ? sides.reduce((sum, side) => sum + Math.max(0, -parseFloat(around[side]) || 0), 0) : 0);
    const { width, height } = control.getBoundingClientRect();
    return { control, width: width + more('left', 'right'), height: height + more('top', 'bottom') };
  })
  .filter(({ width, height }) => width < 43.9 || height < 43.9)
  .map(({ control, width, height }) => width.toFixed(1) + ' by ' + height.toFixed(1) + ': ' + control.outerHTML.slice(0, 120))`;

/** What is wider than the window, or than the box that would have to be scrolled sideways for it. Tables and code may be, in boxes of their own. */
const WIDE = `[
  ...[document.scrollingElement, ...document.querySelectorAll('main, nav, .scroller, .column')].filter((box) => box.scrollWidth > box.clientWidth),
  ...[...document.querySelectorAll('body *')].filter((box) => box.checkVisibility() && !box.closest('table, pre') && box.getBoundingClientRect().right > innerWidth + 1),
].map((box) => box.outerHTML.slice(0, 120))`;

const MOVING = 'document.getAnimations().map((animation) => animation.animationName ?? animation.transitionProperty)';

type Look = { readonly title: string; readonly look: (page: Page) => Promise<readonly string[]> };

const LOOKS: readonly Look[] = [
  { title: 'no page breaks a rule of axe', look: (page) => violations(page, 'light') },
  { title: 'in the dark too every text has contrast', look: (page) => violations(page, 'dark', { runOnly: ['color-contrast'] }) },
  {
    title: 'accessibility: on a phone every control is at least 44 px wide and high',
    look: async (page) => {
      await page.setViewportSize({ width: 390, height: 844 });
      return page.evaluate(SMALL);
    },
  },
  {
    title: 'accessibility: no horizontal scrolling at 320 px',
    look: async (page) => {
      await page.setViewportSize({ width: 320, height: 640 });
      return page.evaluate(WIDE);
    },
  },
  {
    title: 'accessibility: no motion with prefers-reduced-motion',
    look: async (page) => {
      await page.keyboard.press('Tab');
      await page.locator('#connection').evaluateAll((all) => all.map((status) => status.setAttribute('data-state', 'reconnecting')));
      return page.evaluate(MOVING);
    },
  },
];

async function open(t: ExecutionContext, who: Client): Promise<Page> {
  const context = await present(browser).newContext({ baseURL: site.url });
  t.teardown(() => context.close());
  context.setDefaultTimeout(60_000);
  await context.addCookies([...who.cookies].map(([name, value]) => ({ name, value, url: site.url })));
  return context.newPage();
}

/** One walk through all places, on which each look is taken: what is wrong, by look and place. */
async function walk(t: ExecutionContext): Promise<Map<Look, Record<string, readonly string[]>>> {
  const found = new Map(LOOKS.map((look) => [look, {} as Record<string, readonly string[]>]));
  const pages = new Map([
    [ann, await open(t, ann)],
    [bob, await open(t, bob)],
    [visitor, await open(t, visitor)],
  ]);
  for (const { name, path, who } of PLACES) {
    const page = pages.get(who);
    await page?.setViewportSize({ width: 1280, height: 800 });
    await page?.goto(path, { waitUntil: 'domcontentloaded' });
    for (const [{ look }, faults] of found) {
      const here = page ? await look(page) : ['never seen'];
      if (here.length > 0) faults[name] = here;
    }
  }
  return found;
}

let walked: ReturnType<typeof walk> | undefined;

for (const look of LOOKS)
  check.serial(look.title, async (t) => {
    walked ??= walk(t);
    t.deepEqual((await walked).get(look), {});
  });

check.serial('accessibility: axe finds no violations in open panels and message actions on a phone', async (t) => {
  const page = await open(t, ann);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/groups/lobby');
  for (const summary of ['.side > summary', '#m-4 .acts > summary', '#m-4 .past > summary', '.people > summary']) {
    await page.locator(summary).press('Enter');
    await page.locator(`details[open] > ${summary.split(' ').at(-1)}`).waitFor();
    t.deepEqual(await violations(page, 'light'), [], summary);
    await page.keyboard.press('Escape');
  }
});

check.serial('accessibility: the motion test detects motion without prefers-reduced-motion', async (t) => {
  const page = await open(t, ann);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.goto('/groups/lobby');
  await page.locator('#connection').evaluate((status) => status.setAttribute('data-state', 'reconnecting'));
  t.deepEqual(await page.evaluate(MOVING), ['breathe']);
});
