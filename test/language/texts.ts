import { globSync, readFileSync } from 'node:fs';
import { BLOCK, blockKey, CALL, callKey, SCRIPT_CALL } from '../../lib/language/source.ts';

/** A text of the source as catalogues have it. `isPlural`: with forms for numbers. */
export type Used = { readonly key: string; readonly isPlural: boolean; readonly file: string };

const read = (file: string): string => readFileSync(file, 'utf8');
const filesIn = (pattern: string): string[] => globSync(pattern).map((file) => file.replaceAll('\\', '/'));

const PLURAL_FILTER = /\| plural\('((?:[^'\\]|\\.)*)'(?:, '(?:[^'\\]|\\.)*')?/g;
const PLURAL_CALL = /(?<![\w$.])plural\(\s*(?:[^'"`;]*?),\s*'((?:[^'\\]|\\.)*)'/g;

/** Elsewhere `t` before a backtick is something else, such as a table of SQL. */
const IMPORTS_T = /^import \{[^}]*\bt\b[^}]*\} from '[^']*\/text\.ts';$/m;

function inSource(file: string): Used[] {
  const source = read(file);
  const found = (pattern: RegExp, isPlural: boolean, keyOf = callKey): Used[] =>
    [...source.matchAll(pattern)].map(([, text = '']) => ({ key: keyOf(text), isPlural, file }));
  if (file.startsWith('templates/')) return [...found(BLOCK, false, blockKey), ...found(CALL, false), ...found(PLURAL_FILTER, true)];
  if (file.startsWith('static/')) return [...found(SCRIPT_CALL, false), ...found(PLURAL_CALL, true)];
  const tagged = IMPORTS_T.test(source) ? taggedTemplates(source) : [];
  return [...tagged.map((key) => ({ key, isPlural: false, file })), ...found(PLURAL_CALL, true)];
}

/** The keys of t`…` in a source file. */
export function taggedTemplates(source: string): string[] {
  const keys: string[] = [];
  for (const { index, 0: opening } of source.matchAll(/(?<![\w$.`])t`/g)) {
    const { key } = templateAt(source, index + opening.length);
    keys.push(key);
  }
  return keys;
}

/** The template literal whose text begins at `from`, and where it ends. */
function templateAt(source: string, from: number): { readonly key: string; readonly end: number } {
  let [key, values, at] = ['', 0, from];
  while (source[at] !== '`') {
    if (source[at] === undefined) throw new Error('A template literal without an end');
    if (source.startsWith('${', at)) {
      values += 1;
      key += `{${values}}`;
      at = valueEnd(source, at + 2);
    } else if (source[at] === '\\') {
      key += source[at + 1];
      at += 2;
    } else {
      key += source[at];
      at += 1;
    }
  }
  return { key, end: at + 1 };
}

/** Where the expression in a template literal ends, behind its brace. */
function valueEnd(source: string, from: number): number {
  let [depth, at] = [1, from];
  while (depth > 0) {
    const character = source[at];
    if (character === undefined) throw new Error('An expression without an end');
    if (character === '`') at = templateAt(source, at + 1).end - 1;
    else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    at += 1;
  }
  return at;
}

/** All texts of the interface. */
export const usedTexts = (): Used[] =>
  ['templates/**/*.njk', 'static/*.js', 'static/js/*.js', 'lib/**/*.ts']
    .flatMap(filesIn)
    .filter((file) => !file.startsWith('lib/language/'))
    .flatMap(inSource);

/** Attributes whose values are read by people. */
const SPOKEN = /\b(?:aria-label|title|placeholder|alt|label|value)="([^"]*)"/g;
const IGNORED = [
  /\{#[\s\S]*?#\}/g,
  BLOCK,
  /\{% block width %\}[\s\S]*?\{% endblock %\}/g, // a class
  /\s_="[^"]*"/g, // hyperscript
  /\{\{[\s\S]*?\}\}/g,
  /\{%[\s\S]*?%\}/g,
  /<(script|style|code|pre|kbd)\b[\s\S]*?<\/\1>/g,
  /<!--[\s\S]*?-->/g,
  /<input type="hidden"[^>]*>/g,
];

/** What a template shows in English in every language: text, and texts in expressions, that no catalogue can replace. */
export function untranslated(source: string): string[] {
  const expressions = [...source.replace(/\{#[\s\S]*?#\}/g, '').matchAll(/\{\{([\s\S]*?)\}\}|\{%([\s\S]*?)%\}/g)].flatMap(
    ([, output, tag]) => sentencesIn((output ?? tag ?? '').replace(CALL, '').replace(PLURAL_FILTER, '')),
  );
  const text = IGNORED.reduce((rest, pattern) => rest.replace(pattern, ''), source);
  const spoken = [...text.matchAll(SPOKEN)].map(([, value = '']) => value);
  const shown = text
    .replace(/<[^>]*>|[\w:-]+="[^"]*"/g, '\n') // attributes outside of a tag: those that a macro adds to one
    .split('\n');
  return [...expressions, ...spoken.filter((value) => /\p{L}{2} |^\p{Lu}\p{L}/u.test(value)), ...shown]
    .map((one) => one.replace(/&\w+;/g, '').trim())
    .filter((one) => /\p{L}{2}/u.test(one.replace(NAMES, '')));
}

/** The same in every language: the name of a product, and a unit. */
const NAMES = /^MongoDB$|\bms\b/g;

/** Texts in quotes that begin like a sentence or a label, and are not the name of the program. */
const sentencesIn = (expression: string): string[] =>
  [...expression.matchAll(/'((?:[^'\\]|\\.)*)'/g)]
    .map(([, text = '']) => text)
    .filter((text) => text !== 'Parley' && /^\p{Lu}\p{Ll}|\p{L} \p{L}/u.test(text));

/** What a literal in a script is that is no text: a comment, an argument of `t`, a selector, the names of classes, the message of an error for the console. */
const NO_TEXT_IN_SCRIPTS = [
  /^\s*\/\*[\s\S]*?\*\//gm,
  /(?<=^|[;{},)]) *\/\/ .*$/gm,
  SCRIPT_CALL,
  /\b(?:querySelector|querySelectorAll|closest|matches)\(\s*(?:'[^'\n]*'|`[^`\n]*`)/g,
  /\b(?:className: |make\('\w+', \{ className: )(?:'[^'\n]*'|`[^`\n]*`)/g,
  /\w*Error\((?:'[^'\n]*'|`[^`\n]*`)/g,
];
/** `Content-Type`, `ArrowDown`, `POST`: names of code. */
const CODE_NAME = /^(?:\p{Lu}[\p{L}\d]*(?:-\p{Lu}[\p{L}\d]*)+|\p{Lu}\p{Ll}+\p{Lu}\p{L}*)$/u;

/** The literals in a script that begin like a sentence or a label, or have words, and no catalogue can replace. */
export function untranslatedInScript(source: string): string[] {
  const code = NO_TEXT_IN_SCRIPTS.reduce((rest, pattern) => rest.replace(pattern, ''), source);
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\\n]|\\.)*)`/g)]
    .map(([, quoted, template]) => quoted ?? template?.replace(/\$\{[^}]*\}/g, '…') ?? '')
    .filter((text) => (/^\p{Lu}\p{Ll}/u.test(text) ? !CODE_NAME.test(text) : /\p{L}{2}[,.:]? \p{L}{2}/u.test(text)));
}
