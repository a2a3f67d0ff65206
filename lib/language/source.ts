import { catalogueOf } from './catalogue.ts';
import type { Language } from './current.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
const unquote = (quoted: string): string => quoted.replace(/\\(.)/g, '$1');
const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** `{% trans %}Signed in as <b>{{ name }}</b>{% endtrans %}`: a text with markup and values. */
export const BLOCK = /\{%-? trans -?%\}([\s\S]*?)\{%-? endtrans -?%\}/g;
/** `{{ t('Close') }}`: a text as all of an output. */
const OUTPUT = /\{\{ t\('((?:[^'\\]|\\.)*)'\) \}\}/g;
/** `t('Close')`: a text within an expression, of a template or a script. */
export const CALL = /(?<![\w$.])t\('((?:[^'\\\n]|\\.)*)'\)/g;
/** The same in a script, perhaps with values. */
export const SCRIPT_CALL = /(?<![\w$.])t\('((?:[^'\\\n]|\\.)*)'/g;

/** The text of a block as catalogues have it: on one line. */
export const blockKey = (text: string): string => text.trim().replace(/\s+/g, ' ');
export const callKey = unquote;

/** The source of a template with its texts in a language, so that rendering has nothing to look up. */
export function translateTemplate(source: string, language: Language): string {
  const { text } = catalogueOf(language);
  return source
    .replace(BLOCK, (_, english: string) => (language === 'en' ? english : text(blockKey(english))))
    .replace(OUTPUT, (_, english: string) => escapeText(text(unquote(english))))
    .replace(CALL, (_, english: string) => quote(text(unquote(english))));
}

/** The same for a script of a page, where `t` also fills in values. */
export function translateScript(source: string, language: Language): string {
  if (language === 'en') return source;
  const { text } = catalogueOf(language);
  return source.replace(SCRIPT_CALL, (_, english: string) => `t(${quote(text(unquote(english)))}`);
}
