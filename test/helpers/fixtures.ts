import type { ExecutionContext } from 'ava';
import type { User } from '../../lib/accounts/port.ts';
import type { Core } from '../../lib/core.ts';
import type { Group } from '../../lib/groups/port.ts';
import type { Client } from './client.ts';
import { startServerFor, type TestOptions, type TestServer } from './server.ts';

/** A server with Ann, its administrator, and Bob, both in Lobby. */
export type LobbySite = TestServer & { readonly ann: Client; readonly bob: Client };

/** A server with Ann and Bob in Lobby, closed with the test. */
export async function openLobby(t: ExecutionContext, options: TestOptions = {}): Promise<LobbySite> {
  const site = await startServerFor(t, options);
  return { ...site, ann: await site.signUp('Ann'), bob: await site.signUpInLobby('Bob') };
}

/** The account of this name, in any case; throws when there is none. */
export async function userNamed({ store }: Core, name: string): Promise<User> {
  const user = await store.users.byNameKey(name.toLowerCase());
  if (!user) throw new Error(`there is no account named ${name}`);
  return user;
}

/** The group with this slug; throws when there is none. */
export async function groupAt({ store }: Core, slug: string): Promise<Group> {
  const group = await store.groups.bySlug(slug);
  if (!group) throw new Error(`there is no group at ${slug}`);
  return group;
}

/** Creates a group that `by` moderates, with these members, who have accounts. Resolves to its slug. */
export async function newGroup(by: Client, name: string, members: readonly string[] = []): Promise<string> {
  const { status, text, json } = await by.json('POST', '/groups', { name });
  if (status !== 201) throw new Error(`group ${name} was not created: ${status} ${text}`);
  const { slug } = json<{ slug: string }>();
  for (const member of members) {
    const added = await by.json('POST', `/groups/${slug}/members`, { action: 'add', name: member });
    if (added.status >= 300) throw new Error(`${member} was not added to ${slug}: ${added.status} ${added.text}`);
  }
  return slug;
}

/** Creates a bot in a group, Lobby by default, on the group's page. Resolves to the path of its webhook, `/hooks/<token>`. */
export async function newHook(by: Client, name: string, group = '/groups/lobby'): Promise<string> {
  const { status, text } = await by.form(`${group}/bots`, { action: 'create', name });
  const [hook] = /\/hooks\/[A-Za-z0-9]+/.exec(text) ?? [];
  if (hook === undefined) throw new Error(`bot ${name} was not created: ${status} ${text.slice(0, 200)}`);
  return hook;
}

/** As `newHook`; resolves to the token alone. */
export async function newHookToken(by: Client, name: string): Promise<string> {
  return (await newHook(by, name)).slice('/hooks/'.length);
}

/** A message that was posted. `url` is its path. */
type Posted = { readonly seq: number; readonly url: string };

/** Posts a message by the API, in Lobby by default. */
export async function postAs(client: Client, body: string, slug = 'lobby'): Promise<Posted> {
  const { status, text, json } = await client.json('POST', `/groups/${slug}/messages`, { body });
  if (status !== 201) throw new Error(`message was not posted: ${status} ${text}`);
  return json<Posted>();
}

/** The texts of the newest messages of a group, at most 200, in order; of Lobby by default. */
export async function bodiesFor(client: Client, slug = 'lobby'): Promise<string[]> {
  const answer = await client.get(`/groups/${slug}/messages?limit=200`, 'application/json');
  return answer.json<{ body: string }[]>().map(({ body }) => body);
}

/** Chooses the language of somebody's pages; '': that of the browser. */
export async function chooseLanguage(client: Client, language: string): Promise<void> {
  const { status } = await client.form('/settings/appearance', { language });
  if (status !== 303) throw new Error(`the language was not taken: ${status}`);
}
