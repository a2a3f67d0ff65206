import { userByName } from '../accounts/operations.ts';
import type { User } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';
import { addMember } from './operations.ts';
import type { GroupAccess } from './rules.ts';

/** Adds a person or bot by name, for somebody who manages the group. Errors: `invalid` (name), `forbidden` (direct messages), `tooMany`. */
export async function addByName(core: Core, { group, user: by }: GroupAccess, name: string): Promise<User> {
  await checkAccountRate(core, by, 'members');
  const user = await userByName(core, name).catch(() => {
    throw invalid('name', t`There is no user named ${name.slice(0, 64)}.`);
  });
  if (user.bot && !by.admin) throw invalid('name', t`${user.name} is a bot: only an administrator can add it to another group.`);
  await addMember(core, by.id, group, user);
  return user;
}
