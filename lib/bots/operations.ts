import { campfireKey } from '../accounts/campfire-key.ts';
import { createAccount, createToken, revokeToken, setDisabled } from '../accounts/operations.ts';
import type { Token, User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { DomainError, forbidden, invalid, notFound } from '../errors.ts';
import { addMember } from '../groups/operations.ts';
import type { Group } from '../groups/port.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { GroupId, UserId } from '../ids.ts';
import { openedSecrets, sealSecrets } from '../webhooks/incoming/secrets.ts';

/** What a bot is given, shown once. `hook` is a path; `campfire` is the key in Campfire's own form, derived and so stored nowhere. */
export type BotSecrets = { readonly hook: string; readonly hooks: readonly NewHook[]; readonly token: string; readonly campfire: string };

/** A webhook of a bot, as it is shown once. `hook` is a path. */
export type NewHook = { readonly group: Group; readonly hook: string };
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
  return { user, ...(await issueSecrets(core, user, [{ group: input.group, secrets: sealed }])) };
}

type Wanted = { readonly group: Group; readonly secrets: string | undefined };

async function issueSecrets(core: Core, user: User, wanted: readonly [Wanted, ...Wanted[]]): Promise<BotSecrets> {
  const hooks: NewHook[] = [];
  for (const { group, secrets } of wanted) hooks.push({ group, hook: await createHook(core, user, group, secrets) });
  const { token } = await createToken(core, user);
  return { hook: hooks.at(-1)?.hook ?? '', hooks, token, campfire: campfireKey(core, user) };
}

/** Another incoming webhook of a bot, for one group: the path, shown once. `sealed`: see sealSecrets. */
export async function createHook(core: Core, user: User, group: Group, sealed?: string): Promise<string> {
  const { token, record } = await createToken(core, user, group.id);
  if (sealed !== undefined) await core.store.tokens.setSecrets(record.hash, sealed);
  return `/hooks/${token}`;
}

/** The secrets of a bot's newest webhook, newest first. */
export async function hookSecrets(core: Core, user: User): Promise<readonly string[]> {
  const hook = hooksIn(await core.store.tokens.listOf(user.id)).at(-1);
  return hook ? openedSecrets(core, hook) : [];
}

/** Replaces the secrets of all webhooks of a bot; none: deliveries need not be signed any more. Errors: `invalid` (secret; name, when it has no webhook). */
export async function setHookSecrets(core: Core, user: User, secrets: readonly string[]): Promise<void> {
  const sealed = sealSecrets(core, secrets);
  const hooks = (await core.store.tokens.listOf(user.id)).filter(({ kind }) => kind === 'hook');
  if (hooks.length === 0) throw invalid('name', `${user.name} has no webhook.`);
  for (const { hash } of hooks) await core.store.tokens.setSecrets(hash, sealed);
}

/** The bot of a name. Errors: `notFound`. */
export function requireBot(user: User | undefined, name: string): User {
  if (!user?.bot) throw notFound(`There is no bot named ${name.slice(0, 64)}.`);
  return user;
}

/** So long the old secrets go on beside the new ones, when they are to. */
export const ROTATION_MS = 86_400_000;

/**
 * New secrets for the old: a webhook for each that it had, signed for as that was, a token and a Campfire key. The old ones are dead at once, and streams
 * opened with them close; with `overlapMs` they go on so long, those that were ending already end now. Errors: `invalid` when it has no webhook to replace.
 */
export async function rotateBot(
  core: Core,
  by: UserId,
  user: User,
  { overlapMs = 0 }: { readonly overlapMs?: number } = {},
): Promise<BotSecrets> {
  const old = await core.store.tokens.listOf(user.id);
  const [first, ...others] = await wantedFor(core, old);
  if (!first) throw invalid('name', `${user.name} has no group to post into.`);
  const rotated = { ...user, keyVersion: user.keyVersion + 1 };
  await core.store.users.update(user.id, { keyVersion: rotated.keyVersion });
  const secrets = await issueSecrets(core, rotated, [first, ...others]);
  for (const token of old)
    if (overlapMs > 0 && token.expiresAt === undefined) await core.store.tokens.expire(token.hash, core.now() + overlapMs);
    else await revokeToken(core, by, user.id, token.hash);
  return secrets;
}

async function wantedFor(core: Core, tokens: readonly Token[]): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  for (const { group: id, secrets } of hooksIn(tokens)) {
    const group = id === null ? undefined : await core.store.groups.byId(id);
    if (group) wanted.push({ group, secrets });
  }
  return wanted;
}

/** Does not wait for the end of what was replaced with an overlap. */
export async function endReplaced(core: Core, by: UserId, user: User): Promise<void> {
  for (const { hash, expiresAt } of await core.store.tokens.listOf(user.id))
    if (expiresAt !== undefined) await revokeToken(core, by, user.id, hash);
}

const AT_ONCE = 100;

/** Removes the tokens whose time is over and closes the streams that were opened with them. May run in several processes at once. */
export async function sweepTokens(core: Core): Promise<void> {
  for (const { user, hash } of await core.store.tokens.expired(core.now(), AT_ONCE))
    await revokeToken(core, user, user, hash).catch((error) => {
      if (!(error instanceof DomainError && error.code === 'notFound')) throw error; // another process was first
    });
}

const hooksIn = (tokens: readonly Token[]): Token[] =>
  tokens.filter(({ kind, group, expiresAt }) => kind === 'hook' && group !== null && expiresAt === undefined);

/** Puts a bot into another group, with a webhook of its own there; the path, shown once. Errors: those of addMember. */
export async function addToGroup(core: Core, by: UserId, user: User, group: Group): Promise<NewHook> {
  await addMember(core, by, group, user);
  const [known] = hooksIn(await core.store.tokens.listOf(user.id));
  return { group, hook: await createHook(core, user, group, known?.secrets) };
}

/** Ends a bot: no token, no webhook, no stream of it works any more, and it is called no more. What it said stays. */
export async function revokeBot(core: Core, by: UserId, user: User): Promise<void> {
  await core.store.webhooks.remove(user.id);
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

/**
 * A bot of this very group, for who manages it: a moderator here has no say over bots elsewhere, nor over one whose secrets open other groups too.
 * Errors: `notFound`, `forbidden`.
 */
export async function managedBot(core: Core, at: GroupAccess, id: UserId): Promise<User> {
  const bot = (await botsOf(core, at.group)).find((user) => user.id === id);
  if (!bot) throw notFound('There is no such bot in this group.');
  const reaches = await groupsOf(core, bot);
  if (!at.user.admin && [...reaches].some((group) => group !== at.group.id))
    throw forbidden(`${bot.name} is in other groups too: only an administrator can do that.`);
  return bot;
}
