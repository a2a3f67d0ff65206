/** Of one message so many different terms are indexed, each with so many characters at most. */
export const MAX_TERMS = 200;
export const MAX_CHARACTERS = 64;

/** Raise it when the rules below change: every group is then indexed anew, in the background. */
export const TERMS_VERSION = 1;

/** A word as it is compared, and where it stands in the text (UTF-16 offsets). */
export type Token = { readonly term: string; readonly start: number; readonly end: number };

/** Scripts that put no space between words: each of their characters is a word. */
const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('');
// The two half-width marks are letters to Unicode, and part of the character before them to a reader.
const ONE = `(?=[\\p{L}\\p{N}])[${UNSPACED}][\\p{M}\\uff9e\\uff9f]*`;
const WORD = new RegExp(`${ONE}|(?:(?!${ONE})[\\p{L}\\p{N}\\p{M}])+`, 'gu');
const ALONE = new RegExp(`^${ONE}$`, 'u');
const IS_UNSPACED = new RegExp(ONE, 'u');
const PLAIN_WORD = /[A-Za-z0-9]+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
const IS_PLAIN = /^[\x00-\x7f]*$/;

/** Accents, and the vowel points of Hebrew and Arabic. The marks of other scripts make another letter, and stay. */
const DIACRITICS = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]/g;
const NO_WORD = /[^\p{L}\p{N}\p{M}]+/gu;

/** One word as it is compared: compatible forms, case and accents are one (`Ångström`, `ＡＮＧＳＴＲＯＭ` → `angstrom`, `Straße` → `strasse`). */
function fold(word: string): string {
  const bare = word.normalize('NFKD').replace(DIACRITICS, '');
  // Up, since ß is only there two letters; but down before, since ẞ is none that can go up.
  const folded = bare.toLowerCase().toUpperCase().toLowerCase().normalize('NFKD').replace(DIACRITICS, '').replaceAll('ς', 'σ');
  return cut(folded.normalize('NFC').replace(NO_WORD, ''));
}

/** Mostly one. A character that is short for two of a script without spaces is two words. */
function foldedTerms(word: string): readonly string[] {
  const term = fold(word);
  if (term === '') return [];
  return IS_UNSPACED.test(term) ? (term.match(WORD) ?? []) : [term];
}

const cut = (term: string): string => (term.length <= MAX_CHARACTERS ? term : [...term].slice(0, MAX_CHARACTERS).join(''));

/** The words of a text, in order. Both stores get them from here, so that both find the same. */
export function tokensIn(text: string): Token[] {
  const isPlain = IS_PLAIN.test(text);
  const tokens: Token[] = [];
  for (const { 0: word, index } of text.matchAll(isPlain ? PLAIN_WORD : WORD)) {
    const terms = isPlain ? [cut(word.toLowerCase())] : foldedTerms(word);
    for (const term of terms) tokens.push({ term, start: index, end: index + word.length });
  }
  return tokens;
}

/** The different words of a text, by where they first stand, MAX_TERMS at most. */
export function termsOf(text: string): string[] {
  const terms = new Set<string>();
  for (const { term } of tokensIn(text)) {
    terms.add(term);
    if (terms.size === MAX_TERMS) break;
  }
  return [...terms];
}

/** Whether a term may be the beginning of others: not one letter, which begins nearly everything, nor a word of a script without spaces. */
export const allowsPrefix = (term: string): boolean => term.length >= 2 && !ALONE.test(term);
