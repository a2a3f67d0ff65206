import { userByName } from '../accounts/operations.ts';
import { notFound } from '../errors.ts';
import { addMember, removeMember, setRole } from '../groups/operations.ts';
import { roster } from '../groups/roster.ts';
import type { Session } from './command.ts';
import { actingFor, findGroup } from './lookup.ts';

/** Adding a member again is no error; with --moderator it makes the member a moderator. */
export async function add({ core, out }: Session, slug: string, name: string, moderator: boolean): Promise<void> {
  const group = await findGroup(core, slug);
  const user = await userByName(core, name);
  const by = await actingFor(core, user.id);
  const added = await addMember(core, by, group, user, moderator ? 'moderator' : 'member');
  if (!added && moderator) await setRole(core, by, group, user, 'moderator');
  const role = (await core.store.memberships.get(group.id, user.id))?.role ?? 'member';
  out.write(
    { group: group.slug, id: user.id, name: user.name, role, added },
    `${user.name} ${added ? 'is now' : 'is already'} in ${group.name}, as ${role}.`,
  );
}

export async function remove({ core, out }: Session, slug: string, name: string): Promise<void> {
  const group = await findGroup(core, slug);
  const user = await userByName(core, name);
  if (!(await removeMember(core, await actingFor(core, user.id), group, user, true)))
    throw notFound(`${user.name} is not in ${group.slug}.`);
  out.write({ group: group.slug, id: user.id, name: user.name }, `${user.name} is no longer in ${group.name}.`);
}

export async function list({ core, out }: Session, slug: string): Promise<void> {
  const group = await findGroup(core, slug);
  const rows = (await roster(core, group.id)).map(({ id, name, role, admin, bot }) => ({ id, name, role, admin, bot }));
  out.list(rows, `${group.name} has no members.`);
}
