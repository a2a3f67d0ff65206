import { catalogueOf } from './catalogue.ts';
import { currentLanguage, type Language } from './current.ts';

type Value = string | number;

const keys = new WeakMap<TemplateStringsArray, string>();

/** The text as catalogues have it: `At most {1} characters.` */
function keyOf(parts: TemplateStringsArray): string {
  const key = keys.get(parts) ?? parts.reduce((text, part, index) => `${text}{${index}}${part}`);
  keys.set(parts, key);
  return key;
}

const fill = (text: string, values: readonly Value[]): string => text.replace(/\{(\d+)\}/g, (_, index) => String(values[index - 1] ?? ''));

/** The text of a template literal in the current language: t`At most ${limit} characters.` A catalogue has it as `At most {1} characters.` */
export function t(parts: TemplateStringsArray, ...values: readonly Value[]): string {
  const language = currentLanguage();
  if (language === 'en') return String.raw({ raw: parts }, ...values);
  return fill(catalogueOf(language).text(keyOf(parts)), values);
}

/**
 * `plural(1, 'member')` → `1 member`, `plural(3, 'reply', 'replies')` → `3 replies`; in another language as its catalogue has it under the first text,
 * by the plural rules of CLDR.
 */
export function plural(count: number, one: string, many = `${one}s`, language: Language = currentLanguage()): string {
  const form = language === 'en' ? undefined : catalogueOf(language).plural(one, count);
  return form === undefined ? `${count} ${count === 1 ? one : many}` : form.replaceAll('{n}', String(count));
}
