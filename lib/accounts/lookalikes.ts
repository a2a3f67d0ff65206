import { createRequire } from 'node:module';
import { nameKey } from './account.ts';

/**
 * The appearance of a name: two names with the same one look alike, whatever their case ("Ann", "Аnn" with a Cyrillic А, "ᎪᏁᏁ"). It is the
 * skeleton of Unicode Technical Standard 39, section 4, by the table of confusables in unhomoglyph (Unicode 13), taken before and after the
 * case is folded, since upper and lower case of a letter resemble different letters. The store keeps it: a change of the result needs a
 * migration that fills it anew.
 */
export function skeletonOf(name: string): string {
  const replace = loadTable();
  const replaced = (text: string): string => withoutSmallCapitals(replace(text.normalize('NFD'))).normalize('NFD');
  return replaced(nameKey(replaced(withoutVariations(name.normalize('NFKC'))))).replace(/\p{Zs}+/gu, ' ');
}

/** At the first name, and once: 100 KB that most commands do not need. */
const loadTable = (): ((text: string) => string) => createRequire(import.meta.url)('unhomoglyph');

const withoutVariations = (text: string): string => text.replace(/\p{Variation_Selector}/gu, '');

/** Letters that resemble Latin ones and are not in the table: small capitals, and Cherokee NA. */
const MORE = new Map(
  [...'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢᏁꮑ'].map((letter, at) => [letter, [...'abcdefghijklmnoprstuvwyzNn'][at] ?? letter] as const),
);
const withoutSmallCapitals = (text: string): string => [...text].map((letter) => MORE.get(letter) ?? letter).join('');
