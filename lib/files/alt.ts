import { type Attached, MAX_FILES } from '../log/entry.ts';
import { isImage } from './file.ts';

export const MAX_ALT_LENGTH = 1500;

/** Alternative texts by the number of a file in its message, from 1: `alt_1`, `alt_2` …. An empty one removes the present text. */
export type AltTexts = Readonly<Partial<Record<AltField, string | undefined>>>;
type AltField = `alt_${number}`;

export const ALT_FIELDS: readonly AltField[] = Array.from({ length: MAX_FILES }, (_, index): AltField => `alt_${index + 1}`);

/** One line without control characters. */
const cleanAlt = (given: string): string =>
  given
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();

/** The files with the texts that are given for pictures; other files and pictures stay as they are. */
export const describe = <F extends Attached>(files: readonly F[], texts: AltTexts): F[] =>
  files.map((file, index) => {
    const given = texts[`alt_${index + 1}`];
    if (given === undefined || !isImage(file.type)) return file;
    const { alt: _replaced, ...rest } = file;
    const alt = cleanAlt(given);
    return (alt === '' ? rest : { ...rest, alt }) as F;
  });

/** Whether two lists have the same files with the same texts. */
export const areDescribedAlike = (some: readonly Attached[], others: readonly Attached[]): boolean =>
  some.length === others.length && some.every(({ id, alt }, index) => id === others[index]?.id && alt === others[index]?.alt);
