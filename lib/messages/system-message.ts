import type { Profile } from '../core.ts';
import type { UserId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
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

/** The name of a user; `somebody` when the account no longer exists. */
export const nameOf = (profiles: Profiles, id: UserId): string => profiles.get(id)?.name ?? 'somebody';

/** The date fields of a row, for `at` (ms). */
export const dateFields = (at: number) => ({ iso: dates.iso(at), time: dates.time(at), day: dates.day(at), dayLabel: dates.dayLabel(at) });

/** A system message as a row. */
export const presentLine = (entry: Entry, profiles: Profiles): LineRow => ({
  seq: entry.seq,
  text: lineText(entry, profiles),
  ...dateFields(entry.at),
});

/** The text of a system message; empty for entries that are not shown. */
export function lineText(entry: Entry, profiles: Profiles): string {
  const author = nameOf(profiles, entry.author);
  switch (entry.kind) {
    case 'join':
      return entry.member === entry.author ? `${author} joined` : `${author} added ${nameOf(profiles, entry.member)}`;
    case 'leave':
      return entry.member === entry.author ? `${author} left` : `${author} removed ${nameOf(profiles, entry.member)}`;
    case 'rename':
      return `${author} named the group ${entry.name}`;
    case 'topic':
      return entry.topic === '' ? `${author} removed the topic` : `${author} set the topic: ${entry.topic}`;
    case 'archive':
      return entry.on ? `${author} archived the group` : `${author} unarchived the group`;
    case 'message':
    case 'edit':
    case 'erase':
    case 'unerase':
    case 'react':
    case 'unreact':
    case 'pin':
    case 'unpin':
    case 'revoke':
      return '';
    default:
      throw entry satisfies never;
  }
}
