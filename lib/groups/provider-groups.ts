import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { addMember, removeMember } from './operations.ts';

/**
 * Makes a person a member of the groups that OIDC_GROUPS gives for those of the provider, and no member of the others that it names. Groups that it
 * does not name stay as they are, and all of them when the provider sends no groups. Never rejects: a group that is not there, or whose last moderator the person is,
 * is logged.
 */
export async function followGroups(core: Core, user: User, given: readonly string[] | undefined): Promise<void> {
  if (given === undefined) return;
  const pairs = core.config.oidcGroups.map((pair) => pair.split('=') as [value: string, slug: string]);
  const wanted = new Set(pairs.filter(([value]) => given.includes(value)).map(([, slug]) => slug));
  for (const slug of new Set(pairs.map(([, slug]) => slug)))
    await follow(core, user, slug, wanted.has(slug)).catch((error: unknown) =>
      core.logger.warn({ err: error, group: slug, user: user.id }, 'a group does not follow from those of the provider'),
    );
}

async function follow(core: Core, user: User, slug: string, isWanted: boolean): Promise<void> {
  const group = await core.store.groups.bySlug(slug);
  if (!group) return core.logger.warn({ group: slug }, 'OIDC_GROUPS names a group that does not exist');
  const isIn = (await core.store.memberships.get(group.id, user.id))?.in === true;
  if (isWanted && !isIn) await addMember(core, user.id, group, user);
  else if (!isWanted && isIn) await removeMember(core, user.id, group, user);
}
