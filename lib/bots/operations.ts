import { campfireKey } from '../accounts/campfire-key.ts';
import { createAccount, setDisabled } from '../accounts/operations.ts';
import type { Token, User } from '../accounts/port.ts';
import { createToken, revokeToken } from '../accounts/tokens.ts';
import type { Core } from '../core.ts';
import { DomainError, forbidden, invalid, notFound } from '../errors.ts';
import { addMember } from '../groups/operations.ts';
import type { Group } from '../groups/port.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { GroupId, UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { openedSecrets, sealSecrets } from '../webhooks/incoming/secrets.ts';

/** A bot's secrets, shown once. `hook` is a path; `campfire` is the key in Campfire's format, which is derived and not stored. */
export type BotSecrets = { readonly hook: string; readonly hooks: readonly NewHook[]; readonly token: string; readonly campfire: string };

/** An incoming webhook of a bot, shown once. `hook` is a path. */
export type NewHook = { readonly group: Group; readonly hook: string };
export type NewBot = BotSecrets & { readonly user: User };

/** Creates a bot in one group, with an incoming webhook and a bearer token. Without `by` the bot itself is recorded as the one who added it. Errors: `invalid` (name), `conflict` (name). */
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

async function issueSecrets(core: Core, user: User, hooksToCreate: readonly [Wanted, ...Wanted[]]): Promise<BotSecrets> {
  const hooks: NewHook[] = [];
  for (const { group, secrets } of hooksToCreate) hooks.push({ group, hook: await createHook(core, user, group, secrets) });
  const { token } = await createToken(core, user);
  return { hook: hooks.at(-1)?.hook ?? '', hooks, token, campfire: campfireKey(core, user) };
}

/** Creates another incoming webhook of a bot for one group; resolves to its path, shown once. `sealed`: see sealSecrets. */
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

/** Replaces the secrets of all incoming webhooks of a bot; an empty list removes the requirement to sign. Errors: `invalid` (secret; name, when it has no webhook). */
export async function setHookSecrets(core: Core, user: User, secrets: readonly string[]): Promise<void> {
  const sealed = sealSecrets(core, secrets);
  const hooks = (await core.store.tokens.listOf(user.id)).filter(({ kind }) => kind === 'hook');
  if (hooks.length === 0) throw invalid('name', t`${user.name} has no webhook.`);
  for (const { hash } of hooks) await core.store.tokens.setSecrets(hash, sealed);
  core.securityLog.record({
    event: 'webhook_secrets_changed',
    user: user.id,
    detail: `incoming webhook, ${secrets.length} valid now`,
  });
}

/** The user if it is a bot. Errors: `notFound`. */
export function requireBot(user: User | undefined, name: string): User {
  if (!user?.bot) throw notFound(t`There is no bot named ${name.slice(0, 64)}.`);
  return user;
}

/** How long replaced secrets stay valid when an overlap is requested. */
export const ROTATION_MS = 86_400_000;

/**
 * Replaces a bot's secrets: a webhook for each existing one, with the same signing secrets, a token and a Campfire key. The old ones are revoked at once,
 * and streams opened with them end; with `overlapMs` they stay valid that long, except those that were expiring already. Errors: `invalid` when the bot
 * has no webhook.
 */
export async function rotateBot(
  core: Core,
  by: UserId,
  user: User,
  { overlapMs = 0 }: { readonly overlapMs?: number } = {},
): Promise<BotSecrets> {
  const old = await core.store.tokens.listOf(user.id);
  const [first, ...others] = await wantedFor(core, old);
  if (!first) throw invalid('name', t`${user.name} has no incoming webhook.`);
  const rotated = { ...user, keyVersion: user.keyVersion + 1 };
  await core.store.users.update(user.id, { keyVersion: rotated.keyVersion });
  const secrets = await issueSecrets(core, rotated, [first, ...others]);
  for (const token of old)
    if (overlapMs > 0 && token.expiresAt === undefined) await core.store.tokens.expire(token.hash, core.now() + overlapMs);
    else await revokeToken(core, by, user.id, token.hash);
  return secrets;
}

async function wantedFor(core: Core, tokens: readonly Token[]): Promise<Wanted[]> {
  const hooksToCreate: Wanted[] = [];
  for (const { group: id, secrets } of hooksIn(tokens)) {
    const group = id === null ? undefined : await core.store.groups.byId(id);
    if (group) hooksToCreate.push({ group, secrets });
  }
  return hooksToCreate;
}

/** Revokes the secrets that were replaced with an overlap. */
export async function endReplaced(core: Core, by: UserId, user: User): Promise<void> {
  for (const { hash, expiresAt } of await core.store.tokens.listOf(user.id))
    if (expiresAt !== undefined) await revokeToken(core, by, user.id, hash);
}

const AT_ONCE = 100;

/** Removes expired tokens and ends the streams opened with them. May run in several processes concurrently. */
export async function sweepTokens(core: Core): Promise<void> {
  for (const { user, hash } of await core.store.tokens.expired(core.now(), AT_ONCE))
    await revokeToken(core, user, user, hash).catch((error) => {
      if (!(error instanceof DomainError && error.code === 'notFound')) throw error; // another process was first
    });
}

const hooksIn = (tokens: readonly Token[]): Token[] =>
  tokens.filter(({ kind, group, expiresAt }) => kind === 'hook' && group !== null && expiresAt === undefined);

/** Adds a bot to another group, with an incoming webhook for it, shown once. Errors: those of addMember. */
export async function addToGroup(core: Core, by: UserId, user: User, group: Group): Promise<NewHook> {
  await addMember(core, by, group, user);
  const [known] = hooksIn(await core.store.tokens.listOf(user.id));
  return { group, hook: await createHook(core, user, group, known?.secrets) };
}

/** Revokes a bot: removes its tokens and webhooks, ends its streams and disables its account. Its messages stay. */
export async function revokeBot(core: Core, by: UserId, user: User): Promise<void> {
  await core.store.webhooks.remove(user.id);
  for (const { hash } of await core.store.tokens.listOf(user.id)) await core.store.tokens.remove(hash);
  await setDisabled(core, by, user, true);
}

/** The groups that a bot is in or has a webhook for. */
async function groupsOf(core: Core, bot: User): Promise<Set<GroupId>> {
  const [memberships, tokens] = await Promise.all([core.store.memberships.ofUser(bot.id), core.store.tokens.listOf(bot.id)]);
  return new Set([...memberships.map(({ group }) => group), ...tokens.flatMap(({ group }) => group ?? [])]);
}

/** The enabled bots of a group, oldest first. */
export async function botsOf(core: Core, group: Group): Promise<User[]> {
  const memberships = await core.store.memberships.ofGroup(group.id);
  const users = await core.store.users.byIds(memberships.map((membership) => membership.user));
  return users.filter((user) => user.bot && !user.disabled).sort((a, b) => a.createdAt - b.createdAt);
}

/**
 * A bot of this group, for a manager of the group. A bot that is also in other groups, or has webhooks for them, requires an administrator.
 * Errors: `notFound`, `forbidden`.
 */
export async function managedBot(core: Core, at: GroupAccess, id: UserId): Promise<User> {
  const bot = (await botsOf(core, at.group)).find((user) => user.id === id);
  if (!bot) throw notFound(t`This group has no such bot.`);
  const reaches = await groupsOf(core, bot);
  if (!at.user.admin && [...reaches].some((group) => group !== at.group.id))
    throw forbidden(t`${bot.name} is also in other groups: only an administrator can do that.`);
  return bot;
}
