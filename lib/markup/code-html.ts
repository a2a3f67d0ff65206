import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { escapeHtml, textOf } from './text-html.ts';

const require = createRequire(import.meta.url);

/** Of highlight.js. Its own types would bring those of a browser's page along for all files. */
type Highlighter = {
  getLanguage(name: string): { readonly name?: string } | undefined;
  highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { value: string };
};
let library: Highlighter | undefined;

/** The languages that are common, read when code first names one. */
function highlighter(): Highlighter {
  library ??= require('highlight.js/lib/common') as Highlighter;
  return library;
}

/** More characters of code than this in a text stay without colours. */
export const MOST_HIGHLIGHTED = 20_000;
/** Grammars look far ahead: what is no code, but one endless word or line, would take seconds. */
const UNLIKE_CODE = /[^\n]{501}|\S{101}|[^\S\n]{81}|\n(?:[^\S\n]*\n){4}/;
/** By the library's names: in these the time grows with the square. They are read so many characters at a time, whole lines. */
const IN_PIECES: Readonly<Record<string, number>> = { 'C#': 1500, 'TOML, also INI': 1500, 'Shell Session': 1500 };

/** Where a colour begins (with its class) or ends (without), by position in the code. */
type Turn = { readonly at: number; readonly className?: string };

/** The first word after the fence. */
const languageOf = (info: string): string => /^[\w+#.-]{1,30}/.exec(info.trim())?.[0].toLowerCase() ?? '';

/**
 * Code as HTML: escaped, with spans of the highlighter's classes (`hljs-…`) where `info` begins with the word for a common language. Never guessed: that
 * takes long, and is often wrong.
 */
export function renderCode(code: string, info: string): string {
  const language = languageOf(info);
  if (language === '' || code.length > MOST_HIGHLIGHTED || UNLIKE_CODE.test(code)) return escapeHtml(code);
  const known = highlighter().getLanguage(language);
  return known ? colored(code, turnsOf(code, language, IN_PIECES[known.name ?? ''] ?? MOST_HIGHLIGHTED)) : escapeHtml(code);
}

function colored(code: string, turns: readonly Turn[]): string {
  let [html, last] = ['', 0];
  for (const { at, className } of turns) {
    html += escapeHtml(code.slice(last, at)) + (className === undefined ? '</span>' : `<span class="${className}">`);
    last = at;
  }
  return html + escapeHtml(code.slice(last));
}

/** What was found lately, by a hash: a page shows the same code again and again. Positions only: no text outlives its erasure here. */
const lately = new Map<string, readonly Turn[]>();
const MOST_REMEMBERED = 300;

function turnsOf(code: string, language: string, most: number): readonly Turn[] {
  const key = createHash('sha256').update(`${language}\n${code}`).digest('base64');
  const turns = lately.get(key) ?? findTurns(code, language, most);
  lately.delete(key);
  lately.set(key, turns);
  if (lately.size > MOST_REMEMBERED) lately.delete(lately.keys().next().value ?? '');
  return turns;
}

function findTurns(code: string, language: string, most: number): Turn[] {
  let start = 0;
  return piecesOf(code, most).flatMap((piece) => {
    const turns = turnsIn(highlighter().highlight(piece, { language, ignoreIllegals: true }).value, piece);
    const shifted = turns.map((turn) => ({ ...turn, at: turn.at + start }));
    start += piece.length;
    return shifted;
  });
}

function piecesOf(code: string, most: number): string[] {
  if (code.length <= most) return [code];
  const pieces = [''];
  for (const line of code.split(/(?<=\n)/)) {
    const last = pieces.at(-1) ?? '';
    if (last.length + line.length > most) pieces.push(line);
    else pieces[pieces.length - 1] = last + line;
  }
  return pieces;
}

const PIECES = /<span class="(hljs-[\w-]+(?: [\w-]+)*)">|(<\/span>)|[^<]+/g;

/** Reads the highlighter's HTML, of which only the classes are used. Nothing, where it is not the same text with balanced spans. */
function turnsIn(html: string, code: string): Turn[] {
  const turns: Turn[] = [];
  let [at, depth] = [0, 0];
  for (const [piece, className, end] of html.matchAll(PIECES)) {
    if (className !== undefined) turns.push({ at, className: namesIn(className) });
    else if (end !== undefined) turns.push({ at });
    else if (code.startsWith(textOf(piece), at)) at += textOf(piece).length;
    else return [];
    depth += className !== undefined ? 1 : end !== undefined ? -1 : 0;
    if (depth < 0) return [];
  }
  return at === code.length && depth === 0 ? turns : [];
}

/** Without the finer distinctions (`hljs-title function_`): only classes of the one kind get out. */
const namesIn = (className: string): string => className.replace(/ .*$/, '');
