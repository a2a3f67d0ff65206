import { byName } from '../text/order.ts';
import type { Group, Membership } from './port.ts';
import { isDirect, isHidden, isMuted } from './rules.ts';

/** Higher counts are shown as `99+`. */
const MAX_SHOWN = 99;

/** The disc of direct messages in lists of groups: of the only other person, or with the number of the others. */
export type Disc = { readonly name: string; readonly color: number };

/** A group of the viewer. `n`: number of messages; `mentions`: number of unread messages that mention the viewer; `face`: the disc of direct messages. */
export type SidebarInput = {
  readonly group: Pick<Group, 'id' | 'slug' | 'name' | 'kind' | 'archived'>;
  readonly membership: Pick<Membership, 'mark' | 'level' | 'hidden'>;
  readonly n: number;
  readonly mentions: number;
  readonly face: Disc | null;
};

/** A row of groups/_sidebar.njk. Counts are '' for 0. */
type SidebarRow = {
  readonly slug: string;
  readonly name: string;
  readonly unread: string;
  readonly mentions: string;
  readonly current: boolean;
  readonly face: Disc | null;
  readonly muted: boolean;
  readonly archived: boolean;
  /** Number of unread messages for the viewer (`all`: every message counts; otherwise mentions). */
  readonly waiting: string;
  readonly all: boolean;
};

/** `href`: the page of all its groups, with the title `all`. `waiting`: the sum over its rows. */
type Section = {
  readonly id: 'groups' | 'direct';
  readonly title: string;
  readonly href: string;
  readonly all: string;
  readonly waiting: string;
  readonly rows: readonly SidebarRow[];
};

/** `waiting`: the sum over all groups except the current one, for the title; '' for 0. */
export type Sidebar = { readonly sections: readonly Section[]; readonly waiting: string };

const shown = (count: number): string => (count > MAX_SHOWN ? `${MAX_SHOWN}+` : count > 0 ? String(count) : '');

/**
 * The sidebar on a page of group `current`. In each section those with mentions are first, then those with unread messages, then the others, and
 * archived ones last; among them by name. Muted groups and the current one have no counts.
 */
export function sidebarOf(mine: readonly SidebarInput[], current?: Group['id']): Sidebar {
  const listed = mine.filter(({ group, membership, n }) => group.id === current || !isHidden(membership, n));
  const isQuiet = ({ group, membership }: SidebarInput): boolean => group.id === current || isMuted(membership);
  const urgency = (one: SidebarInput): number =>
    one.group.archived ? 3 : isQuiet(one) || unreadIn(one) === 0 ? 2 : one.mentions > 0 ? 0 : 1;
  const rowOf = (one: SidebarInput): SidebarRow => ({
    slug: one.group.slug,
    name: one.group.name,
    unread: isQuiet(one) ? '' : shown(unreadIn(one)),
    mentions: isQuiet(one) ? '' : shown(one.mentions),
    current: one.group.id === current,
    face: one.face,
    muted: isMuted(one.membership),
    archived: one.group.archived,
    waiting: isQuiet(one) ? '' : shown(waitingIn(one)),
    all: countsAll(one),
  });
  const waitingOf = (some: readonly SidebarInput[]): string =>
    shown(some.reduce((sum, one) => sum + (isQuiet(one) ? 0 : waitingIn(one)), 0));
  const sectionOf = (head: Omit<Section, 'rows' | 'waiting'>, some: readonly SidebarInput[]): Section => ({
    ...head,
    waiting: waitingOf(some),
    rows: some.toSorted((a, b) => urgency(a) - urgency(b) || byName(a.group.name, b.group.name)).map(rowOf),
  });
  const { groups = [], direct = [] } = Object.groupBy(listed, ({ group }) => (isDirect(group) ? 'direct' : 'groups'));
  return {
    sections: [
      sectionOf({ id: 'groups', title: 'Groups', href: '/groups', all: 'All groups' }, groups),
      sectionOf({ id: 'direct', title: 'Direct messages', href: '/direct', all: 'All direct messages' }, direct),
    ],
    waiting: waitingOf(listed),
  };
}

const unreadIn = ({ n, membership }: SidebarInput): number => Math.max(0, n - membership.mark);

const countsAll = ({ group, membership }: SidebarInput): boolean => isDirect(group) || membership.level === 'everything';

const waitingIn = (one: SidebarInput): number => (countsAll(one) ? unreadIn(one) : one.mentions);
