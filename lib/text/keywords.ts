/** Normalizes a text or keyword for comparison: NFKC, lower case. */
export const normalizeForMatch = (text: string): string => text.normalize('NFKC').toLowerCase();

/** Letters, marks and digits, except those of scripts that are written without spaces, where a word may begin and end anywhere. */
const WORD = /[[\p{L}\p{M}\p{N}_]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\u30FC]]/v;
const isWord = (character: string): boolean => WORD.test(character);

/** Whether `text` contains `keyword` as a whole word. Both are normalized (see `normalizeForMatch`). An empty keyword never matches. */
export function containsKeyword(text: string, keyword: string): boolean {
  if (keyword === '') return false;
  for (let at = text.indexOf(keyword); at !== -1; at = text.indexOf(keyword, at + 1)) {
    const end = at + keyword.length;
    const isCutBefore = isWord(keyword.charAt(0)) && isWord(text.charAt(at - 1));
    const isCutAfter = isWord(keyword.charAt(keyword.length - 1)) && isWord(text.charAt(end));
    if (!isCutBefore && !isCutAfter) return true;
  }
  return false;
}
