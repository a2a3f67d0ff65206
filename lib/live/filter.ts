import type { UserId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import { isNamed } from '../markup/mentions.ts';
import { containsKeyword, normalizeForMatch } from '../text/keywords.ts';

export const MAX_KEYWORDS = 10;
export const MAX_KEYWORD_LENGTH = 64;

/** What a stream is limited to: messages that mention its user, messages that contain one of these keywords (normalized), or both. */
export type Filter = { readonly mentions: boolean; readonly keywords: readonly string[] };

/** Undefined when everything passes. Without `filter`, keywords alone decide. */
export function filterOf(filter: 'all' | 'mentions' | undefined, keywords: readonly string[]): Filter | undefined {
  if (filter === 'all' || (filter === undefined && keywords.length === 0)) return undefined;
  return { mentions: filter === 'mentions', keywords: [...new Set(keywords.map(normalizeForMatch))] };
}

/** An entry as a filter sees it. `text`: its body, normalized for matching; called only where there are keywords. */
type FilterInput = { readonly entry: Entry; readonly isDirect: boolean; readonly text: () => string };

/** Whether an entry passes: only messages, edits and texts that an undo brought back do. In direct messages all of these are meant for everybody there. */
export function passes({ mentions, keywords }: Filter, user: UserId, { entry, isDirect, text }: FilterInput): boolean {
  if (entry.kind !== 'message' && entry.kind !== 'edit' && entry.kind !== 'unerase') return false;
  if (mentions && (isDirect || isNamed(entry.mentions, user))) return true;
  return keywords.some((keyword) => containsKeyword(text(), keyword));
}
