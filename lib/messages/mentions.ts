import type { UserId } from '../ids.ts';

export type Named = { readonly id: UserId; readonly name: string };
export type Mention = { readonly id: UserId; readonly start: number; readonly end: number };

const WORD = /[\p{L}\p{N}_]/u;
const MOST_MENTIONS = 200;

/** Where `text` names one of `people` as `@name`, by position; the longest name wins, case does not matter. Linear in the text for each `@`. */
export function findMentions(text: string, people: readonly Named[]): Mention[] {
  const byLength = people.map(({ id, name }) => ({ id, key: name.toLowerCase() })).sort((a, b) => b.key.length - a.key.length);
  const found: Mention[] = [];
  for (let at = text.indexOf('@'); at !== -1 && found.length < MOST_MENTIONS; at = text.indexOf('@', at + 1)) {
    if (at > 0 && WORD.test(text.charAt(at - 1))) continue; // an e-mail address
    const hit = byLength.find(({ key }) => key !== '' && isNameAt(text, at + 1, key));
    if (hit) found.push({ id: hit.id, start: at, end: at + 1 + hit.key.length });
  }
  return found;
}

function isNameAt(text: string, start: number, key: string): boolean {
  const end = start + key.length;
  return text.slice(start, end).toLowerCase() === key && !WORD.test(text.charAt(end));
}
