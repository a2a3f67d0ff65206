#!/usr/bin/env node
/** Shows every page with sample data: `node bin/screenshot-page.ts [FOLDER] [NAME …]` writes HTML and screenshots and prints what axe finds wrong. */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createViews } from '../lib/views/render.ts';
import { chromiumPath } from '../test/helpers/programs.ts';
import { edit, pages, rows } from '../test/views/samples.ts';

/** Pages as they look after somebody has done something. */
const STATES: readonly {
  readonly name: string;
  readonly page: string;
  readonly size: 'desktop' | 'phone';
  act(page: Page): Promise<void>;
}[] = [
  {
    name: 'chat-actions',
    page: 'chat',
    size: 'desktop',
    async act(page) {
      await page.locator('#m-8').hover();
      await page.locator('#m-8 a.acts').click();
      await page.locator('#m-9').hover();
    },
  },
  {
    name: 'chat-connected',
    page: 'chat',
    size: 'phone',
    act: (page) => page.evaluate("{ connection.dataset.state = 'connected'; connection.textContent = 'connected'; }"),
  },
  {
    name: 'chat-escape',
    page: 'chat',
    size: 'desktop',
    async act(page) {
      await page.locator('#m-8 a.acts').click();
      await page.locator('#m-9').click();
      await page.locator('#menu').waitFor({ state: 'hidden' });
      await page.locator('#m-8 a.acts').click();
      await page.keyboard.press('Escape');
      await page.locator('#menu').waitFor({ state: 'hidden' });
    },
  },
  {
    name: 'chat-actions-last',
    page: 'chat',
    size: 'desktop',
    async act(page) {
      await page.locator('#messages article:last-of-type a.acts').click();
    },
  },
  { name: 'chat-actions-own', page: 'chat', size: 'phone', act: (page) => page.locator('#m-10 a.acts').click() },
  { name: 'chat-actions-other', page: 'chat', size: 'phone', act: (page) => page.locator('#m-8 a.acts').click() },
  { name: 'chat-menu', page: 'chat', size: 'phone', act: (page) => page.locator('.side > summary').click() },
  { name: 'chat-people', page: 'chat', size: 'phone', act: (page) => page.locator('.people > summary').click() },
  {
    name: 'chat-refused',
    page: 'chat',
    size: 'desktop',
    async act(page) {
      await page.getByRole('textbox', { name: 'Message' }).fill('A line\nand another');
      await page.keyboard.press('Enter');
      await page.getByText('Write something first.').waitFor();
    },
  },
  {
    name: 'chat-reaction-refused',
    page: 'chat',
    size: 'desktop',
    async act(page) {
      await page.locator('#m-9 .tally button:visible').click();
      await page.getByText('Write something first.').waitFor();
    },
  },
  {
    name: 'chat-edit',
    page: 'chat',
    size: 'desktop',
    async act(page) {
      await page.locator('#m-3 a.acts').click();
      await page.locator('#m-3').getByRole('link', { name: 'Edit' }).click();
      await page.locator('#edit-3:focus').waitFor();
    },
  },
  { name: 'chat-top', page: 'chat', size: 'desktop', act: (page) => page.locator('.turn').scrollIntoViewIfNeeded() },
];

const [folder = '/tmp/parley-gallery', ...names] = process.argv.slice(2);
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const CSP =
  "default-src 'none'; script-src 'self' 'nonce-n0nce'; style-src 'self' 'nonce-n0nce'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; manifest-src 'self'";

const views = createViews({ dev: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const wanted = pages.filter((page) => names.length === 0 || names.some((name) => page.name.startsWith(name)));
mkdirSync(folder, { recursive: true });

function html(name: string): string | undefined {
  const page = pages.find((each) => each.name === name);
  if (page === undefined) return undefined;
  const text = views.render(page.template, page.locals);
  if (name !== 'frame') return text;
  return text + rows.map((row) => (row.author === null ? '' : views.render('messages/_row.njk', { row }))).join('');
}

const server = createServer((request, response) => {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const asset = views.assets.get(path, String(request.headers['accept-encoding'] ?? ''));
  if (asset) return response.writeHead(asset.status, asset.headers).end(asset.body);
  if (path.endsWith('/events')) return response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(':\n\n');
  if (/^.groups.*\/edit$/.test(path))
    return response.writeHead(200, { 'Content-Type': 'text/html' }).end(views.render('messages/_edit.njk', { edit }));
  if (request.method === 'POST') return response.writeHead(422, { 'Content-Type': 'text/html' }).end('Write something first.');
  const body = html(path === '/groups/lobby/live' ? 'frame' : path.slice(1));
  if (body === undefined) return response.writeHead(404).end();
  return response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': CSP }).end(body);
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

type Finding = { id: string; help: string; nodes: { html: string; failureSummary?: string }[] };

async function shoot(browser: Browser, size: keyof typeof SIZES, colorScheme: 'light' | 'dark', javaScriptEnabled: boolean): Promise<void> {
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme,
    javaScriptEnabled,
    bypassCSP: false,
    hasTouch: size === 'phone',
    isMobile: size === 'phone',
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) console.log(`  console: ${message.text()}`);
  });
  page.on('pageerror', (error) => console.log(`  page error: ${error.message}`));
  for (const { name } of wanted) {
    const label = `${name}-${size}-${colorScheme}${javaScriptEnabled ? '' : '-plain'}`;
    await page.goto(`${origin}/${name}`);
    await page.screenshot({ path: join(folder, `${label}.png`), fullPage: !/^chat|^frame/.test(name) });
    if (javaScriptEnabled) await report(page, label);
  }
  for (const state of STATES.filter((each) => javaScriptEnabled && each.size === size && wanted.some(({ name }) => name === each.page))) {
    await page.goto(`${origin}/${state.page}`);
    await state.act(page);
    await page.screenshot({ path: join(folder, `${state.name}-${size}-${colorScheme}.png`) });
    await report(page, state.name);
  }
  await context.close();
}

async function report(page: Page, label: string): Promise<void> {
  await page.evaluate(axe);
  const violations = await page.evaluate<Finding[]>(
    "axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true }, 'meta-refresh': { enabled: false } } }).then((result) => result.violations)",
  );
  for (const { id, help, nodes } of violations)
    console.log(
      `${label}: ${id}: ${help}\n${nodes
        .slice(0, 3)
        .map((node) => `    ${node.html.slice(0, 140)}\n    ${(node.failureSummary ?? '').replaceAll('\n', ' ').slice(0, 260)}`)
        .join('\n')}`,
    );
  const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  if (Number(wide) > 0) console.log(`${label}: ${String(wide)} px too wide`);
}

for (const page of wanted) writeFileSync(join(folder, `${page.name}.html`), html(page.name) ?? '');
const browser = await chromium.launch({
  executablePath: chromiumPath() ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
for (const size of ['desktop', 'phone'] as const) for (const scheme of ['light', 'dark'] as const) await shoot(browser, size, scheme, true);
await shoot(browser, 'desktop', 'light', false);
await browser.close();
server.closeAllConnections();
server.close();
console.log(`${wanted.length} pages in ${folder}`);
