import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Language } from './current.ts';

/** The forms of a text for the plural categories of its language (CLDR); `{n}` is the number. */
type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;

/** The texts of a language, by the English text. What it lacks stays English. */
export type Catalogue = {
  /** `Log in` → `Connexion`; `{1}` stands for the first value in the text. */
  text(english: string): string;
  /** `member` → `{n} membres`; undefined if the catalogue lacks it. `one`: the English form for 1. */
  plural(one: string, count: number): string | undefined;
};

const NOTHING: Catalogue = { text: (english) => english, plural: () => undefined };
const catalogues = new Map<Language, Catalogue>([['en', NOTHING]]);

/** The catalogue of a language: read at its first use, which a server makes at its start. */
export function catalogueOf(language: Language): Catalogue {
  const known = catalogues.get(language) ?? read(language);
  catalogues.set(language, known);
  return known;
}

/** The files of a language, which divide the texts by subject. */
export const filesOf = (language: Language): string[] => {
  const folder = join(import.meta.dirname, language);
  return readdirSync(folder).map((name) => join(folder, name));
};

/** A word that is also a text by itself has its forms under another key: `{n} member`. */
export const pluralKey = (key: string): string => key.replace(/^\{n\} /, '');

function read(language: Language): Catalogue {
  const texts = new Map<string, string>();
  const plurals = new Map<string, Forms>();
  for (const file of filesOf(language))
    for (const [key, text] of Object.entries<string | Forms>(JSON.parse(readFileSync(file, 'utf8'))))
      if (typeof text === 'string') texts.set(key, text);
      else plurals.set(pluralKey(key), text);
  const rules = new Intl.PluralRules(language);
  return {
    text: (english) => texts.get(english) ?? english,
    plural(one, count) {
      const forms = plurals.get(one);
      return forms?.[rules.select(count)] ?? forms?.other;
    },
  };
}
