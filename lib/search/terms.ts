// When the rules of this file change, increase TERMS_VERSION in port.ts.

/** Maximum number of distinct terms per message, and of characters per term. */
export const MAX_TERMS = 200;
export const MAX_CHARACTERS = 64;

/** A normalized word and its range in the text (UTF-16 offsets). */
export type Token = { readonly term: string; readonly start: number; readonly end: number };

/** Scripts without spaces between words: each character is a word. */
const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('');
// Unicode classes the two half-width sound marks as letters; they belong to the character before them.
const ONE = `(?=[\\p{L}\\p{N}])[${UNSPACED}][\\p{M}\\uff9e\\uff9f]*`;
const WORD = new RegExp(`${ONE}|(?:(?!${ONE})[\\p{L}\\p{N}\\p{M}])+`, 'gu');
const ALONE = new RegExp(`^${ONE}$`, 'u');
const IS_UNSPACED = new RegExp(ONE, 'u');
const PLAIN_WORD = /[A-Za-z0-9]+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
const IS_PLAIN = /^[\x00-\x7f]*$/;

/** Accents, and the vowel points of Hebrew and Arabic. Marks of other scripts distinguish letters and are kept. */
const DIACRITICS = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]/g;
const NO_WORD = /[^\p{L}\p{N}\p{M}]+/gu;

/** Normalizes a word: ignores compatibility forms, case and accents (`Ångström`, `ＡＮＧＳＴＲＯＭ` → `angstrom`, `Straße` → `strasse`). */
function fold(word: string): string {
  const bare = word.normalize('NFKD').replace(DIACRITICS, '');
  // Upper case expands ß to ss; lower case first, since ẞ has no upper-case expansion.
  const folded = bare.toLowerCase().toUpperCase().toLowerCase().normalize('NFKD').replace(DIACRITICS, '').replaceAll('ς', 'σ');
  return cut(folded.normalize('NFC').replace(NO_WORD, ''));
}

/** Usually one term. A character that decomposes to several of a script without spaces gives several. */
function foldedTerms(word: string): readonly string[] {
  const term = fold(word);
  if (term === '') return [];
  return IS_UNSPACED.test(term) ? (term.match(WORD) ?? []) : [term];
}

const cut = (term: string): string => (term.length <= MAX_CHARACTERS ? term : [...term].slice(0, MAX_CHARACTERS).join(''));

/** The words of a text, in order. Both stores use them, so that both find the same. */
export const tokensIn = (text: string): Token[] => [...tokens(text)];

function* tokens(text: string): Generator<Token> {
  const isPlain = IS_PLAIN.test(text);
  for (const { 0: word, index } of text.matchAll(isPlain ? PLAIN_WORD : WORD)) {
    const terms = isPlain ? [cut(word.toLowerCase())] : foldedTerms(word);
    for (const term of terms) yield { term, start: index, end: index + word.length };
  }
}

/** The distinct words of a text in order of first occurrence, MAX_TERMS at most. */
export function termsOf(text: string): string[] {
  const terms = new Set<string>();
  for (const { term } of tokens(text)) {
    terms.add(term);
    if (terms.size === MAX_TERMS) break;
  }
  return [...terms];
}

/** Whether a term may be searched as a prefix: not a single letter, nor a word of a script without spaces. */
export const allowsPrefix = (term: string): boolean => term.length >= 2 && !ALONE.test(term);
