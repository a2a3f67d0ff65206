import { normalizeForMatch } from './keywords.ts';

/**
 * Whether a word in `name` begins as typed: at its start, or after anything but a letter, mark or digit. In any case. An empty text begins every name.
 * The page completes names by the same rule: static/js/word-start.js.
 */
export function startsAWord(name: string, typed: string): boolean {
  const [whole, begin] = [normalizeForMatch(name), normalizeForMatch(typed)];
  let at = whole.indexOf(begin);
  while (at > 0 && /[\p{L}\p{M}\p{N}]$/u.test(whole.slice(Math.max(0, at - 2), at))) at = whole.indexOf(begin, at + 1);
  return at !== -1;
}

/** Whether the name itself begins as typed. In any case. */
export const startsName = (name: string, typed: string): boolean => normalizeForMatch(name).startsWith(normalizeForMatch(typed));
