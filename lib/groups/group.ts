import { invalid } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { sha256 } from '../secrets.ts';
import { isBlank } from '../text/body.ts';

const MAX_GROUP_NAME_LENGTH = 64;
const MAX_TOPIC_LENGTH = 250;
const MAX_SLUG_LENGTH = 48;
/** Maximum number of people in direct messages. */
export const MAX_DIRECT = 8;
const MAX_USES = 10_000;

/** Reserved by routes below /groups. */
const RESERVED = new Set(['join', 'new', 'system', 'direct', 'settings', 'search', 'admin', 'events']);

/** Prefix of the slugs of direct messages. */
const DIRECT = 'dm-';

/** Control characters and bidirectional controls. The joiners U+200C and U+200D are allowed: Persian and emoji need them. */
const INVISIBLE = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f]/u;

/** Throws `invalid` (field `name`). */
export function parseGroupName(text: string): string {
  const name = text.toWellFormed().normalize('NFC').replace(/\s+/gu, ' ').trim();
  if (isBlank(name)) throw invalid('name', t`Group name is missing.`);
  if ([...name].length > MAX_GROUP_NAME_LENGTH)
    throw invalid('name', t`Group name is too long: ${MAX_GROUP_NAME_LENGTH} characters at most.`);
  if (INVISIBLE.test(name)) throw invalid('name', t`Group name has an invisible character. Remove it.`);
  return name;
}

/** Throws `invalid` (field `topic`). */
export function parseTopic(text: string): string {
  const topic = text.toWellFormed().normalize('NFC').replace(/\s+/gu, ' ').trim();
  if ([...topic].length > MAX_TOPIC_LENGTH) throw invalid('topic', t`Topic is too long: ${MAX_TOPIC_LENGTH} characters at most.`);
  if (INVISIBLE.test(topic)) throw invalid('topic', t`Topic has an invisible character. Remove it.`);
  return topic;
}

/** Lower-case ASCII words joined by `-`, or '' when the name cannot be transliterated. */
export async function slugOf(name: string): Promise<string> {
  const slug = (await inAscii(name))
    .toLowerCase()
    .replace(/[_.~]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/-$/, '');
  return RESERVED.has(slug) || /^\d+$/.test(slug) || slug.startsWith(DIRECT) ? `g-${slug}` : slug;
}

/** Loads the transliteration tables, which are large, at the first name that needs them. */
async function inAscii(name: string): Promise<string> {
  if (/^[ -~]*$/.test(name)) return name;
  const { transliterate } = await import('transliteration');
  return transliterate(name);
}

/** A code in lower case, without separators. */
export const normaliseCode = (code: string): string => code.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The slug of the direct messages between these people, in any order: `dm-` and 80 bits of a hash of their ids. */
export const directSlug = (people: readonly UserId[]): string => DIRECT + sha256(sortedPeople(people).join()).slice(0, 20);

/** Distinct ids, sorted. */
export const sortedPeople = (people: readonly UserId[]): UserId[] => [...new Set(people)].sort();

/** The title of direct messages for one of their members: the names of the others. */
export function directTitle(viewer: UserId, people: readonly { readonly id: UserId; readonly name: string }[]): string {
  const others = people.filter(({ id }) => id !== viewer).map(({ name }) => name);
  if (others.length > 0) return others.sort((a, b) => a.localeCompare(b)).join(', ');
  return ownTitle(people[0]?.name ?? t`Somebody`);
}

/** The title of the notes of somebody to themselves. */
export const ownTitle = (name: string): string => t`${name} (you)`;

const HOUR_MS = 3_600_000;
const LONGEST_HOURS = 365 * 24;

/** Parses the validity of a join code to ms, null for `never`: hours or days such as `1h`, `7d`; 365 days at most. Throws `invalid` (field `expires`). */
export function parseExpiry(text: string): number | null {
  if (text === 'never') return null;
  const [, count, unit] = /^(\d{1,4})([hd])$/.exec(text.trim()) ?? [];
  const hours = Number(count) * (unit === 'd' ? 24 : 1);
  if (!(hours >= 1 && hours <= LONGEST_HOURS))
    throw invalid('expires', t`The validity of a code must be 'never', or hours or days such as 1h or 7d, 365 days at most.`);
  return hours * HOUR_MS;
}

/** Parses the maximum number of uses of a join code, null for `unlimited`. Throws `invalid` (field `uses`). */
export function parseUses(text: string): number | null {
  if (text === 'unlimited') return null;
  const uses = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  if (uses < 1 || uses > MAX_USES) throw invalid('uses', t`The uses of a code must be 'unlimited', or 1 to ${MAX_USES}.`);
  return uses;
}
