import { invalid } from '../errors.ts';
import { isBlank } from '../messages/body.ts';

export const MAX_GROUP_NAME_LENGTH = 64;
export const MAX_TOPIC_LENGTH = 250;
export const MAX_SLUG_LENGTH = 48;

/** Words with a meaning of their own in /groups/:slug. */
const RESERVED = new Set(['join', 'new', 'system', 'direct', 'settings', 'search', 'admin', 'events']);

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
  return RESERVED.has(slug) || /^\d+$/.test(slug) ? `g-${slug}` : slug;
}

/** The tables for the scripts of the world are large: the first name that needs them loads them. */
async function inAscii(name: string): Promise<string> {
  if (/^[ -~]*$/.test(name)) return name;
  const { transliterate } = await import('transliteration');
  return transliterate(name);
}

/** `xxxx-xxxx-xxxx` in lower case, however it was typed. */
export const normaliseCode = (code: string): string => code.toLowerCase().replace(/[^a-z0-9]/g, '');
