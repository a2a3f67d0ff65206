import { asUserId, type UserId } from '../ids.ts';

export type MentionTarget = { readonly id: UserId; readonly name: string };
/** `@all`: all members of the group. Its id is shorter than any user id. */
export const EVERYBODY: MentionTarget = { id: asUserId('all'), name: 'all' };

/** Whether a user is mentioned, by name or by `@all`. */
export const isNamed = (mentions: readonly UserId[] | undefined, user: UserId): boolean =>
  mentions !== undefined && (mentions.includes(user) || mentions.includes(EVERYBODY.id));

export type Mention = { readonly id: UserId; readonly start: number; readonly end: number };

const WORD = /[\p{L}\p{N}_]/u;
/** Maximum number of mentions found in a text. */
export const MAX_MENTIONS = 200;
/** Maximum number of `@` that are examined, so that the cost is bounded. */
const MAX_TRIED = 1000;

/** The mentions of `people` as `@name` in a text, by position; the longest name wins, case-insensitive. The cost is bounded for any text and grows with the number of distinct name lengths, not of names. */
export const findMentions = (text: string, people: readonly MentionTarget[]): Mention[] => mentionFinder(people)(text);

/** The same for several texts with the same people. */
export function mentionFinder(people: readonly MentionTarget[]): (text: string) => Mention[] {
  const byKey = new Map(people.map(({ id, name }) => [name.toLowerCase(), id]));
  const lengths = [...new Set([...byKey.keys()].map((key) => key.length))].filter((length) => length > 0).sort((a, b) => b - a);
  return (text) => mentionsIn(text, lengths, byKey);
}

function mentionsIn(text: string, lengths: readonly number[], byKey: ReadonlyMap<string, UserId>): Mention[] {
  const found: Mention[] = [];
  let tried = 0;
  for (let at = text.indexOf('@'); at !== -1 && found.length < MAX_MENTIONS && tried < MAX_TRIED; at = text.indexOf('@', at + 1)) {
    if (at > 0 && WORD.test(text.charAt(at - 1))) continue; // an e-mail address
    tried += 1;
    const hit = nameAt(text, at + 1, lengths, byKey);
    if (hit) found.push({ id: hit.id, start: at, end: hit.end });
  }
  return found;
}

function nameAt(text: string, start: number, lengths: readonly number[], byKey: ReadonlyMap<string, UserId>) {
  for (const length of lengths) {
    const end = start + length;
    const id = byKey.get(text.slice(start, end).toLowerCase());
    if (id !== undefined && !WORD.test(text.charAt(end))) return { id, end };
  }
  return undefined;
}
