import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { ElementContent, Root } from 'hast';
import { LRUCache } from 'lru-cache';
import { escapeHtml } from './text-html.ts';

const require = createRequire(import.meta.url);

/** Of lowlight. Its own types would bring those of a browser's page along for all files. */
type Highlighter = { registered(name: string): boolean; highlight(language: string, code: string): Root };
type Lowlight = { readonly common: object; createLowlight(grammars: object): Highlighter };
let loaded: Highlighter | undefined;

/** The common languages; loaded when a message first names one. */
function highlighter(): Highlighter {
  if (!loaded) {
    const { common, createLowlight } = require('lowlight') as Lowlight;
    loaded = createLowlight(common);
  }
  return loaded;
}

/** More characters of code than this in a text stay without colours. */
export const MAX_HIGHLIGHTED = 20_000;
/** Grammars look far ahead: what is no code, but one endless word or line, would take seconds. */
const UNLIKE_CODE = /[^\n]{501}|\S{101}|[^\S\n]{81}|\n(?:[^\S\n]*\n){4}/;
/** Characters per call, in whole lines, for grammars whose time grows with the square of the input; by every name of the language. */
const MAX_PER_CALL: Readonly<Record<string, number>> = Object.fromEntries(
  ['csharp', 'cs', 'c#', 'ini', 'toml', 'shell', 'console', 'shellsession'].map((name) => [name, 1500]),
);

/** Where a span opens (with its class) or closes (without), by position in the code. */
type Boundary = { readonly at: number; readonly className?: string };

/** The first word after the fence. */
const languageOf = (info: string): string => /^[\w+#.-]{1,30}/.exec(info.trim())?.[0].toLowerCase() ?? '';

/**
 * Code as HTML: escaped, with spans of the highlighter's classes (`hljs-…`) where `info` begins with the word for a common language. Never guessed: that
 * takes long, and is often wrong.
 */
export function renderCode(code: string, info: string): string {
  const language = languageOf(info);
  if (language === '' || code.length > MAX_HIGHLIGHTED || UNLIKE_CODE.test(code)) return escapeHtml(code);
  if (!highlighter().registered(language)) return escapeHtml(code);
  return withSpans(code, boundariesOf(code, language, MAX_PER_CALL[language] ?? MAX_HIGHLIGHTED));
}

function withSpans(code: string, boundaries: readonly Boundary[]): string {
  let [html, last] = ['', 0];
  for (const { at, className } of boundaries) {
    html += escapeHtml(code.slice(last, at)) + (className === undefined ? '</span>' : `<span class="${className}">`);
    last = at;
  }
  return html + escapeHtml(code.slice(last));
}

/** By a hash of the code, since pages show the same code again. Positions only, so no text outlives its erasure here. */
const cache = new LRUCache<string, readonly Boundary[]>({ max: 300 });

function boundariesOf(code: string, language: string, maxPerCall: number): readonly Boundary[] {
  const key = createHash('sha256').update(`${language}\n${code}`).digest('base64');
  const known = cache.get(key);
  if (known) return known;
  const boundaries = highlight(code, language, maxPerCall);
  cache.set(key, boundaries);
  return boundaries;
}

function highlight(code: string, language: string, maxPerCall: number): Boundary[] {
  let start = 0;
  return piecesOf(code, maxPerCall).flatMap((piece) => {
    const boundaries: Boundary[] = [];
    walk(highlighter().highlight(language, piece).children, start, boundaries);
    start += piece.length;
    return boundaries;
  });
}

/** Appends the boundaries of these nodes; returns the position after them. */
function walk(nodes: readonly (ElementContent | Root['children'][number])[], start: number, into: Boundary[]): number {
  let at = start;
  for (const node of nodes) {
    if (node.type === 'text') at += node.value.length;
    if (node.type !== 'element') continue;
    const className = classOf(node.properties.className);
    if (className !== undefined) into.push({ at, className });
    at = walk(node.children, at, into);
    if (className !== undefined) into.push({ at });
  }
  return at;
}

/** The first class alone: no style sheet of ours uses the finer ones (`hljs-title function_`). Undefined for the wrapper of an embedded language. */
function classOf(names: unknown): string | undefined {
  const first: unknown = Array.isArray(names) ? names[0] : undefined;
  return typeof first === 'string' && first.startsWith('hljs-') ? first : undefined;
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
