#!/usr/bin/env node
/** Takes the screenshots in docs/screenshots, of a real server with the demo in a real browser. `node bin/screenshots.ts [FOLDER]` */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { chromiumPath } from '../test/helpers/programs.ts';
import { postActivity } from './screenshots/demo-activity.ts';

const ROOT = join(import.meta.dirname, '..');
const PARLEY = join(ROOT, 'bin/parley');
const folder = process.argv[2] ?? join(ROOT, 'docs/screenshots');
const dataDir = mkdtempSync(join(tmpdir(), 'parley-screenshots-'));
const env = { ...process.env, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'silent' };

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

type Screenshot = {
  readonly name: string;
  readonly path: string;
  readonly scheme: 'light' | 'dark';
  readonly size: typeof DESKTOP;
  readonly script?: boolean;
  /** A text to scroll to. */
  readonly at?: string;
};

const SCREENSHOTS: readonly Screenshot[] = [
  { name: 'group-light', path: '/groups/timetable-app', scheme: 'light', size: DESKTOP },
  { name: 'group-dark', path: '/groups/timetable-app', scheme: 'dark', size: DESKTOP, at: 'eight years old' },
  { name: 'group-phone', path: '/groups/timetable-app', scheme: 'light', size: PHONE },
  { name: 'group-phone-dark', path: '/groups/timetable-app', scheme: 'dark', size: PHONE },
  { name: 'group-without-javascript', path: '/groups/general', scheme: 'light', size: DESKTOP, script: false },
  { name: 'groups', path: '/groups', scheme: 'light', size: DESKTOP },
  { name: 'search', path: '/search?q=timetable', scheme: 'dark', size: DESKTOP },
  { name: 'members', path: '/groups/operations/members', scheme: 'light', size: DESKTOP },
  { name: 'group-settings', path: '/groups/timetable-app/settings', scheme: 'light', size: DESKTOP, at: 'New code' },
  { name: 'pinned-phone', path: '/groups/timetable-app/pins', scheme: 'light', size: PHONE },
  { name: 'settings', path: '/settings', scheme: 'dark', size: DESKTOP },
  { name: 'api', path: '/docs', scheme: 'light', size: DESKTOP },
  { name: 'admin', path: '/admin', scheme: 'dark', size: DESKTOP },
];

function seed(): string {
  const { status, stdout, stderr } = spawnSync(PARLEY, ['seed'], { env, encoding: 'utf8', input: '' });
  const password = /password (\S+)/.exec(stdout)?.[1];
  if (status !== 0 || password === undefined) throw new Error(`seed failed: ${stderr || stdout}`);
  return password;
}

async function urlOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url) return url;
  }
  throw new Error('the server exited before it printed its URL');
}

async function open(browser: Browser, url: string, look: Screenshot, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: look.size,
    colorScheme: look.scheme,
    javaScriptEnabled: look.script ?? true,
    timezoneId: 'UTC',
    locale: 'en-GB',
    ...options,
  });
  return context.newPage();
}

async function logIn(page: Page, name: string, password: string): Promise<void> {
  await page.goto('/login', { waitUntil: 'commit' });
  const form = page.getByRole('form', { name: 'Log in' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Your groups' }).waitFor();
}

/** Waits for the live part of a group page: the connected stream, or the newest message in the frame. */
async function waitForLive(page: Page, look: Screenshot): Promise<void> {
  if (!/^\/groups\/[^/]+$/.test(look.path)) return;
  if (look.script === false) await page.frameLocator('iframe').locator('article').last().waitFor();
  else await page.locator('#connection[data-state="connected"]').waitFor({ state: 'attached' });
}

async function take(browser: Browser, url: string, look: Screenshot, password: string): Promise<void> {
  const page = await open(browser, url, look);
  await logIn(page, 'Maya', password);
  await page.goto(look.path, { waitUntil: 'commit' });
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await waitForLive(page, look);
  if (look.at) await page.getByText(look.at).last().scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(folder, `${look.name}.png`) });
  await page.context().close();
  console.log(`${look.name}.png`);
}

async function takeWelcome(browser: Browser, url: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    const page = await open(browser, url, { name: 'welcome', path: '/', scheme, size: DESKTOP });
    await page.goto('/');
    await page.screenshot({ path: join(folder, `welcome-${scheme}.png`) });
    await page.context().close();
    console.log(`welcome-${scheme}.png`);
  }
}

const executablePath = chromiumPath({ isWhole: true }); // the complete browser, as users have it
if (executablePath === undefined) throw new Error('Chromium must be on PATH to take screenshots');
mkdirSync(folder, { recursive: true });
const password = seed();
const server = spawn(PARLEY, ['serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
try {
  const url = await urlOf(server.stderr);
  const tom = await open(browser, url, { name: 'tom', path: '/', scheme: 'light', size: DESKTOP }); // a second person who is present
  await logIn(tom, 'Tom', password);
  await postActivity({ url, parley: PARLEY, env });
  await tom.goto('/groups/timetable-app');
  await takeWelcome(browser, url);
  for (const look of SCREENSHOTS) await take(browser, url, look, password);
} finally {
  await browser.close();
  server.kill();
  await once(server, 'exit');
  rmSync(dataDir, { recursive: true, force: true });
}
