import { invalid } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { sha256 } from '../secrets.ts';
import { isBlank } from '../text/body.ts';

const MAX_GROUP_NAME_LENGTH = 64;
const MAX_TOPIC_LENGTH = 250;
const MAX_SLUG_LENGTH = 48;
/** How many people direct messages are between, at most. */
export const MAX_DIRECT = 8;
const MAX_USES = 10_000;

/** Words with a meaning of their own in /groups/:slug. */
const RESERVED = new Set(['join', 'new', 'system', 'direct', 'settings', 'search', 'admin', 'events']);

/** What the slugs of direct messages begin with. */
const DIRECT = 'dm-';

/** Controls, and what turns the direction of all that follows. The two joiners (U+200C, U+200D) stay: Persian and emoji are written with them. */
const UNSEEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f]/u;

/** Throws `invalid` (field `name`). */
export function parseGroupName(text: string): string {
  const name = text.toWellFormed().normalize('NFC').replace(/\s+/gu, ' ').trim();
  if (isBlank(name)) throw invalid('name', 'Group name is missing.');
  if ([...name].length > MAX_GROUP_NAME_LENGTH)
    throw invalid('name', `Group name is too long: ${MAX_GROUP_NAME_LENGTH} characters at most.`);
  if (UNSEEN.test(name)) throw invalid('name', 'Group name has a character that cannot be seen. Take it out.');
  return name;
}

/** Throws `invalid` (field `topic`). */
export function parseTopic(text: string): string {
  const topic = text.toWellFormed().normalize('NFC').replace(/\s+/gu, ' ').trim();
  if ([...topic].length > MAX_TOPIC_LENGTH) throw invalid('topic', `Topic is too long: ${MAX_TOPIC_LENGTH} characters at most.`);
  if (UNSEEN.test(topic)) throw invalid('topic', 'Topic has a character that cannot be seen. Take it out.');
  return topic;
}

/** Lower-case ASCII words joined by `-`, or '' when nothing of the name can be written so. */
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

/** The tables for the scripts of the world are large: the first name that needs them loads them. */
async function inAscii(name: string): Promise<string> {
  if (/^[ -~]*$/.test(name)) return name;
  const { transliterate } = await import('transliteration');
  return transliterate(name);
}

/** `xxxx-xxxx-xxxx` in lower case, however it was typed. */
export const normaliseCode = (code: string): string => code.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The one slug of the direct messages between these, whoever asks and in whatever order: `dm-` and 80 bits of a hash of their ids. */
export const directSlug = (people: readonly UserId[]): string => DIRECT + sha256(sortedPeople(people).join()).slice(0, 20);

/** Each once, by id. */
export const sortedPeople = (people: readonly UserId[]): UserId[] => [...new Set(people)].sort();

/** What direct messages are called for one of those they are between: the names of the others. */
export function directTitle(viewer: UserId, people: readonly { readonly id: UserId; readonly name: string }[]): string {
  const others = people.filter(({ id }) => id !== viewer).map(({ name }) => name);
  if (others.length > 0) return others.sort((a, b) => a.localeCompare(b)).join(', ');
  return `${people[0]?.name ?? 'Somebody'} (you)`;
}

const HOUR_MS = 3_600_000;
const LONGEST_HOURS = 365 * 24;

/** How long a join code holds, in ms, null for ever: `never`, or hours or days as in `1h`, `7d`; a year at most. Throws `invalid` (field `expires`). */
export function parseExpiry(text: string): number | null {
  if (text === 'never') return null;
  const [, count, unit] = /^(\d{1,4})([hd])$/.exec(text.trim()) ?? [];
  const hours = Number(count) * (unit === 'd' ? 24 : 1);
  if (!(hours >= 1 && hours <= LONGEST_HOURS))
    throw invalid('expires', "Say for how long the code holds: 'never', or hours or days such as 1h or 7d, a year at most.");
  return hours * HOUR_MS;
}

/** How many a join code lets in, null for any number: `unlimited`, or a whole number. Throws `invalid` (field `uses`). */
export function parseUses(text: string): number | null {
  if (text === 'unlimited') return null;
  const uses = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  if (uses < 1 || uses > MAX_USES) throw invalid('uses', `Say how many the code lets in: 'unlimited', or 1 to ${MAX_USES}.`);
  return uses;
}
