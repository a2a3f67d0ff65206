import { createAccount, endSessions, setDisabled } from '../accounts/operations.ts';
import type { User } from '../accounts/port.ts';
import { endTokens } from '../accounts/tokens.ts';
import { ofUser } from '../audit/act.ts';
import type { Core } from '../core.ts';
import { forbidden, invalid } from '../errors.ts';
import { removeMember } from '../groups/operations.ts';
import { isDirect } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { newLink } from '../mail/links.ts';

/** How long the links of administrators are valid, ms: a new person may be away for a while. */
const RESET_MS = 24 * 3_600_000;
const FIRST_MS = 7 * RESET_MS;

/** A link by which a person chooses a password once, and how long it is valid. */
export type PasswordLink = { readonly url: string; readonly hours: number };

/** Creates an account without a password, and the link by which its owner chooses one. `origin`: of this site. Errors: `invalid`, `conflict` (name). */
export async function createPerson(core: Core, name: string, origin: string): Promise<PasswordLink & { readonly user: User }> {
  const user = await createAccount(core, { name, password: null });
  await core.audit.record({ act: 'account_created', subject: ofUser(user) });
  return { user, ...(await linkFor(core, user, origin)) };
}

/**
 * A link by which a person chooses a new password once, within 24 hours; a person who has none yet, within 7 days. Former links end. The present
 * password works until then. Errors: `invalid` for a bot or a disabled account.
 */
export async function resetLink(core: Core, user: User, origin: string): Promise<PasswordLink> {
  if (user.bot) throw invalid('name', t`${user.name} is a bot, which has no password.`);
  if (user.disabled) throw invalid('name', t`${user.name} is disabled. Enable the account first.`);
  await core.store.links.removeOf(user.id, 'reset');
  const link = await linkFor(core, user, origin);
  await core.audit.record({ act: 'reset_link_created', subject: ofUser(user) });
  return link;
}

async function linkFor(core: Core, { id, passwordHash }: User, origin: string): Promise<PasswordLink> {
  const isFirst = passwordHash === null;
  const forMs = isFirst ? FIRST_MS : RESET_MS;
  const url = await newLink(core, 'reset', { user: id, about: isFirst ? { first: true } : {}, forMs, origin });
  return { url, hours: forMs / 3_600_000 };
}

/** Ends all sessions and API tokens of a person, and their streams. */
export async function logOutEverywhere(core: Core, by: UserId, user: User): Promise<void> {
  await endSessions(core, by, user.id);
  await endTokens(core, by, user.id);
  await core.audit.record({ act: 'sessions_ended', subject: ofUser(user) });
}

/**
 * Disables an account, which ends its sessions, tokens and streams, and removes it from all groups. Its messages stay. Errors: `forbidden` for oneself and
 * for the last administrator.
 */
export async function ban(core: Core, by: UserId, user: User): Promise<void> {
  if (user.id === by) throw forbidden(t`You cannot ban yourself.`);
  await setDisabled(core, by, user, true);
  const memberships = await core.store.memberships.ofUser(user.id);
  for (const group of await core.store.groups.byIds(memberships.map((one) => one.group)))
    if (!isDirect(group)) await removeMember(core, by, group, user, true);
  await core.audit.record({ act: 'account_banned', subject: ofUser(user) });
}
