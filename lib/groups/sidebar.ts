import type { Group, Membership } from './port.ts';
import { isDirect, isHidden, isMuted } from './rules.ts';

/** Higher counts are shown as `99+`. */
const MAX_SHOWN = 99;

/** A group of the viewer. `n`: number of messages; `mentions`: number of unread messages that mention the viewer. */
export type SidebarInput = {
  readonly group: Pick<Group, 'id' | 'slug' | 'name' | 'kind'>;
  readonly membership: Pick<Membership, 'mark' | 'level' | 'hidden'>;
  readonly n: number;
  readonly mentions: number;
};

/** A row of groups/_sidebar.njk. Counts are '' for 0. */
type SidebarRow = {
  readonly slug: string;
  readonly name: string;
  readonly unread: string;
  readonly mentions: string;
  readonly current: boolean;
  readonly direct: boolean;
  readonly muted: boolean;
  /** Number of unread messages for the viewer (`all`: every message counts; otherwise mentions). */
  readonly waiting: string;
  readonly all: boolean;
};

/** `waiting`: the sum over all groups except the current one, for the title; '' for 0. */
export type Sidebar = { readonly rows: readonly SidebarRow[]; readonly waiting: string };

const shown = (count: number): string => (count > MAX_SHOWN ? `${MAX_SHOWN}+` : count > 0 ? String(count) : '');

/** The sidebar on a page of group `current`, in the order of `mine`. Muted groups and the current one have no counts. */
export function sidebarOf(mine: readonly SidebarInput[], current?: Group['id']): Sidebar {
  const listed = mine.filter(({ group, membership, n }) => group.id === current || !isHidden(membership, n));
  const isQuiet = ({ group, membership }: SidebarInput): boolean => group.id === current || isMuted(membership);
  const waiting = listed.reduce((sum, one) => sum + (isQuiet(one) ? 0 : waitingIn(one)), 0);
  const rows = listed.map((one) => ({
    slug: one.group.slug,
    name: one.group.name,
    unread: isQuiet(one) ? '' : shown(unreadIn(one)),
    mentions: isQuiet(one) ? '' : shown(one.mentions),
    current: one.group.id === current,
    direct: isDirect(one.group),
    muted: isMuted(one.membership),
    waiting: isQuiet(one) ? '' : shown(waitingIn(one)),
    all: countsAll(one),
  }));
  return { rows, waiting: shown(waiting) };
}

const unreadIn = ({ n, membership }: SidebarInput): number => Math.max(0, n - membership.mark);

const countsAll = ({ group, membership }: SidebarInput): boolean => isDirect(group) || membership.level === 'everything';

const waitingIn = (one: SidebarInput): number => (countsAll(one) ? unreadIn(one) : one.mentions);
