import type { ExecutionContext } from 'ava';
import type { Browser, Locator } from 'playwright-core';
import { groupAccess } from '../../lib/groups/operations.ts';
import type { Group } from '../../lib/groups/port.ts';
import { post } from '../../lib/messages/operations.ts';
import { openWindow, type Person, type Script } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import type { TestServer } from '../helpers/server.ts';

/** What a journey gets: a site without accounts, a browser, and whether its pages may run scripts. */
type Way = { readonly t: ExecutionContext; readonly site: TestServer; readonly browser: Browser; readonly script: Script };

/** `isMain`: runs on MongoDB and Redis too. `standsIn`: what the page offers instead where the browser cannot do this without JavaScript. */
export type Journey = {
  readonly name: string;
  readonly isMain?: boolean;
  readonly standsIn?: string;
  readonly go: (way: Way) => Promise<void>;
};

/** A user with an account. `client` has the same session, for set-up outside the browser. */
export type Member = Person & { readonly client: Client };

/** A browser window without a session. */
export const person = ({ t, browser, site, script }: Way): Promise<Person> => openWindow(t, browser, site.client(), { script });

/** A browser window with the session of a new account. The first account of a site is the administrator and in Lobby. */
export async function member(way: Way, name: string, options: Parameters<typeof openWindow>[3] = {}): Promise<Member> {
  const client = await way.site.signUp(name);
  return Object.assign(await openWindow(way.t, way.browser, client, { script: way.script, ...options }), { client });
}

/** Ann and Bob at the page of Lobby. */
export async function pair(way: Way): Promise<{ ann: Member; bob: Member }> {
  const [ann, bob] = [await member(way, 'Ann'), await member(way, 'Bob')];
  await bob.client.form('/groups/join', { slug: 'lobby' });
  await Promise.all([ann.openGroup('lobby'), bob.openGroup('lobby')]);
  return { ann, bob };
}

/** Asserts that no console reported an error. */
export const noComplaints = ({ t }: Way, ...people: Person[]): void => {
  for (const one of people) t.deepEqual(one.complaints, []);
};

const lobby = ({ site }: Way): Promise<Group> => groupAt(site.core, 'lobby');

/** Posts `message 1`, `message 2`, … as Ann by the operation itself, with `apartMs` of the clock between two of them. */
export async function fill(way: Way, count: number, apartMs = 1000): Promise<void> {
  const { core, clock } = way.site;
  const at = await groupAccess(core, await userNamed(core, 'Ann'), await lobby(way));
  for (let i = 1; i <= count; i += 1) {
    clock.turn(apartMs);
    await post(core, at, { body: `message ${i}`, isAdmitted: true });
  }
}

/** Sets a user's read mark in Lobby. */
export async function markedRead(way: Way, name: string, mark: number): Promise<void> {
  const { core } = way.site;
  const [group, user] = [await lobby(way), await userNamed(core, name)];
  await core.store.memberships.advanceMark(group.id, user.id, mark);
}

/** Waits until a user's read mark in Lobby is at least `mark`. */
export async function hasRead(way: Way, name: string, mark: number): Promise<void> {
  const { core } = way.site;
  const [group, user] = [await lobby(way), await userNamed(core, name)];
  await eventually(async () => ((await core.store.memberships.get(group.id, user.id))?.mark ?? 0) >= mark);
}

/** Posts a message by the API. */
export async function postText({ client }: Member, body: string, slug = 'lobby'): Promise<void> {
  const { status, text } = await client.json('POST', `/groups/${slug}/messages`, { body, format: 'markdown' });
  if (status !== 201) throw new Error(`not said: ${status} ${text}`);
}

/** The message with exactly this text, on any page. */
export const messageOn = ({ page }: Person, text: string): Locator =>
  page.getByRole('article').filter({ has: page.getByText(text, { exact: true }) });

/** The entry of a group in the sidebar. */
export const lineOf = ({ page }: Person, group: string): Locator =>
  page.getByRole('navigation', { name: 'Groups' }).getByRole('listitem').filter({ hasText: group });

/** Without JavaScript, loads the page again to show what has changed. */
export async function refreshed(one: Person): Promise<void> {
  if (one.script === 'off') await one.go(new URL(one.page.url()).pathname);
}

/** Uses one of a message's actions. */
export async function does(one: Person, text: string, role: 'button' | 'link', name: string): Promise<void> {
  const row = await one.actions(text);
  await one.press(row.getByRole(role, { name, exact: true }));
}
