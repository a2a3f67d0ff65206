import type { MarkdownIt, StateInline, Token } from 'markdown-it';
import { ruleOf } from './markdown-rules.ts';

/** Inline rules beyond CommonMark: spoilers, URLs, line breaks, and emphasis next to punctuation. */
export function inlineRules({ inline }: MarkdownIt): void {
  inline.ruler.at('text', text);
  inline.ruler.at('newline', newline);
  inline.ruler.at('linkify', address);
  for (const name of ['emphasis', 'strikethrough']) inline.ruler.at(name, lenient(ruleOf(inline.ruler, name)));
  inline.ruler.after('strikethrough', 'spoiler', spoiler);
  inline.ruler2.after('strikethrough', 'spoiler', closeSpoilers);
}

type Inline = (state: StateInline, silent: boolean) => boolean;

const PLAIN = /[^\n!#$%&*+\-:<=>@[\\\]^_`{|}~]+/y;

/** Like markdown-it's rule, but it also stops at `|`. */
function text(state: StateInline, silent: boolean): boolean {
  PLAIN.lastIndex = state.pos;
  const [said] = PLAIN.exec(state.src) ?? [];
  if (said === undefined) return false;
  const kept = said.slice(0, state.posMax - state.pos);
  if (!silent) state.pending += kept;
  state.pos += kept.length;
  return true;
}

/** Every line break is a hard break, and the next line keeps its indentation. */
function newline(state: StateInline, silent: boolean): boolean {
  if (state.src.charCodeAt(state.pos) !== 0x0a) return false;
  if (!silent) {
    state.pending = state.pending.trimEnd();
    state.push('hardbreak', 'br', 0);
  }
  state.pos += 1;
  return true;
}

/** What ends a URL in Markdown. */
const BEHIND = /`.*|\|\|.*|\|+$/s;

/** A URL in the text, before emphasis is parsed. One with a backslash is found later (rule `addresses`). */
function address(state: StateInline, silent: boolean): boolean {
  if (silent || state.linkLevel > 0 || !state.src.startsWith('://', state.pos)) return false;
  const [scheme] = /(?<![\p{L}\p{N}_])https?$/iu.exec(state.pending.slice(-8)) ?? [];
  if (scheme === undefined) return false;
  const found = state.md.linkify.matchAtStart(state.src.slice(state.pos - scheme.length, state.posMax));
  const url = withoutMarks(found?.url.replace(BEHIND, '') ?? '', state);
  if (url.includes('\\') || url.length <= scheme.length + 3) return false;
  state.pending = state.pending.slice(0, -scheme.length);
  pushLink(state, url);
  state.pos += url.length - scheme.length;
  return true;
}

/** Number of preceding delimiters that are examined. */
const MAX_OPEN = 50;

/** Emphasis characters at the end belong to the URL, unless such an emphasis is open. */
function withoutMarks(url: string, { delimiters }: StateInline): string {
  const [marks] = /(?:\*+|_+|~+)$/.exec(url) ?? [];
  if (marks === undefined) return url;
  let open = 0;
  for (const one of delimiters.slice(-MAX_OPEN)) if (one.marker === marks.charCodeAt(0)) open += one.open ? 1 : -1;
  return open > 0 ? url.slice(0, -marks.length) : url;
}

function pushLink(state: StateInline, url: string): void {
  const [open, text, close] = [state.push('link_open', 'a', 1), state.push('text', '', 0), state.push('link_close', 'a', -1)];
  open.attrSet('href', state.md.normalizeLink(url));
  text.content = url;
  for (const token of [open, close]) Object.assign(token, { markup: 'linkify', info: 'auto' });
}

const isSpace = (char: string | undefined): boolean => char === undefined || /\s/.test(char);

/** Whether double delimiters may open and close: only spaces prevent it. CommonMark also considers punctuation, which fails for `**Note:**text` and in scripts without spaces. */
const around = ({ src, posMax }: StateInline, start: number, end: number) => ({
  open: end < posMax && !isSpace(src[end]),
  close: start > 0 && !isSpace(src[start - 1]),
});

const lenient =
  (rule: Inline): Inline =>
  (state, silent) => {
    const [start, known] = [state.pos, state.delimiters.length];
    if (!rule(state, silent)) return false;
    const isDouble = state.pos - start > 1 && state.src[start] !== '_';
    if (isDouble) for (const one of state.delimiters.slice(known)) Object.assign(one, around(state, start, state.pos));
    return true;
  };

const PIPE = 0x7c;

/** `||` as a delimiter of spoilers; markdown-it pairs them. */
function spoiler(state: StateInline, silent: boolean): boolean {
  if (silent || !state.src.startsWith('||', state.pos)) return false;
  const { length } = state.scanDelims(state.pos, true);
  const { open, close } = around(state, state.pos, state.pos + length);
  for (let at = 0; at < length; at += 2) {
    state.push('text', '', 0).content = '|'.repeat(Math.min(2, length - at));
    if (length - at > 1) state.delimiters.push({ marker: PIPE, length: 0, token: state.tokens.length - 1, end: -1, open, close });
  }
  state.pos += length;
  return true;
}

function closeSpoilers(state: StateInline): void {
  for (const delimiters of [state.delimiters, ...state.tokens_meta.map((meta) => meta?.delimiters ?? [])])
    for (const { marker, token, end } of delimiters) {
      const closer = delimiters[end];
      if (marker !== PIPE || !closer) continue;
      becomes(state.tokens[token], 'spoiler_open', 1);
      becomes(state.tokens[closer.token], 'spoiler_close', -1);
    }
}

function becomes(token: Token | undefined, type: string, nesting: 1 | -1): void {
  if (token) Object.assign(token, { type, nesting, content: '' });
}
