import type { UserId } from '../ids.ts';
import type { Entry } from '../messages/entry.ts';
import { isNamed } from '../messages/mentions.ts';

export const MOST_KEYWORDS = 10;
export const MOST_KEYWORD_LENGTH = 64;

/** What a stream says of a group, when it is not everything: what names its user, and what has one of these words. */
export type Filter = { readonly mentions: boolean; readonly keywords: readonly string[] };

/** Undefined when everything passes. Without `filter`, keywords alone decide. */
export function filterOf(filter: 'all' | 'mentions' | undefined, keywords: readonly string[]): Filter | undefined {
  if (filter === 'all' || (filter === undefined && keywords.length === 0)) return undefined;
  return { mentions: filter === 'mentions', keywords: [...new Set(keywords.map(folded))] };
}

/** How words are compared: without regard to case, or to how a character is composed. */
export const folded = (text: string): string => text.normalize('NFKC').toLowerCase();

/** An entry as a filter looks at it. `text`: its body, folded; asked for only where words are looked for. */
export type Looked = { readonly entry: Entry; readonly isDirect: boolean; readonly text: () => string };

/** Whether an entry passes: only messages and edits do. In direct messages all of these are meant for everybody there. */
export function passes({ mentions, keywords }: Filter, user: UserId, { entry, isDirect, text }: Looked): boolean {
  if (entry.kind !== 'message' && entry.kind !== 'edit') return false;
  if (mentions && (isDirect || isNamed(entry.mentions, user))) return true;
  return keywords.some((keyword) => hasWord(text(), keyword));
}

/** Not those of scripts that are written without spaces: there every place may be the end of a word. */
const WORD = /[[\p{L}\p{N}_]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]]/v;
const isWord = (character: string): boolean => WORD.test(character);

/** Whether `text` has `keyword` as a word: not as a part of a longer one. Both folded. */
function hasWord(text: string, keyword: string): boolean {
  for (let at = text.indexOf(keyword); at !== -1; at = text.indexOf(keyword, at + 1)) {
    const end = at + keyword.length;
    const isCutBefore = isWord(keyword.charAt(0)) && isWord(text.charAt(at - 1));
    const isCutAfter = isWord(keyword.charAt(keyword.length - 1)) && isWord(text.charAt(end));
    if (!isCutBefore && !isCutAfter) return true;
  }
  return false;
}
