import { type ExecutionContext, registerCompletionHandler } from 'ava';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import type { Client } from './client.ts';
import { PASSWORD } from './server.ts';
import { chromiumPath, type Missing, present } from './services.ts';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium, which is closed after the tests of the file. `isWhole`: one that shows notifications too, at twice the cost. */
export async function openBrowser({ isWhole = false } = {}): Promise<Browser | Missing> {
  const executablePath = chromiumPath({ isWhole });
  if (executablePath === undefined) return { missing: 'no Chromium on PATH' };
  const browser = await chromium.launch({ executablePath, args: ARGS });
  registerCompletionHandler(() => void browser.close());
  return browser;
}

export type Script = 'on' | 'off';

/** `script`: whether the pages may run scripts; they may by default. */
type WindowOptions = BrowserContextOptions & { readonly script?: Script };

/** A browser window with the session of `client`, closed with the test. It shows no page yet. */
export async function openWindow(
  t: Pick<ExecutionContext, 'teardown'>,
  browser: Browser | Missing,
  client: Client,
  { script = 'on', ...options }: WindowOptions = {},
): Promise<Person> {
  const context = await present(browser).newContext({
    baseURL: client.url,
    javaScriptEnabled: script === 'on',
    viewport: { width: 1280, height: 800 },
    timezoneId: 'UTC',
    serviceWorkers: 'block', // which answer requests that a test intercepts; a test about them allows them
    ...options,
  });
  t.teardown(() => context.close());
  context.setDefaultTimeout(60_000);
  await addSession(context, client);
  return new Person(await context.newPage(), script);
}

/** As `openWindow`, at the page of Lobby, with its stream open. */
export async function openLobbyPage(
  t: Pick<ExecutionContext, 'teardown'>,
  browser: Browser | Missing,
  client: Client,
  options: WindowOptions = {},
): Promise<Person> {
  const person = await openWindow(t, browser, client, options);
  await person.openGroup('lobby');
  return person;
}

/** Gives a browser the session of `client`, in place of one that it has. */
export async function addSession(context: BrowserContext, client: Client): Promise<void> {
  await context.addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: client.url })));
}

/** A user of a browser window, who finds controls by role and name, as a screen reader does. */
export class Person {
  readonly page: Page;
  readonly script: Script;
  /** What the console reported: errors of scripts, refusals of the Content-Security-Policy. */
  readonly complaints: string[] = [];

  constructor(page: Page, script: Script) {
    this.page = page;
    this.script = script;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d|ERR_/.test(message.text())) this.complaints.push(message.text());
    });
  }

  /** Waits for the first byte only: a page with the live frame never finishes loading. */
  async go(path: string): Promise<void> {
    await this.page.goto(path, { waitUntil: 'commit' });
  }

  async signUp(name: string): Promise<void> {
    await this.go('/');
    await this.fillIn('Sign up', name);
    await this.page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
  }

  async logIn(name: string): Promise<void> {
    await this.go('/login');
    await this.fillIn('Log in', name);
  }

  async fillIn(form: 'Sign up' | 'Log in', name: string, password = PASSWORD): Promise<void> {
    const fields = this.page.getByRole('form', { name: form });
    await fields.getByLabel('Name').fill(name);
    await fields.getByLabel('Password').fill(password);
    await this.press(fields.getByRole('button', { name: form }));
  }

  /** Clicks without waiting for a page to load to its end. */
  async press(control: Locator): Promise<void> {
    await control.click({ noWaitAfter: true });
  }

  async openGroup(slug: string): Promise<void> {
    await this.go(`/groups/${slug}`);
    await this.live();
  }

  /** Waits until the stream of the page is open. */
  async live(): Promise<void> {
    if (this.script === 'on') await this.page.getByText('connected', { exact: true }).waitFor();
    else await this.log().waitFor({ state: 'attached' });
  }

  /** The list of messages: on the page, or in the live frame without JavaScript. */
  log(): Locator {
    const root = this.script === 'on' ? this.page : this.page.frameLocator('iframe[title="Live messages"]');
    return root.getByRole('log', { name: 'Messages' });
  }

  /** The field for a new message. */
  composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  /** The message with this text. */
  message(text: string): Locator {
    return this.log().locator('article').filter({ hasText: text });
  }

  async write(text: string): Promise<void> {
    await this.composer().fill(text);
    if (this.script === 'on') return this.page.keyboard.press('Enter');
    const answered = this.page.waitForEvent('framenavigated', (frame) => frame === this.page.mainFrame());
    await this.press(this.page.getByRole('button', { name: 'Send', exact: true }));
    await answered;
  }

  /** The texts of the messages shown, in order. */
  bodies(): Promise<string[]> {
    return this.log().locator('article .body').allInnerTexts();
  }

  async sees(text: string): Promise<void> {
    await this.message(text).first().waitFor();
  }

  /** Opens the actions of a message; resolves to what has them: its row, or without JavaScript the main part of its page. */
  async actions(text: string): Promise<Locator> {
    const row = this.message(text).first();
    await row.hover();
    await this.press(row.getByLabel('Actions'));
    if (this.script === 'on') return row;
    await this.page.getByRole('heading', { name: 'Actions' }).waitFor();
    return this.page.getByRole('main');
  }
}
