import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { PASSWORD, type TestServer } from './server.ts';
import { chromiumPath, type Missing } from './services.ts';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One Chromium for a test file. `isWhole`: one that shows notices too, at twice the cost. */
export async function openBrowser({ isWhole = false } = {}): Promise<Browser | Missing> {
  const executablePath = chromiumPath({ isWhole });
  if (executablePath === undefined) return { missing: 'no Chromium on PATH' };
  return chromium.launch({ executablePath, args: ARGS });
}

export type Script = 'on' | 'off';

/** A person at a browser window, who finds things by the names that a screen reader would say. */
export class Person {
  readonly page: Page;
  readonly script: Script;
  /** What the console complained of: errors of scripts, refusals of the Content-Security-Policy. */
  readonly complaints: string[] = [];

  static async open(browser: Browser, site: Pick<TestServer, 'url'>, script: Script): Promise<Person> {
    const context = await browser.newContext({
      baseURL: site.url,
      javaScriptEnabled: script === 'on',
      viewport: { width: 1280, height: 800 },
      timezoneId: 'UTC',
    });
    context.setDefaultTimeout(60_000);
    return new Person(await context.newPage(), script);
  }

  constructor(page: Page, script: Script) {
    this.page = page;
    this.script = script;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d|ERR_/.test(message.text())) this.complaints.push(message.text());
    });
  }

  /** A page that shows the live frame never finishes loading, so nobody waits for that. */
  async go(path: string): Promise<void> {
    await this.page.goto(path, { waitUntil: 'commit' });
  }

  async signUp(name: string): Promise<void> {
    await this.go('/');
    await this.fillIn('Sign up', name);
    await this.page.getByRole('heading', { name: 'Your groups' }).waitFor();
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

  /** Waits until new messages would be seen. */
  async live(): Promise<void> {
    if (this.script === 'on') await this.page.getByText('connected', { exact: true }).waitFor();
    else await this.log().waitFor({ state: 'attached' });
  }

  /** The list of messages, as this browser shows it: on the page, or in the live frame. */
  log(): Locator {
    const root = this.script === 'on' ? this.page : this.page.frameLocator('iframe[title="Live messages"]');
    return root.getByRole('log', { name: 'Messages' });
  }

  /** The message with this text. */
  message(text: string): Locator {
    return this.log().locator('article').filter({ hasText: text });
  }

  async write(text: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Message' }).fill(text);
    if (this.script === 'on') return this.page.keyboard.press('Enter');
    const answered = this.page.waitForEvent('framenavigated', (frame) => frame === this.page.mainFrame());
    await this.press(this.page.getByRole('button', { name: 'Send' }));
    await answered;
  }

  async sees(text: string): Promise<void> {
    await this.message(text).first().waitFor();
  }

  /** Opens the actions of a message. */
  async actions(text: string): Promise<Locator> {
    const row = this.message(text).first();
    await row.hover();
    await row.getByLabel('Actions').click();
    return row;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
