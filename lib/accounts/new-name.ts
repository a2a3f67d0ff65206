import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';
import { nameKey } from './account.ts';
import { skeletonOf } from './lookalikes.ts';

/** Words that mean everybody, the site, or its staff: a person or bot of that name would be taken for them, and `@all` would name only that one. */
export const RESERVED_NAMES = [
  ...['all', 'here', 'channel', 'everyone', 'everybody', 'group', 'room', 'me', 'you'],
  ...['admin', 'admins', 'administrator', 'administrators', 'moderator', 'moderators', 'owner', 'operator', 'root', 'sysadmin'],
  ...['system', 'server', 'parley', 'bot', 'bots', 'webhook', 'security', 'support', 'helpdesk', 'official'],
  ...['anonymous', 'unknown', 'deleted', 'undefined', 'null'],
];

/** Scripts that names are written in today (Unicode Standard Annex 31, tables 5 and 7). */
const SCRIPTS = [
  ...['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Hebrew', 'Arabic', 'Syriac', 'Thaana', 'Nko', 'Ethiopic', 'Georgian', 'Cherokee'],
  ...['Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Ol_Chiki'],
  ...['Thai', 'Lao', 'Tibetan', 'Myanmar', 'Khmer', 'Mongolian', 'Javanese', 'Balinese', 'Sundanese', 'Tai_Le', 'New_Tai_Lue', 'Cham'],
  ...['Hangul', 'Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Yi', 'Lisu', 'Canadian_Aboriginal', 'Tifinagh', 'Vai', 'Adlam', 'Osage'],
] as const;
type Script = (typeof SCRIPTS)[number];

/** Scripts that one word may mix: the level "highly restrictive" of Unicode Technical Standard 39, section 5.2. */
const MIXED: readonly (readonly Script[])[] = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];

/** Letters of one of the scripts, or of none (digits, marks, signs). */
const onlyOf = (scripts: readonly string[]): RegExp =>
  new RegExp(`^[${['Common', 'Inherited', ...scripts].map((script) => `\\p{Script_Extensions=${script}}`).join('')}]*$`, 'u');
const has = (script: string): RegExp => new RegExp(`\\p{Script=${script}}`, 'u');
const NO_WORD = /[^\p{L}\p{M}\p{N}]+/u;

/**
 * The rules for the name of a new person or bot, besides those of `parseName`: it is not reserved, also not by its looks, and no word of it
 * mixes scripts that no language mixes. Accounts from before keep their names. Errors: `invalid` (field `name`).
 */
export function checkNewName(name: string): void {
  if (isReserved(name)) throw invalid('name', t`The name ${name} is reserved. Choose another.`);
  for (const word of name.split(NO_WORD)) {
    const mixed = mixedIn(word);
    if (mixed)
      throw invalid('name', t`Name mixes ${mixed.reduce((all, one) => t`${all} and ${one}`)} letters in one word. Use one script.`);
  }
}

function isReserved(name: string): boolean {
  const bare = nameKey(name).replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
  const looks = skeletonOf(bare);
  return RESERVED_NAMES.some((reserved) => reserved === bare || skeletonOf(reserved) === looks);
}

/** Scripts that must not stand in one word together; undefined if there are none. */
function mixedIn(word: string): readonly string[] | undefined {
  const found = SCRIPTS.filter((script) => has(script).test(word));
  if (found.length < 2) return undefined;
  const isOne = found.some((script) => onlyOf([script]).test(word)); // a letter of several scripts, such as the long vowel mark of kana
  return isOne || MIXED.some((scripts) => onlyOf(scripts).test(word)) ? undefined : found;
}
