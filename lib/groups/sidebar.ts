import type { Group, Membership } from './port.ts';
import { isDirect, isHidden, isMuted } from './rules.ts';

/** More is not counted on a page. */
const MAX_SHOWN = 99;

/** What the sidebar has to know of one of my groups. `n`: how many messages it has; `mentions`: how many unread ones name me. */
export type Waiting = {
  readonly group: Pick<Group, 'id' | 'slug' | 'name' | 'kind'>;
  readonly membership: Pick<Membership, 'mark' | 'level' | 'hidden'>;
  readonly n: number;
  readonly mentions: number;
};

/** A line of groups/_sidebar.njk: the counts are '' where there is nothing to say. */
type SidebarRow = {
  readonly slug: string;
  readonly name: string;
  readonly unread: string;
  readonly mentions: string;
  readonly current: boolean;
  readonly direct: boolean;
  readonly muted: boolean;
  /** How much of it is meant for me, and whether that is all that others write. */
  readonly waiting: string;
  readonly all: boolean;
};

/** `waiting`: what is meant for me besides the current group, for the title; '' for nothing. */
export type Sidebar = { readonly rows: readonly SidebarRow[]; readonly waiting: string };

const shown = (count: number): string => (count > MAX_SHOWN ? `${MAX_SHOWN}+` : count > 0 ? String(count) : '');

/** The sidebar of my groups, in their order, on a page of the current one. What I have muted says nothing; what I read, neither. */
export function sidebarOf(mine: readonly Waiting[], current?: Group['id']): Sidebar {
  const listed = mine.filter(({ group, membership, n }) => group.id === current || !isHidden(membership, n));
  const isQuiet = ({ group, membership }: Waiting): boolean => group.id === current || isMuted(membership);
  const waiting = listed.reduce((sum, one) => sum + (isQuiet(one) ? 0 : meantForMe(one)), 0);
  const rows = listed.map((one) => ({
    slug: one.group.slug,
    name: one.group.name,
    unread: isQuiet(one) ? '' : shown(unreadIn(one)),
    mentions: isQuiet(one) ? '' : shown(one.mentions),
    current: one.group.id === current,
    direct: isDirect(one.group),
    muted: isMuted(one.membership),
    waiting: isQuiet(one) ? '' : shown(meantForMe(one)),
    all: isAllMeant(one),
  }));
  return { rows, waiting: shown(waiting) };
}

const unreadIn = ({ n, membership }: Waiting): number => Math.max(0, n - membership.mark);

const isAllMeant = ({ group, membership }: Waiting): boolean => isDirect(group) || membership.level === 'everything';

const meantForMe = (one: Waiting): number => (isAllMeant(one) ? unreadIn(one) : one.mentions);
