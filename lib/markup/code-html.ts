import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { ElementContent, Root } from 'hast';
import { LRUCache } from 'lru-cache';
import { MAX_HIGHLIGHTED } from './cost.ts';
import { escapeHtml } from './text-html.ts';

const require = createRequire(import.meta.url);

/** The part of lowlight that is used. Its own types would add the DOM types to all files. */
type Highlighter = { registered(name: string): boolean; highlight(language: string, code: string): Root };
type Lowlight = { readonly common: object; createLowlight(grammars: object): Highlighter };
let loaded: Highlighter | undefined;

/** Highlighter of the common languages; loaded at first use. */
function highlighter(): Highlighter {
  if (!loaded) {
    const { common, createLowlight } = require('lowlight') as Lowlight;
    loaded = createLowlight(common);
  }
  return loaded;
}

/** Not highlighted: very long words, lines or blank runs, for which grammars that look far ahead take seconds. */
const UNLIKE_CODE = /[^\n]{501}|\S{101}|[^\S\n]{81}|\n(?:[^\S\n]*\n){4}/;
/** Maximum number of characters per call, in whole lines, for grammars with quadratic time; by every name of the language. */
const MAX_PER_CALL: Readonly<Record<string, number>> = Object.fromEntries(
  ['csharp', 'cs', 'c#', 'ini', 'toml', 'shell', 'console', 'shellsession'].map((name) => [name, 1500]),
);

/** The start (with class) or end (without) of a span, by position in the code. */
type Boundary = { readonly at: number; readonly className?: string };

/** The first word after the fence. */
const languageOf = (info: string): string => /^[\w+#.-]{1,30}/.exec(info.trim())?.[0].toLowerCase() ?? '';

/**
 * Code as escaped HTML, with spans of highlighter classes (`hljs-…`) when `info` starts with the name of a common language. The language is never
 * detected: that is slow and often wrong.
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

/** Boundaries in the cache: about 10 MiB. */
const MAX_CACHED = 200_000;
/** Keyed by a hash of the code. It has positions only, so that no erased text stays in it. */
const cache = new LRUCache<string, readonly Boundary[]>({ maxSize: MAX_CACHED, sizeCalculation: ({ length }) => length + 10 });

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

/** The first class: the style sheet does not use the others (`hljs-title function_`). Undefined for the wrapper of an embedded language. */
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
