import { invalid } from '../errors.ts';

/** Colour classes `c-0` … `c-11` in the style sheet. */
export const COLORS = 12;

export const MAX_NAME_LENGTH = 32;
const MIN_PASSWORD_BYTES = 8;
/** bcrypt reads no further; what it would ignore is refused instead. */
export const MAX_PASSWORD_BYTES = 72;

/** Control, format (zero-width, direction) and unassigned characters, line breaks, and what has no shape: none has a place in a name. */
const INVISIBLE = /(?!\p{Variation_Selector})[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Say how the character before them is drawn; by themselves they are nothing to see, so they make no other name. */
const VARIATIONS = /\p{Variation_Selector}/gu;

/** The name as it is shown: NFKC (UAX #15), outer space trimmed, inner runs of space made one. Throws `invalid` (field `name`). */
export function parseName(text: string): string {
  const name = text
    .normalize('NFKC')
    .trim()
    .replace(/\p{Zs}+/gu, ' ');
  if (name.replace(VARIATIONS, '') === '') throw invalid('name', 'Name is missing: give 1 to 32 characters.');
  if ([...name].length > MAX_NAME_LENGTH) throw invalid('name', `Name is too long: ${MAX_NAME_LENGTH} characters at most.`);
  if (INVISIBLE.test(name)) throw invalid('name', 'Name has a character that cannot be seen. Take it out.');
  return name;
}

const MAX_TOKEN_NAME_LENGTH = 40;

/** What its owner calls a token; undefined for none. Throws `invalid` (field `name`). */
export function parseTokenName(text: string): string | undefined {
  const name = text.normalize('NFC').replace(/\s+/gu, ' ').trim();
  if ([...name].length > MAX_TOKEN_NAME_LENGTH)
    throw invalid('name', `Name of a token is too long: ${MAX_TOKEN_NAME_LENGTH} characters at most.`);
  if (INVISIBLE.test(name)) throw invalid('name', 'Name of a token has a character that cannot be seen. Take it out.');
  return name === '' ? undefined : name;
}

/** What two names are compared by: NFKC and case folded, so that full-width or upper-case twins are the same name. */
export const nameKey = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(VARIATIONS, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .trim()
    .replace(/\p{Zs}+/gu, ' ');

/** Throws `invalid` (field `password`) unless 8–72 bytes in UTF-8. */
export function parsePassword(password: string): string {
  const bytes = Buffer.byteLength(password, 'utf8');
  if (bytes < MIN_PASSWORD_BYTES) throw invalid('password', `Password is too short: at least ${MIN_PASSWORD_BYTES} characters.`);
  if (bytes > MAX_PASSWORD_BYTES)
    throw invalid(
      'password',
      `Password is too long: ${MAX_PASSWORD_BYTES} bytes at most (about ${MAX_PASSWORD_BYTES} plain letters, fewer with accents or emoji).`,
    );
  return password;
}
