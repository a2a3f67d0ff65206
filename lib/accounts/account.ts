import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';

/** Colour classes `c-0` … `c-11` in the style sheet. */
export const COLORS = 12;

const MAX_NAME_LENGTH = 32;
const MIN_PASSWORD_BYTES = 8;
/** bcrypt ignores bytes past the 72nd, so longer passwords are refused. */
export const MAX_PASSWORD_BYTES = 72;

/** Not allowed in names: control, format (zero-width, direction), unassigned and other invisible characters, and line breaks. */
const INVISIBLE = /(?!\p{Variation_Selector})[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Variation selectors only change how the preceding character is drawn, so names are compared without them. */
const VARIATIONS = /\p{Variation_Selector}/gu;

/** The name as shown: NFKC (UAX #15), trimmed, inner runs of spaces collapsed to one. Throws `invalid` (field `name`). */
export function parseName(text: string): string {
  const name = text
    .normalize('NFKC')
    .trim()
    .replace(/\p{Zs}+/gu, ' ');
  if (name.replace(VARIATIONS, '') === '') throw invalid('name', t`Name is missing: enter 1 to 32 characters.`);
  if ([...name].length > MAX_NAME_LENGTH) throw invalid('name', t`Name is too long: ${MAX_NAME_LENGTH} characters at most.`);
  if (INVISIBLE.test(name)) throw invalid('name', t`Name contains an invisible character. Remove it.`);
  return name;
}

const MAX_TOKEN_NAME_LENGTH = 40;

/** The label of a token; undefined if empty. Throws `invalid` (field `name`). */
export function parseTokenName(text: string): string | undefined {
  const name = text.normalize('NFC').replace(/\s+/gu, ' ').trim();
  if ([...name].length > MAX_TOKEN_NAME_LENGTH)
    throw invalid('name', t`Token name is too long: ${MAX_TOKEN_NAME_LENGTH} characters at most.`);
  if (INVISIBLE.test(name)) throw invalid('name', t`Token name contains an invisible character. Remove it.`);
  return name === '' ? undefined : name;
}

/** Comparison key of a name: NFKC and case-folded, so full-width and upper-case variants are the same name. */
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
  if (bytes < MIN_PASSWORD_BYTES) throw invalid('password', t`Password is too short: at least ${MIN_PASSWORD_BYTES} characters.`);
  if (bytes > MAX_PASSWORD_BYTES)
    throw invalid(
      'password',
      t`Password is too long: ${MAX_PASSWORD_BYTES} bytes at most (about ${MAX_PASSWORD_BYTES} plain letters, fewer with accents or emoji).`,
    );
  return password;
}
