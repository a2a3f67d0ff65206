import { allowsPrefix, tokensIn } from './terms.ts';

/** Maximum length of a query (UTF-16 units), and of its wanted and of its unwanted words. */
export const MAX_QUERY_LENGTH = 500;
export const MAX_WORDS = 32;

/** Consecutive words, normalized. `isOpen`: the last one also matches as a prefix (`deplo` finds `deployed`). */
export type Phrase = { readonly terms: readonly string[]; readonly isOpen: boolean };

/** A parsed query. Names and slugs are as typed; they may not exist. */
export type SearchQuery = {
  readonly wanted: readonly Phrase[];
  readonly unwanted: readonly Phrase[];
  readonly from: readonly string[];
  readonly notFrom: readonly string[];
  readonly in: readonly string[];
  readonly notIn: readonly string[];
  /** ms since the epoch: at or after `after`, before `before`. */
  readonly after: number | undefined;
  readonly before: number | undefined;
};

type Item = { readonly not: boolean; readonly key: string; readonly value: string; readonly isOpen: boolean };

// One item: `-`, an operator, then a value with or without quotes (the closing quote is optional). Other characters are skipped.
const ITEM = /(-?)(?:(from|in|before|after):)?(?:"([^"]*)(?:"|$)(\*?)|([^\s"]+))/gi;
const QUOTES = /[“”„‟«»＂]/g;
const CONTROLS = /\p{Cc}/gu;

/**
 * Parses a query: words (all must match), `"phrases"`, `word*`, `-word`, `from:name`, `in:slug`, `before:` and `after:` a day, month or
 * year (UTC; `after` includes it, `before` excludes it). The last word also matches as a prefix, unless a space follows it.
 * Every query is valid: an invalid operator is searched as words, and other characters are ignored.
 */
export function parseSearch(typed: string): SearchQuery {
  const text = typed.slice(0, MAX_QUERY_LENGTH).toWellFormed().replace(CONTROLS, ' ').replace(QUOTES, '"');
  const parts = [...text.matchAll(ITEM)].map((match) => partOf(itemOf(match, text.length)));
  const names = (kind: 'from' | 'in', not: boolean): string[] => [
    ...new Set(parts.flatMap((part) => (part.kind === kind && part.not === not ? [part.name] : []))),
  ];
  const days = (kind: 'after' | 'before'): number[] => parts.flatMap((part) => (part.kind === kind ? [part.at] : []));
  const phrases = (not: boolean): Phrase[] =>
    bounded(parts.flatMap((part) => (part.kind === 'words' && part.not === not ? phraseOf(part) : [])));
  return {
    wanted: phrases(false),
    unwanted: phrases(true),
    from: names('from', false),
    notFrom: names('from', true),
    in: names('in', false),
    notIn: names('in', true),
    after: extreme(Math.max, days('after')),
    before: extreme(Math.min, days('before')),
  };
}

/** Whether the query has no condition. */
export const isEmptyQuery = ({ wanted, unwanted, from, notFrom, in: within, notIn, after, before }: SearchQuery): boolean =>
  [wanted, unwanted, from, notFrom, within, notIn].every((list) => list.length === 0) && after === undefined && before === undefined;

/** `end`: the length of the text: a word that ends there is still being typed. */
function itemOf({ 0: whole, 1: minus, 2: key = '', 3: quoted, 4: star, 5: bare = '', index }: RegExpExecArray, end: number): Item {
  const isLast = quoted === undefined && minus === '' && key === '' && index + whole.length === end;
  return { not: minus !== '', key: key.toLowerCase(), value: quoted ?? bare, isOpen: isLast || star === '*' || bare.endsWith('*') };
}

type Part =
  | { readonly kind: 'words'; readonly not: boolean; readonly text: string; readonly isOpen: boolean }
  | { readonly kind: 'from' | 'in'; readonly not: boolean; readonly name: string }
  | { readonly kind: 'before' | 'after'; readonly at: number };

function partOf({ key, value, not, isOpen }: Item): Part {
  const name = value.trim().replace(/^[@#]/, '');
  const at = dayAt(name);
  if ((key === 'from' || key === 'in') && name !== '') return { kind: key, not, name };
  if ((key === 'before' || key === 'after') && at !== undefined && !not) return { kind: key, at };
  return { kind: 'words', not, text: `${key} ${value}`, isOpen };
}

/** The first ms of a day, month or year in UTC; undefined when invalid. */
function dayAt(text: string): number | undefined {
  const [, year, month = '1', day = '1'] = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const at = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(date) ? undefined : at; // no 31 February
}

/** Punctuation within a word (`e-mail`, a URL) separates consecutive words of a phrase. */
function phraseOf({ text, isOpen }: { readonly text: string; readonly isOpen: boolean }): Phrase[] {
  const terms = tokensIn(text).map(({ term }) => term);
  const last = terms.at(-1);
  return last === undefined ? [] : [{ terms, isOpen: isOpen && allowsPrefix(last) }];
}

/** Distinct phrases, with MAX_WORDS words in total at most. */
function bounded(phrases: readonly Phrase[]): Phrase[] {
  const kept = new Map<string, Phrase>();
  let words = 0;
  for (const { terms, isOpen } of phrases) {
    const left = MAX_WORDS - words;
    if (left === 0) break;
    const phrase = { terms: terms.slice(0, left), isOpen: isOpen && terms.length <= left };
    words += phrase.terms.length;
    kept.set(JSON.stringify(phrase), phrase);
  }
  return [...kept.values()];
}

const extreme = (pick: (...values: number[]) => number, values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : pick(...values);
