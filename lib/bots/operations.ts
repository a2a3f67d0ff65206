import { createAccount, createToken, revokeToken, setDisabled } from '../accounts/operations.ts';
import type { Core } from '../core.ts';
import { invalid, notFound } from '../errors.ts';
import { addMember } from '../groups/operations.ts';
import { asGroupId, type GroupId, type UserId } from '../ids.ts';
import type { Group, Token, User } from '../store/port.ts';
import { secretOf } from './signing.ts';

/** What a bot is given, shown once. `hook` is a path; `campfire` is the key in Campfire's own form, derived and so stored nowhere. */
export type BotSecrets = { readonly hook: string; readonly token: string; readonly campfire: string };
export type NewBot = BotSecrets & { readonly user: User };

/** A bot in one group, with an incoming webhook for it and a bearer token. Without `by` it comes by itself. Errors: `invalid` (name), `conflict` (name). */
export async function createBot(
  core: Core,
  by: UserId | undefined,
  input: { readonly name: string; readonly group: Group; readonly secrets?: readonly string[] | undefined },
): Promise<NewBot> {
  const sealed = sealSecrets(core, input.secrets ?? []);
  const user = await createAccount(core, { name: input.name, password: null, bot: true });
  await addMember(core, by ?? user.id, input.group, user);
  return { user, ...(await issueSecrets(core, user, input.group, sealed)) };
}

async function issueSecrets(core: Core, user: User, group: Group, sealed: string | undefined): Promise<BotSecrets> {
  const hook = await createHook(core, user, group, sealed);
  const { token } = await createToken(core, user);
  return { hook, token, campfire: campfireKey(core, user) };
}

/** Another incoming webhook of a bot, for one group: the path, shown once. `sealed`: see sealSecrets. */
export async function createHook(core: Core, user: User, group: Group, sealed?: string): Promise<string> {
  const { token, record } = await createToken(core, user, group.id);
  if (sealed !== undefined) await core.store.tokens.setSecrets(record.hash, sealed);
  return `/hooks/${token}`;
}

const MOST_SECRETS = 5;

/** The secrets that deliveries to a webhook may be signed with, newest first, as they are stored; undefined for none. Errors: `invalid` (secret). */
export function sealSecrets(core: Core, secrets: readonly string[]): string | undefined {
  if (secrets.length > MOST_SECRETS) throw invalid('secret', `A webhook has ${MOST_SECRETS} secrets at most.`);
  if (secrets.some((secret) => !/^[\x21-\x7e]{16,200}$/.test(secret)))
    throw invalid('secret', 'A secret has 16 to 200 characters, all of them visible ASCII.');
  return secrets.length === 0 ? undefined : core.secrets.seal(JSON.stringify(secrets));
}

/** What `sealSecrets` sealed. Throws when no key opens it: a webhook must not lose its lock with a key of the server. */
export function openedSecrets(core: Core, { secrets }: Pick<Token, 'secrets'>): readonly string[] {
  if (secrets === undefined) return [];
  const text = core.secrets.open(secrets);
  if (text === undefined) throw new Error('the secrets of a webhook cannot be opened: is a key of SECRET_KEYS missing?');
  return JSON.parse(text) as string[];
}

/** A secret for a webhook, to be given to whoever signs. */
export const newHookSecret = (core: Core): string => secretOf(core.random(32));

/** The secrets of a bot's newest webhook, newest first. */
export async function hookSecrets(core: Core, user: User): Promise<readonly string[]> {
  const hook = hookIn(await core.store.tokens.listOf(user.id));
  return hook ? openedSecrets(core, hook) : [];
}

/** Replaces the secrets of all webhooks of a bot; none: deliveries need not be signed any more. Errors: `invalid` (secret; name, when it has no webhook). */
export async function setHookSecrets(core: Core, user: User, secrets: readonly string[]): Promise<void> {
  const sealed = sealSecrets(core, secrets);
  const hooks = (await core.store.tokens.listOf(user.id)).filter(({ kind }) => kind === 'hook');
  if (hooks.length === 0) throw invalid('name', `${user.name} has no webhook.`);
  for (const { hash } of hooks) await core.store.tokens.setSecrets(hash, sealed);
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

/**
 * New secrets; the old ones are dead at once, and streams opened with them close. Deliveries to the new webhook are signed as those to the old one were.
 * Errors: `invalid` when the bot has no webhook to replace.
 */
export async function rotateBot(core: Core, by: UserId, user: User): Promise<BotSecrets> {
  const old = await core.store.tokens.listOf(user.id);
  const hook = hookIn(old);
  const group = hook?.group ? await core.store.groups.byId(asGroupId(hook.group)) : undefined;
  if (!group) throw invalid('name', `${user.name} has no group to post into.`);
  const rotated = { ...user, keyVersion: user.keyVersion + 1 };
  await core.store.users.update(user.id, { keyVersion: rotated.keyVersion });
  const secrets = await issueSecrets(core, rotated, group, hook?.secrets);
  for (const { hash } of old) await revokeToken(core, by, user.id, hash);
  return secrets;
}

const hookIn = (tokens: readonly Token[]): Token | undefined => tokens.findLast(({ kind, group }) => kind === 'hook' && group !== null);

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
