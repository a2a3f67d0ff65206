import type { ExecutionContext } from 'ava';
import type { Browser, Locator } from 'playwright-core';
import { groupAccess } from '../../lib/groups/operations.ts';
import { post } from '../../lib/messages/operations.ts';
import { Person, type Script } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import type { TestServer } from '../helpers/server.ts';

/** What a journey is given: a site on which nobody is yet, a browser, and whether its pages may run scripts. */
export type Way = { readonly t: ExecutionContext; readonly site: TestServer; readonly browser: Browser; readonly script: Script };

/** `isMain`: walked on MongoDB and Redis too. `standsIn`: what there is without JavaScript, where a browser cannot do the thing itself. */
export type Journey = {
  readonly name: string;
  readonly isMain?: boolean;
  readonly standsIn?: string;
  readonly go: (way: Way) => Promise<void>;
};

/** Somebody with an account: `client` is their session, for what a journey is not about. */
export type Member = Person & { readonly client: Client };

/** A window, and nobody at it. */
export async function person({ t, browser, site, script }: Way): Promise<Person> {
  const one = await Person.open(browser, site, script);
  t.teardown(() => one.close());
  return one;
}

/** A window, and somebody new logged in. The first of a site is the administrator, and in Lobby. */
export async function member(way: Way, name: string): Promise<Member> {
  const [one, client] = [await person(way), await way.site.signUp(name)];
  await one.page.context().addCookies([...client.cookies].map(([key, value]) => ({ name: key, value, url: way.site.url })));
  return Object.assign(one, { client });
}

/** Ann, the administrator, and Bob, both in Lobby and both looking at it. */
export async function pair(way: Way): Promise<{ ann: Member; bob: Member }> {
  const [ann, bob] = [await member(way, 'Ann'), await member(way, 'Bob')];
  await bob.client.form('/groups/join', { slug: 'lobby' });
  await Promise.all([ann.openGroup('lobby'), bob.openGroup('lobby')]);
  return { ann, bob };
}

/** Nobody's console may have complained. */
export const noComplaints = ({ t }: Way, ...people: Person[]): void => {
  for (const one of people) t.deepEqual(one.complaints, []);
};

export async function lobby({ site }: Way) {
  const group = await site.core.store.groups.bySlug('lobby');
  if (!group) throw new Error('there is no Lobby');
  return group;
}

/** `message 1`, `message 2`, … by Ann, straight through the one door, at a pace no person has; `apartMs` lies between two of them. */
export async function fill(way: Way, count: number, apartMs = 1000): Promise<void> {
  const { core, clock } = way.site;
  const ann = await core.store.users.byNameKey('ann');
  if (!ann) throw new Error('Ann is not there');
  const at = await groupAccess(core, ann, await lobby(way));
  for (let i = 1; i <= count; i += 1) {
    clock.turn(apartMs);
    await post(core, at, { body: `message ${i}` });
  }
}

/** Sets how far somebody has read Lobby. */
export async function markedRead(way: Way, name: string, mark: number): Promise<void> {
  const { store } = way.site.core;
  const [group, user] = [await lobby(way), await store.users.byNameKey(name)];
  if (!user) throw new Error(`${name} is not there`);
  await store.memberships.advanceMark(group.id, user.id, mark);
}

/** Waits until somebody has read so many messages of Lobby. */
export async function hasRead(way: Way, name: string, mark: number): Promise<void> {
  const { store } = way.site.core;
  const [group, user] = [await lobby(way), await store.users.byNameKey(name)];
  if (!user) throw new Error(`${name} is not there`);
  await eventually(async () => ((await store.memberships.get(group.id, user.id))?.mark ?? 0) >= mark);
}

/** Says something without a page. */
export async function say({ client }: Member, body: string, slug = 'lobby'): Promise<void> {
  const { status, text } = await client.json('POST', `/groups/${slug}/messages`, { body, format: 'markdown' });
  if (status !== 201) throw new Error(`not said: ${status} ${text}`);
}

/** A message on a page, live or not. The text is all of it. */
export const messageOn = ({ page }: Person, text: string): Locator =>
  page.getByRole('article').filter({ has: page.getByText(text, { exact: true }) });

/** The line of a group in the list at the side. */
export const lineOf = ({ page }: Person, group: string): Locator =>
  page.getByRole('navigation', { name: 'Groups' }).getByRole('listitem').filter({ hasText: group });

/** What a script brings by itself, a page without one shows when it is asked for again. */
export async function refreshed(one: Person): Promise<void> {
  if (one.script === 'off') await one.go(new URL(one.page.url()).pathname);
}

/** Chooses from a message's actions. */
export async function does(one: Person, text: string, role: 'button' | 'link', name: string): Promise<void> {
  const row = await one.actions(text);
  await one.press(row.getByRole(role, { name, exact: true }));
}
