import { userByName } from '../accounts/operations.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { invalid, notFound } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import { isDirect } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import { everyUser } from '../people/every-user.ts';

/** The group with this current or former slug. Direct messages are private, so they are not found. Errors: `notFound`. */
export async function findGroup(core: Core, slug: string): Promise<Group> {
  const group = await core.store.groups.bySlug(slug);
  if (!group || isDirect(group)) throw notFound(`There is no group ${slug.slice(0, 64)} ('parley group list' lists all groups).`);
  return group;
}

/** A person, by name. Errors: `notFound`, `invalid` for a bot. */
export async function findPerson(core: Core, name: string): Promise<User> {
  const user = await userByName(core, name);
  if (user.bot) throw invalid('name', `${user.name} is a bot (see 'parley bot --help').`);
  return user;
}

/** The author of what the command line does: the first enabled administrator, if there is one. */
export async function operator(core: Core): Promise<User | undefined> {
  for await (const user of everyUser(core.store)) if (user.admin && !user.disabled) return user;
  return undefined;
}

/** The operator, else the user concerned. */
export const actingFor = async (core: Core, concerned: UserId): Promise<UserId> => (await operator(core))?.id ?? concerned;
