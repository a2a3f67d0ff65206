import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import type { Group, Membership, User } from '../store/port.ts';

/** A member as the list shows it. */
export type RosterMember = Pick<User, 'id' | 'name' | 'color' | 'bot' | 'admin'> & {
  readonly role: Membership['role'];
  readonly present: boolean;
};

/** Who is in a group: those present first, then by name; disabled accounts are left out. */
export async function roster(core: Core, group: GroupId): Promise<RosterMember[]> {
  const [memberships, present] = await Promise.all([core.store.memberships.ofGroup(group), core.bus.presence.list(group)]);
  const roles = new Map(memberships.map((membership) => [membership.user, membership.role]));
  const users = await core.store.users.byIds([...roles.keys()]);
  return users
    .filter((user) => !user.disabled)
    .map(({ id, name, color, bot, admin }) => ({ id, name, color, bot, admin, role: roles.get(id) ?? 'member', present: present.has(id) }))
    .sort((a, b) => Number(b.present) - Number(a.present) || a.name.localeCompare(b.name));
}

/** A group in my list: how much I have not read, and where its log ends. */
export type MyGroup = { readonly group: Group; readonly membership: Membership; readonly unread: number; readonly n: number };

/** The groups of a user, archived ones last, then by name. */
export async function myGroups(core: Core, user: User): Promise<MyGroup[]> {
  const memberships = new Map((await core.store.memberships.ofUser(user.id)).map((membership) => [membership.group, membership]));
  const ids = [...memberships.keys()];
  const [groups, heads] = await Promise.all([core.store.groups.byIds(ids), core.store.log.heads(ids)]);
  return groups
    .flatMap((group) => {
      const membership = memberships.get(group.id);
      const n = heads.get(group.id)?.n ?? group.head.n;
      return membership ? [{ group, membership, n, unread: Math.max(0, n - membership.mark) }] : [];
    })
    .sort((a, b) => Number(a.group.archived) - Number(b.group.archived) || a.group.name.localeCompare(b.group.name));
}
