import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import test, { type ExecutionContext } from 'ava';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { isLongRun } from '../helpers/long-run.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { ann, bob, halfLoggedIn, PAGES, type PageUnderTest, site, visitor } from './pages.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test.after.always(() => site.close());

const CONTRAST: RunOptions = { runOnly: ['color-contrast'] };
/** axe looks for violations only: what it passes is not listed, and no style sheet is loaded again. */
const AXE: RunOptions = { resultTypes: ['violations'], preload: false };

/** Runs axe on the page and its frames, or on one element; without motion, so that axe measures no colour in a transition. */
async function violations(page: Page, colorScheme: 'light' | 'dark', options: RunOptions = {}, selector = ''): Promise<string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe);
  const what = selector === '' ? 'document' : JSON.stringify(selector);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${what}, ${JSON.stringify({ ...AXE, ...options })})`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
}

/** Controls smaller than 44 px. The target includes the area of `::after`; a checkbox in a label has the size of the label. */
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

/** Elements wider than the window or than their scroll container. Tables, code and a line of many tabs may be, in containers of their own. */
const WIDE = `[
  ...[document.scrollingElement, ...document.querySelectorAll('main, nav, .scroller, .column')].filter((box) =>
    box.scrollWidth > box.clientWidth && !box.matches('.tabs.many') && (box === document.scrollingElement || getComputedStyle(box).overflowX !== 'visible')),
  ...[...document.querySelectorAll('body *')].filter((box) => box.checkVisibility() && !box.closest('table, pre, .tabs.many') && box.getBoundingClientRect().right > innerWidth + 1),
].map((box) => box.outerHTML.slice(0, 120))`;

/** Controls with text that ends outside of them, or is cut off. A name that somebody has chosen may be. */
const CUT = `[...document.querySelectorAll('button, a.button, summary, .tabs a, nav a, label.check')]
  .filter((control) => control.checkVisibility({ visibilityProperty: true }) && !control.closest('.vh, #sidebar, #rail, [dir="auto"]'))
  .filter((control) => {
    const box = control.getBoundingClientRect();
    const texts = document.createTreeWalker(control, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (text.data.trim() === '' || text.parentElement.closest('.vh, .who, [dir="auto"]') || !text.parentElement.checkVisibility()) continue;
      if (text.parentElement.getBoundingClientRect().width <= 1) continue; // for screen readers only
      const range = document.createRange();
      range.selectNodeContents(text);
      const { left, right } = range.getBoundingClientRect();
      if (left < box.left - 1 || right > box.right + 1) return true;
    }
    return false;
  })
  .map((control) => 'cut: ' + control.outerHTML.slice(0, 160))`;

const MOVING = 'document.getAnimations().map((animation) => animation.animationName ?? animation.transitionProperty)';

const WIDTHS = [320, 390, 768, 1280, 2560];
type Tongue = 'English' | 'French';

/** French words are longer: without the long suites English is looked at where there is least and most room. */
const widthsFor = (tongue: Tongue): readonly number[] => (isLongRun || tongue === 'French' ? WIDTHS : [320, 2560]);

/** What is wrong with the layout, with the width (px) of the window before it. */
async function layoutFaults(page: Page, tongue: Tongue): Promise<string[]> {
  const found: string[] = [];
  for (const width of widthsFor(tongue)) {
    await page.setViewportSize({ width, height: 800 });
    const faults = await page.evaluate<string[]>(`[...${WIDE}, ...${CUT}]`);
    found.push(...faults.map((fault) => `${width}: ${fault}`));
  }
  return found;
}

type Check = {
  readonly title: string;
  readonly findViolations: (page: Page, tongue: Tongue) => Promise<readonly string[]>;
  /** Whether a page is checked; every page if absent. French has the same markup: without the long suites some pages of each kind stand for the others. */
  readonly isFor?: (tongue: Tongue, page: PageUnderTest) => boolean;
};

const SOME = new Set(['welcome', 'group', 'settings', 'administration', 'search', 'group settings', 'profile', 'a bot']);
const isChecked = (tongue: Tongue, { name }: PageUnderTest): boolean => isLongRun || tongue === 'English' || SOME.has(name);

const CHECKS: readonly Check[] = [
  {
    title: 'accessibility: axe finds no violations on any page',
    findViolations: (page) => violations(page, 'light'),
    isFor: isChecked,
  },
  {
    title: 'accessibility: every text has enough contrast in the dark theme',
    findViolations: (page) => violations(page, 'dark', isLongRun ? {} : CONTRAST),
    isFor: isChecked,
  },
  {
    title: 'accessibility: on a phone every control is at least 44 px wide and high',
    findViolations: async (page) => {
      await page.setViewportSize({ width: 390, height: 844 });
      return page.evaluate(SMALL);
    },
  },
  {
    title: 'layout: nothing is wider than the window and no text of a control is cut off, from 320 to 2560 px',
    findViolations: layoutFaults,
  },
  {
    title: 'accessibility: no motion with prefers-reduced-motion',
    findViolations: async (page) => {
      await page.keyboard.press('Tab');
      await page.locator('#connection').evaluateAll((all) => all.map((status) => status.setAttribute('data-state', 'reconnecting')));
      return page.evaluate(MOVING);
    },
    isFor: (tongue) => tongue === 'English',
  },
];

/** A window of a browser that asks for pages in that language. */
const open = async (t: ExecutionContext, who: Client, tongue: Tongue = 'English'): Promise<Page> =>
  (await openWindow(t, browser, who, tongue === 'French' ? { locale: 'fr-FR' } : {})).page;

/** Opens every page once and runs each check on it: the violations by check and page. */
async function checkPages(t: ExecutionContext, tongue: Tongue): Promise<Map<Check, Record<string, readonly string[]>>> {
  const found = new Map(CHECKS.map((each) => [each, {} as Record<string, readonly string[]>]));
  const pages = new Map<Client, Page>();
  for (const who of [ann, bob, visitor, halfLoggedIn]) pages.set(who, await open(t, who, tongue));
  for (const one of PAGES) {
    const { name, path, who, status = 200 } = one;
    const page = pages.get(who);
    await page?.setViewportSize({ width: 1280, height: 800 });
    const answer = await page?.goto(path, { waitUntil: 'domcontentloaded' });
    t.is(answer?.status(), status, name);
    for (const [{ findViolations, isFor }, violations] of found) {
      if (isFor && !isFor(tongue, one)) continue;
      const here = page ? await findViolations(page, tongue) : ['not opened'];
      if (here.length > 0) violations[name] = here;
    }
  }
  return found;
}

for (const tongue of ['English', 'French'] as const) {
  let checked: ReturnType<typeof checkPages> | undefined;
  for (const each of CHECKS) {
    if (each.isFor && !PAGES.some((page) => each.isFor?.(tongue, page))) continue;
    check.serial(`${each.title}, in ${tongue}`, async (t) => {
      checked ??= checkPages(t, tongue);
      t.deepEqual((await checked).get(each), {});
    });
  }
}

/** What is open on a page: how it is opened, and what axe looks at then. */
type Opened = { readonly path?: string; readonly open: (page: Page) => Promise<void>; readonly selector: string };

/** Scrolls before: a menu that opens while the page scrolls closes again. */
const press = (selector: string) => async (page: Page) => {
  const target = page.locator(selector).first();
  await target.evaluate((element: { scrollIntoView(options: object): void }) => element.scrollIntoView({ block: 'nearest' }));
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await target.press('Enter');
};
const type = (text: string) => async (page: Page) => {
  await page.locator('#body').fill('');
  await page.locator('#body').pressSequentially(text);
};

const OPENED: Readonly<Record<string, Opened>> = {
  'list of groups': { open: press('.side > summary'), selector: '.side > .sheet' },
  'list of members': { open: press('.people > summary'), selector: '.people > .sheet' },
  'earlier versions': { open: press('#m-4 .past > summary'), selector: '#m-4' },
  'actions of a message': { open: press('#m-4 a.acts'), selector: '#menu' },
  switcher: { open: (page) => page.keyboard.press('Control+k'), selector: '#switcher li' },
  'people to mention': { open: type('to @'), selector: '[role="listbox"]' },
  'emoji after a colon': { open: type('to :bo'), selector: '[role="listbox"]' },
  'emoji picker': { open: press('.composer a.emoji'), selector: '.emoji-picker button' },
  'emoji for a reaction': {
    open: async (page) => {
      await press('#m-4 a.acts')(page);
      await press('#menu .pick')(page);
    },
    selector: '.emoji-picker button',
  },
  'keyboard shortcuts': { open: (page) => page.evaluate('document.getElementById("keys").showModal()'), selector: '#keys' },
  'editing a message': {
    open: async (page) => {
      await press('#m-4 a.acts')(page);
      await press('#menu .edits')(page);
    },
    selector: '#m-4 form.edit',
  },
  'question of an action': { open: press('.action summary'), selector: '.action details[open] > form' },
  'form of an action': { open: press('.action a.button'), selector: '.actions form.edit' },
  picture: { path: '/groups/news', open: press('.files a.image'), selector: '.lightbox' },
};

// Markup and styles are the same in French; the texts of the pages are checked above.
for (const tongue of isLongRun ? (['English', 'French'] as const) : (['English'] as const))
  check.serial(`accessibility: axe finds no violations in what can be opened on a group's page, in ${tongue}`, async (t) => {
    const page = await open(t, ann, tongue);
    const found: Record<string, string[]> = {};
    for (const [name, { path = '/groups/lobby', open: act, selector }] of Object.entries(OPENED))
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: 844 });
        await page.goto(path, { waitUntil: 'domcontentloaded' });
        if (width === 390 || !/^list of/.test(name)) await act(page);
        await page.locator(selector).first().waitFor();
        const around = selector.replace(/ (?:li|button)$/, '');
        for (const theme of ['light', 'dark'] as const) {
          const options = isLongRun || theme === 'light' ? {} : CONTRAST;
          const here = await violations(page, theme, options, around);
          if (here.length > 0) found[`${name}, ${width} px, ${theme}`] = here;
        }
        const faults = await page.evaluate<string[]>(`[...${WIDE}, ...${CUT}]`);
        if (faults.length > 0) found[`${name}, ${width} px`] = faults;
      }
    t.deepEqual(found, {});
  });

check.serial('accessibility: the layout check finds a text that is cut off, and a wide element', async (t) => {
  const page = await open(t, visitor);
  await page.goto('/login');
  t.deepEqual(await layoutFaults(page, 'French'), []);
  await page.evaluate('document.querySelector("main button").style = "width: 3ch; min-width: 0; overflow: hidden; white-space: nowrap"');
  t.true((await layoutFaults(page, 'French')).some((fault) => fault.startsWith('390: cut: <button')));
  await page.evaluate('document.querySelector("h1").style.width = "400px"');
  t.true((await layoutFaults(page, 'French')).some((fault) => fault.startsWith('320: <h1')));
});

/** GET requests that answer with no page of their own: data, files, streams, parts of pages, redirects. */
const NOT_PAGES = new Set([
  ...[
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/sw.js',
    '/manifest.webmanifest',
    '/mcp',
    '/emoji',
    '/me',
    '/events',
    '/commands',
  ],
  ...[
    '/settings/push',
    '/settings/data.jsonl',
    '/admin/audit.jsonl',
    '/login/oidc',
    '/login/oidc/callback',
    '/rooms/:room/@:id',
    '/rooms/:room/:key/messages',
  ],
  ...['/.well-known/oauth-protected-resource{/*of}', '/.well-known/oauth-authorization-server{/*of}'],
  ...['/avatars/:id', '/avatars/:id/small', '/site-icon/:id', '/site-icon/:id/small', '/files/:id', '/files/:id/thumb', '/files/:id/:name'],
  ...['events', 'live', 'messages', 'messages/:seq/quote', 'by-key/:key', 'invite.svg', 'bots/:id/deliveries', 'ephemeral'].map(
    (path) => `/groups/:slug/${path}`,
  ),
  ...['events', 'live'].map((stream) => `/groups/:slug/messages/:seq/thread/${stream}`),
]);
/** The page of an incoming webhook says how to use it; the clients that it stands in for ask for data. */
const HOOKS = /^\/(?:hooks|services|api)\//;

test('accessibility: every page that a route shows is among those checked', (t) => {
  const paths = PAGES.map(({ path }) => new URL(path, site.url).pathname);
  const missing = site.server
    .routes()
    .filter(({ method, path }) => method === 'GET' && !NOT_PAGES.has(path) && !HOOKS.test(path))
    .filter(({ path }) => !paths.some((one) => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(one)));
  t.deepEqual(
    missing.map(({ path }) => path),
    [],
  );
  t.true(PAGES.length > 60);
});

check.serial('accessibility: the motion test detects motion without prefers-reduced-motion', async (t) => {
  const page = await open(t, ann);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.goto('/groups/lobby');
  await page.locator('#connection').evaluate((status) => status.setAttribute('data-state', 'reconnecting'));
  t.deepEqual(await page.evaluate(MOVING), ['breathe']);
});
