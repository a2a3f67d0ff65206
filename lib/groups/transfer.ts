import type { User } from '../accounts/port.ts';
import { ofGroup } from '../audit/act.ts';
import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { addMember, setRole } from './operations.ts';
import type { Group } from './port.ts';

/**
 * Hands a group over: `user` becomes its only moderator, and joins it where needed; the moderators so far stay as members. Resolves to their number.
 * Errors: `invalid` (a bot, or disabled), `forbidden` (direct messages).
 */
export async function transferGroup(core: Core, by: UserId, group: Group, user: User): Promise<number> {
  if (user.bot) throw invalid('name', t`${user.name} is a bot: a bot cannot be a moderator.`);
  await addMember(core, by, group, user, 'moderator');
  await setRole(core, by, group, user, 'moderator');
  const moderators = (await core.store.memberships.ofGroup(group.id)).filter(
    ({ role, user: id }) => role === 'moderator' && id !== user.id,
  );
  for (const former of await core.store.users.byIds(moderators.map((one) => one.user))) await setRole(core, by, group, former, 'member');
  await core.audit.record({ act: 'group_transferred', subject: ofGroup(group), detail: `to ${user.name}` });
  return moderators.length;
}
