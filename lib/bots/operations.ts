import { createAccount, createToken, revokeToken, setDisabled } from '../accounts/operations.ts';
import type { Core } from '../core.ts';
import { invalid, notFound } from '../errors.ts';
import { addMember } from '../groups/operations.ts';
import { asGroupId, type GroupId, type UserId } from '../ids.ts';
import type { Group, Token, User } from '../store/port.ts';

/** What a bot is given, shown once. `hook` is a path; `campfire` is the key in Campfire's own form, derived and so stored nowhere. */
export type BotSecrets = { readonly hook: string; readonly token: string; readonly campfire: string };
export type NewBot = BotSecrets & { readonly user: User };

/** A bot in one group, with an incoming webhook for it and a bearer token. Without `by` it comes by itself. Errors: `invalid` (name), `conflict` (name). */
export async function createBot(
  core: Core,
  by: UserId | undefined,
  input: { readonly name: string; readonly group: Group },
): Promise<NewBot> {
  const user = await createAccount(core, { name: input.name, password: null, bot: true });
  await addMember(core, by ?? user.id, input.group, user);
  return { user, ...(await issueSecrets(core, user, input.group)) };
}

async function issueSecrets(core: Core, user: User, group: Group): Promise<BotSecrets> {
  const hook = await createHook(core, user, group);
  const { token } = await createToken(core, user);
  return { hook, token, campfire: campfireKey(core, user) };
}

/** Another incoming webhook of a bot, for one group: the path, shown once. */
export async function createHook(core: Core, user: User, group: Group): Promise<string> {
  const { token } = await createToken(core, user, group.id);
  return `/hooks/${token}`;
}

/** `<id>-<12 characters>`: an HMAC of the bot and its key version, so that it can be said again but is nowhere to be read. */
export function campfireKey(core: Core, user: User): string {
  const mac = core.secrets.mac('campfire', `${user.id}:${user.keyVersion}`);
  return `${user.id}-${mac.replace(/[^A-Za-z0-9]/g, '').slice(0, 12)}`;
}

/** The bot of a name. Errors: `notFound`. */
export function requireBot(user: User | undefined, name: string): User {
  if (!user?.bot) throw notFound(`There is no bot named ${name.slice(0, 64)}.`);
  return user;
}

/** New secrets; the old ones are dead at once, and streams opened with them close. Errors: `invalid` when the bot has no webhook to replace. */
export async function rotateBot(core: Core, by: UserId, user: User): Promise<BotSecrets> {
  const old = await core.store.tokens.listOf(user.id);
  const group = await groupOfHook(core, old);
  if (!group) throw invalid('name', `${user.name} has no group to post into.`);
  const rotated = { ...user, keyVersion: user.keyVersion + 1 };
  await core.store.users.update(user.id, { keyVersion: rotated.keyVersion });
  const secrets = await issueSecrets(core, rotated, group);
  for (const { hash } of old) await revokeToken(core, by, user.id, hash);
  return secrets;
}

async function groupOfHook(core: Core, tokens: readonly Token[]): Promise<Group | undefined> {
  const hook = tokens.findLast((token) => token.kind === 'hook' && token.group !== null);
  return hook?.group ? core.store.groups.byId(asGroupId(hook.group)) : undefined;
}

/** Ends a bot: no token, no webhook, no stream of it works any more. What it said stays. */
export async function revokeBot(core: Core, by: UserId, user: User): Promise<void> {
  for (const { hash } of await core.store.tokens.listOf(user.id)) await core.store.tokens.remove(hash);
  await setDisabled(core, by, user, true);
}

/** Every group that a bot is in, or has a webhook for. */
export async function groupsOf(core: Core, bot: User): Promise<Set<GroupId>> {
  const [memberships, tokens] = await Promise.all([core.store.memberships.ofUser(bot.id), core.store.tokens.listOf(bot.id)]);
  return new Set([...memberships.map(({ group }) => group), ...tokens.flatMap(({ group }) => group ?? [])]);
}

/** The bots of a group. */
export async function botsOf(core: Core, group: Group): Promise<User[]> {
  const memberships = await core.store.memberships.ofGroup(group.id);
  const users = await core.store.users.byIds(memberships.map((membership) => membership.user));
  return users.filter((user) => user.bot && !user.disabled).sort((a, b) => a.createdAt - b.createdAt);
}
