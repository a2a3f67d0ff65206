import { avatarUrl } from '../accounts/avatar-url.ts';
import type { Profile } from '../core.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Entry } from '../log/entry.ts';
import { SERVER } from '../security/event.ts';
import { datesIn } from '../text/dates.ts';

export type Profiles = ReadonlyMap<UserId, Profile>;

/** A system message for templates/messages/_line.njk. */
export type LineRow = {
  readonly seq: number;
  readonly iso: string;
  readonly time: string;
  readonly day: string;
  readonly dayLabel: string;
  readonly text: string;
};

const dates = datesIn('UTC');

/** The shown name of a user; `Parley` for what the server does by itself, `somebody` when the account no longer exists. */
export const nameOf = (profiles: Profiles, id: UserId): string => profiles.get(id)?.shownName ?? unknownName(id);

/** A name for an id without an account. */
export const unknownName = (id: UserId): string => (id === SERVER ? 'Parley' : t`somebody`);

/** How a user appears in a row. */
export type Face = {
  readonly id: string;
  readonly name: string;
  readonly color: number;
  readonly bot: boolean;
  readonly avatar: string | null;
};

export function faceOf(profiles: Profiles, id: UserId): Face {
  const profile = profiles.get(id);
  return profile
    ? { id, name: profile.shownName, color: profile.color, bot: profile.bot, avatar: avatarUrl(profile.avatar) }
    : { id, name: t`somebody`, color: 0, bot: false, avatar: null };
}

/** The date fields of a row, for `at` (ms). */
export const dateFields = (at: number) => ({ iso: dates.iso(at), time: dates.time(at), day: dates.day(at), dayLabel: dates.dayLabel(at) });

/** A system message as a row. */
export const presentLine = (entry: Entry, profiles: Profiles): LineRow => ({
  seq: entry.seq,
  text: lineText(entry, profiles),
  ...dateFields(entry.at),
});

/** The text of a system message, in the current language; empty for entries that are not shown. */
export function lineText(entry: Entry, profiles: Profiles): string {
  const author = nameOf(profiles, entry.author);
  switch (entry.kind) {
    case 'join':
      return entry.member === entry.author ? t`${author} joined` : t`${author} added ${nameOf(profiles, entry.member)}`;
    case 'leave':
      return entry.member === entry.author ? t`${author} left` : t`${author} removed ${nameOf(profiles, entry.member)}`;
    case 'rename':
      return t`${author} named the group ${entry.name}`;
    case 'topic':
      return entry.topic === '' ? t`${author} removed the topic` : t`${author} set the topic: ${entry.topic}`;
    case 'archive':
      return entry.on ? t`${author} archived the group` : t`${author} unarchived the group`;
    case 'message':
    case 'edit':
    case 'erase':
    case 'unerase':
    case 'react':
    case 'unreact':
    case 'pin':
    case 'unpin':
    case 'act':
    case 'ack':
    case 'command':
    case 'revoke':
    case 'report':
    case 'closeReport':
    case 'audit':
      return '';
    default:
      throw entry satisfies never;
  }
}
