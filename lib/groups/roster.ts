import { avatarUrl } from '../accounts/avatar-url.ts';
import type { Status, User } from '../accounts/port.ts';
import { currentStatus } from '../accounts/status.ts';
import type { Core } from '../core.ts';
import type { GroupId, UserId } from '../ids.ts';
import { ago } from '../text/dates.ts';
import { byName } from '../text/order.ts';
import { asSeenBy } from './direct.ts';
import { isPartnerIn, onlineAmong, partnersIn } from './online.ts';
import type { Group, Membership } from './port.ts';
import { isDirect, isHidden } from './rules.ts';
import { type Disc, type Sidebar, sidebarOf } from './sidebar.ts';

/** A member in the member list. */
export type RosterMember = Pick<User, 'id' | 'name' | 'color' | 'bot' | 'admin'> & {
  readonly role: Membership['role'];
  /** The display name, else `name`. */
  readonly shownName: string;
  /** The path of the picture; null: none. */
  readonly avatar: string | null;
  /** Null: none, or ended. */
  readonly status: Status | null;
  readonly present: boolean;
  /** ms when they last had the group open, accurate to some minutes; null: not recorded. */
  readonly seenAt: number | null;
  /** The same for the page; null also for a member who is present. */
  readonly seen: { readonly iso: string; readonly ago: string } | null;
};

/** The members of a group: those present first, then by name; without disabled accounts. */
export async function roster(core: Core, group: GroupId): Promise<RosterMember[]> {
  const [memberships, present] = await Promise.all([core.store.memberships.ofGroup(group), core.bus.presence.list(group)]);
  const known = new Map(memberships.map((membership) => [membership.user, membership]));
  const users = await core.store.users.byIds([...known.keys()]);
  return users
    .filter((user) => !user.disabled)
    .map(({ id, name, displayName, color, bot, admin, avatar, status }) => {
      const { role = 'member', seen = null } = known.get(id) ?? {};
      const isHere = present.has(id);
      return {
        id,
        name,
        color,
        bot,
        admin,
        shownName: displayName ?? name,
        avatar: avatarUrl(avatar),
        status: currentStatus(status, core.now()),
        role,
        present: isHere,
        seenAt: seen,
        seen: isHere || seen === null ? null : seenOf(seen, core.now()),
      };
    })
    .sort((a, b) => Number(b.present) - Number(a.present) || a.shownName.localeCompare(b.shownName));
}

const seenOf = (at: number, now: number) => ({ iso: new Date(at).toISOString(), ago: ago(at, now) });

/** A group in the list of a user. `unread`, `n`: number of unread and of all messages. */
export type MyGroup = {
  readonly group: Group;
  readonly membership: Membership;
  readonly unread: number;
  readonly n: number;
  readonly face: Disc | null;
};

/**
 * The groups of a user, then their direct messages; archived ones last, then by name. Direct messages have the title that this user sees;
 * hidden ones are included only with `all`.
 */
export async function myGroups(core: Core, user: Pick<User, 'id'>, { all = false } = {}): Promise<MyGroup[]> {
  const memberships = new Map((await core.store.memberships.ofUser(user.id)).map((membership) => [membership.group, membership]));
  const ids = [...memberships.keys()];
  const [groups, heads] = await Promise.all([core.store.groups.byIds(ids), core.store.log.heads(ids)]);
  const named = await Promise.all(groups.map((group) => asSeenBy(core, user.id, group)));
  return named
    .flatMap(({ group, face }) => {
      const membership = memberships.get(group.id);
      const n = heads.get(group.id)?.n ?? group.head.n;
      return membership ? [{ group, membership, n, unread: Math.max(0, n - membership.mark), face }] : [];
    })
    .filter((one) => all || isListed(one))
    .sort(inOrder);
}

/** Whether the user has not hidden it. */
export const isListed = ({ membership, n }: Pick<MyGroup, 'membership' | 'n'>): boolean => !isHidden(membership, n);

/** Adds the number of unread messages that mention the user; reads only for groups with unread messages. */
export async function withMentions(
  core: Core,
  user: UserId,
  mine: readonly MyGroup[],
): Promise<(MyGroup & { readonly mentions: number })[]> {
  const asked = mine.filter(({ unread }) => unread > 0).map(({ group, membership }) => ({ group: group.id, after: membership.mark }));
  const counts = asked.length === 0 ? undefined : await core.store.log.countMentions(user, asked);
  return mine.map((one) => ({ ...one, mentions: counts?.get(one.group.id) ?? 0 }));
}

/** The sidebar of a page of this user; `current`: the group that the page is about. `mine`: all groups of the user, where the page has read them. */
export async function readSidebar(core: Core, user: Pick<User, 'id'>, current?: GroupId, mine?: readonly MyGroup[]): Promise<Sidebar> {
  const all = mine ?? (await myGroups(core, user, { all: true }));
  const [counted, online] = await Promise.all([withMentions(core, user.id, all), onlineAmong(core, partnersIn(all))]);
  const inputs = counted.map((one) => ({ ...one, present: isPartnerIn(online, one) }));
  return sidebarOf(inputs, current);
}

const inOrder = ({ group: a }: MyGroup, { group: b }: MyGroup): number =>
  Number(isDirect(a)) - Number(isDirect(b)) || Number(a.archived) - Number(b.archived) || byName(a.name, b.name);
