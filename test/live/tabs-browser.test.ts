import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Page } from 'playwright-core';
import { openBrowser, openWindow, Person } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { numbers } from '../helpers/site.ts';
import { openGroups } from './all.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

/** In headless Chromium every tab is visible, so the test sets which one is. Tabs start hidden. */
const HIDING = `
  let isHidden = true;
  Object.defineProperty(document, 'hidden', { get: () => isHidden });
  Object.defineProperty(document, 'visibilityState', { get: () => (isHidden ? 'hidden' : 'visible') });
  globalThis.turn = (hidden) => {
    isHidden = hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };
`;

/** Tabs of one browser, which all go to the same server by HTTP/1.1. */
class Tabs {
  readonly people: readonly Person[];

  private constructor(people: readonly Person[]) {
    this.people = people;
  }

  static async open(t: ExecutionContext, site: Awaited<ReturnType<typeof openGroups>>, paths: readonly string[]): Promise<Tabs> {
    const first = await openWindow(t, browser, site.ann);
    const context = first.page.context();
    await context.addInitScript(HIDING);
    const people: Person[] = [];
    for (const path of paths) {
      const person = people.length === 0 ? first : new Person(await context.newPage(), 'on');
      await person.page.goto(path, { waitUntil: 'domcontentloaded' });
      people.push(person);
    }
    return new Tabs(people);
  }

  async turn(index: number, hidden: boolean): Promise<void> {
    await this.people[index]?.page.evaluate(`turn(${hidden})`);
  }
}

const bodies = (page: Page): Promise<string[]> => page.locator('#messages article .body').allInnerTexts();
const titled = (page: Page, title: string): Promise<void> => eventually(async () => (await page.title()) === title);

check.serial(
  'tabs: each of ten tabs shows the newest message when visible; nothing is lost or repeated, and few connections are open',
  async (t) => {
    t.timeout(120_000);
    const site = await openGroups(t, []);
    const { server, bob, lobby } = site;
    const all: string[] = [];
    let most = 0;
    const look = (): void => {
      most = Math.max(most, server.hub.streams);
    };
    const watch = setInterval(look, 5);
    t.teardown(() => clearInterval(watch));
    const tabs = await Tabs.open(
      t,
      site,
      numbers(1, 10).map(() => '/groups/lobby'),
    );
    await eventually(() => server.hub.streams === 1);
    for (const [index, person] of tabs.people.entries()) {
      await bob.json('POST', '/groups/lobby/messages', { body: `before tab ${index}` });
      await tabs.turn(index, false);
      await person.live();
      await bob.json('POST', '/groups/lobby/messages', { body: `at tab ${index}` });
      await person.sees(`at tab ${index}`);
      await person.write(`from tab ${index}`);
      await person.sees(`from tab ${index}`);
      all.push(`before tab ${index}`, `at tab ${index}`, `from tab ${index}`);
      t.deepEqual(await bodies(person.page), all);
      await tabs.turn(index, true);
    }
    await eventually(() => server.hub.streams === 1);
    for (const [index, person] of tabs.people.entries()) {
      await tabs.turn(index, false);
      await person.sees('from tab 9');
      t.deepEqual(await bodies(person.page), all);
      await tabs.turn(index, true);
    }
    t.true(most <= 3, `${most} streams at once`);
    t.is((await site.core.store.log.head(lobby.id)).n, all.length);
    for (const { complaints } of tabs.people) t.deepEqual(complaints, []);
  },
);

check.serial('tabs: unread counts are in the titles of all tabs, whichever holds the stream; read messages are not counted', async (t) => {
  const site = await openGroups(t, ['Kitchen']);
  const { server, core, bob, annUser } = site;
  const tabs = await Tabs.open(t, site, ['/groups/lobby', '/groups/lobby', '/groups/kitchen']);
  const [first, second, third] = tabs.people.map(({ page }) => page);
  const [kitchen] = site.groups;
  if (!first || !second || !third || !kitchen) return t.fail();
  await eventually(() => server.hub.streams === 1);
  await bob.json('POST', '/groups/kitchen/messages', { body: 'hello @Ann' });
  await titled(first, '(1) Lobby · Parley');
  await titled(second, '(1) Lobby · Parley');
  await titled(third, '(1) Kitchen · Parley');
  await tabs.turn(0, false);
  const list = first.getByRole('navigation', { name: 'Groups' });
  await list.getByRole('listitem').filter({ hasText: 'Kitchen' }).getByText('@1').waitFor();
  await titled(first, '(1) Lobby · Parley');
  await list.getByRole('link', { name: 'Kitchen' }).focus();
  await bob.json('POST', '/groups/kitchen/messages', { body: 'again: @Ann' });
  await list.getByText('@2').waitFor();
  t.true(await list.getByRole('link', { name: 'Kitchen' }).evaluate((link) => link.matches(':focus')), 'the focus stays where it was');
  t.is(await list.locator('[aria-current]').textContent(), 'Lobby');
  await tabs.turn(0, true);
  await tabs.turn(2, false);
  await titled(third, 'Kitchen · Parley');
  await third.getByText('again: @Ann').waitFor();
  await eventually(async () => (await core.store.memberships.get(kitchen.id, annUser.id))?.mark === 2); // the tab was visible for a while
  await tabs.turn(2, true);
  for (const page of [first, second]) await titled(page, 'Lobby · Parley');
  t.deepEqual(
    tabs.people.flatMap(({ complaints }) => complaints),
    [],
  );
});

check.serial('tabs: a tab of a removed member does not reconnect when it is shown again', async (t) => {
  const site = await openGroups(t, []);
  const { server, ann } = site;
  const tabs = await Tabs.open(t, site, ['/groups/lobby']);
  await tabs.turn(0, false);
  await tabs.people[0]?.live();
  await ann.form('/settings/logout-everywhere', {});
  await tabs.people[0]?.page.locator('#connection').getByText('You have been logged out.').waitFor();
  await tabs.turn(0, true);
  await tabs.turn(0, false);
  t.is(await tabs.people[0]?.page.locator('#connection').textContent(), 'You have been logged out.');
  t.is(server.hub.streams, 0);
});
