import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { byName } from '../text/order.ts';
import { ownTitle } from './group.ts';
import type { Group, Membership } from './port.ts';
import { isDirect, isHidden, isMuted } from './rules.ts';

/** Higher counts are shown as `99+`. */
const MAX_SHOWN = 99;

/**
 * The disc of direct messages in lists of groups: of the only other person, or with the number of the others. `avatar`: the path of the picture of that
 * person, null for none. `person`: who it is; null for several people, and for notes to oneself. `isOwn`: whether they are such notes.
 */
export type Disc = {
  readonly name: string;
  readonly color: number;
  readonly avatar: string | null;
  readonly person: UserId | null;
  readonly isOwn: boolean;
};

/**
 * A group of the viewer. `n`: number of messages; `mentions`: number of unread messages that mention the viewer; `face`: the disc of direct messages;
 * `present`: whether the person on it is online.
 */
export type SidebarInput = {
  readonly group: Pick<Group, 'id' | 'slug' | 'name' | 'kind' | 'archived'>;
  readonly membership: Pick<Membership, 'mark' | 'level' | 'hidden' | 'favourite'>;
  readonly n: number;
  readonly mentions: number;
  readonly face: Disc | null;
  readonly present: boolean;
};

/** A row of groups/_sidebar.njk. Counts are '' for 0. */
type SidebarRow = {
  readonly slug: string;
  readonly name: string;
  readonly unread: string;
  readonly mentions: string;
  readonly current: boolean;
  readonly face: Disc | null;
  readonly present: boolean;
  readonly muted: boolean;
  readonly archived: boolean;
  /** Number of unread messages for the viewer (`all`: every message counts; otherwise mentions). */
  readonly waiting: string;
  readonly all: boolean;
};

/** `href`: the page of all its groups, with the title `all`; '' for none. `waiting`: the sum over its rows. */
type Section = {
  readonly id: 'favourites' | 'groups' | 'direct';
  readonly title: string;
  readonly href: string;
  readonly all: string;
  readonly waiting: string;
  readonly rows: readonly SidebarRow[];
};

/** `waiting`: the sum over all groups except the current one, for the title; '' for 0. `current`: the slug of that one; '' without. */
export type Sidebar = { readonly sections: readonly Section[]; readonly waiting: string; readonly current: string };

const shown = (count: number): string => (count > MAX_SHOWN ? `${MAX_SHOWN}+` : count > 0 ? String(count) : '');

/**
 * The sidebar on a page of group `current`. In each section those with mentions are first, then those with unread messages, then the others, and
 * archived ones last; among them by name. Muted groups and the current one have no counts.
 */
export const sidebarOf = (mine: readonly SidebarInput[], current?: Group['id']): Sidebar => sidebarsOf(mine)(current);

/** The places in a section, in this order. */
const [MENTIONED, UNREAD, QUIET, ARCHIVED] = [0, 1, 2, 3];

/** A group as it is in every sidebar of its user but that of its own page. `waiting`: how many messages are. */
type Entry = { readonly one: SidebarInput; readonly row: SidebarRow; readonly place: number; readonly waiting: number };

/**
 * `sidebarOf` for pages of several groups of one user, in the current language: what they share is worked out once, and their equal rows are the same
 * objects.
 */
export function sidebarsOf(mine: readonly SidebarInput[]): (current: Group['id'] | undefined) => Sidebar {
  const entries = mine.toSorted((a, b) => byName(a.group.name, b.group.name)).map((one) => entryOf(one, isMuted(one.membership), false));
  const {
    favourites = [],
    groups = [],
    direct = [],
  } = Object.groupBy(entries, ({ one: { group, membership } }) =>
    membership.favourite ? 'favourites' : isDirect(group) ? 'direct' : 'groups',
  );
  return (current) => {
    const sectionOf = (head: Omit<Section, 'rows' | 'waiting'>, some: readonly Entry[]) => {
      const listed = some.flatMap((entry) =>
        entry.one.group.id === current ? entryOf(entry.one, true, true) : isListed(entry) ? entry : [],
      );
      const waiting = listed.reduce((sum, entry) => sum + entry.waiting, 0);
      const rows = [MENTIONED, UNREAD, QUIET, ARCHIVED].flatMap((place) => listed.filter((entry) => entry.place === place));
      return { waiting, section: { ...head, waiting: shown(waiting), rows: rows.map(({ row }) => row) } };
    };
    const parts = [
      ...(favourites.length > 0 ? [sectionOf({ id: 'favourites', title: t`Favourites`, href: '', all: '' }, favourites)] : []),
      sectionOf({ id: 'groups', title: t`Groups`, href: '/groups', all: t`All groups` }, groups),
      sectionOf({ id: 'direct', title: t`Direct messages`, href: '/direct', all: t`All direct messages` }, direct),
    ];
    const slug = mine.find(({ group }) => group.id === current)?.group.slug ?? '';
    const waiting = parts.reduce((sum, part) => sum + part.waiting, 0);
    return { sections: parts.map(({ section }) => section), waiting: shown(waiting), current: slug };
  };
}

const isListed = ({ one: { membership, n } }: Entry): boolean => !isHidden(membership, n);

/** `isQuiet`: without counts. */
function entryOf(one: SidebarInput, isQuiet: boolean, current: boolean): Entry {
  const { group, membership, mentions, face, present } = one;
  const unread = isQuiet ? 0 : Math.max(0, one.n - membership.mark);
  const all = isDirect(group) || membership.level === 'everything';
  const waiting = isQuiet ? 0 : all ? unread : mentions;
  const place = group.archived ? ARCHIVED : unread === 0 ? QUIET : mentions > 0 ? MENTIONED : UNREAD;
  const name = face?.isOwn ? ownTitle(face.name) : group.name;
  const row = {
    ...{ slug: group.slug, name, unread: shown(unread), mentions: isQuiet ? '' : shown(mentions), current, face, present },
    ...{ muted: isMuted(membership), archived: group.archived, waiting: shown(waiting), all },
  };
  return { one, row, place, waiting };
}
