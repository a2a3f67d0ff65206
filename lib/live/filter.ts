import type { UserId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import { isNamed } from '../markup/mentions.ts';
import { containsKeyword, normalizeForMatch } from '../text/keywords.ts';

export const MAX_KEYWORDS = 10;
export const MAX_KEYWORD_LENGTH = 64;

/**
 * What a stream is limited to: messages that mention its user, messages that contain one of these keywords (normalized), or both; without either, any
 * text. `thread`: the seq of a root; only messages of that thread, and changes to them.
 */
export type Filter = { readonly mentions: boolean; readonly keywords: readonly string[]; readonly thread?: number | undefined };

/** Undefined when everything passes. Without `filter`, keywords alone decide. */
export function filterOf(filter: 'all' | 'mentions' | undefined, keywords: readonly string[], thread?: number): Filter | undefined {
  const isOfAnyText = filter === 'all' || (filter === undefined && keywords.length === 0);
  if (isOfAnyText && thread === undefined) return undefined;
  return { mentions: filter === 'mentions', keywords: isOfAnyText ? [] : [...new Set(keywords.map(normalizeForMatch))], thread };
}

/**
 * An entry as a filter sees it. `text`: its body, normalized for matching; called only where there are keywords. `root`: the root of the thread of the
 * message that it is or changes.
 */
type FilterInput = { readonly entry: Entry; readonly isDirect: boolean; readonly text: () => string; readonly root?: number | undefined };

/**
 * Whether an entry passes. By mentions and keywords only messages, edits and texts that an undo brought back do; in direct messages all of these are meant
 * for everybody there. A use of an action, and a command, is meant for its bot.
 */
export function passes({ mentions, keywords, thread }: Filter, user: UserId, { entry, isDirect, text, root }: FilterInput): boolean {
  if (thread !== undefined && root !== thread) return false;
  if (!mentions && keywords.length === 0) return true;
  if (entry.kind === 'act' || entry.kind === 'command') return mentions && entry.bot === user;
  if (entry.kind !== 'message' && entry.kind !== 'edit' && entry.kind !== 'unerase') return false;
  if (entry.kind === 'edit' && entry.quiet) return false;
  if (mentions && (isDirect || isNamed(entry.mentions, user) || isCommandFor(user, entry))) return true;
  return keywords.some((keyword) => containsKeyword(text(), keyword));
}

const isCommandFor = (bot: UserId, entry: Entry): boolean => entry.kind === 'message' && entry.command?.bot === bot;
