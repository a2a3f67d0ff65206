import { escapeHtml } from '../markup/text-html.ts';
import type { Phrase, SearchQuery } from './query.ts';
import { type Token, tokensIn } from './terms.ts';

/** A range of a text, by UTF-16 offsets. */
type Span = { readonly start: number; readonly end: number };

/** The ranges of all hits, in order; undefined when the text lacks a wanted phrase or has an unwanted one. */
export function matchIn(text: string, { wanted, unwanted }: Pick<SearchQuery, 'wanted' | 'unwanted'>): Span[] | undefined {
  const tokens = tokensIn(text);
  const found = wanted.map((phrase) => spansOf(phrase, tokens));
  if (found.some((spans) => spans.length === 0) || unwanted.some((phrase) => spansOf(phrase, tokens).length > 0)) return undefined;
  return merged(found.flat());
}

/** Sorted, overlapping ranges merged. */
function merged(spans: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = apart.at(-1);
    if (last && span.start < last.end) apart[apart.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else apart.push(span);
  }
  return apart;
}

function spansOf({ terms, isOpen }: Phrase, tokens: readonly Token[]): Span[] {
  const last = terms.length - 1;
  const isHere = (term: string, at: number, offset: number): boolean => {
    const there = tokens[at + offset]?.term;
    return there === term || (isOpen && offset === last && there?.startsWith(term) === true);
  };
  return tokens.flatMap(({ start }, at) =>
    terms.every((term, offset) => isHere(term, at, offset)) ? [{ start, end: tokens[at + last]?.end ?? start }] : [],
  );
}

/** Maximum length of a snippet, and of its part before the first hit, in UTF-16 units. */
const [LENGTH, BEFORE] = [240, 70];

export type Snippet = { readonly html: string; readonly text: string };

/** The part of a text around its first hit, on one line. `html`: escaped, with every hit in `<mark>`. */
export function snippetOf(text: string, hits: readonly Span[]): Snippet {
  const { start, end } = windowOf(text, hits[0]?.start ?? 0);
  const [lead, tail] = [start > 0 ? '…' : '', end < text.length ? '…' : ''];
  let html = lead;
  let last = start;
  for (const hit of hits) {
    if (hit.start < start || hit.start >= end) continue;
    html += `${inline(text.slice(last, hit.start))}<mark>${inline(text.slice(hit.start, Math.min(hit.end, end)))}</mark>`;
    last = Math.min(hit.end, end);
  }
  return { html: html + inline(text.slice(last, end)) + tail, text: lead + onOneLine(text.slice(start, end)) + tail };
}

const onOneLine = (text: string): string => text.replace(/\s+/g, ' ');
const inline = (text: string): string => escapeHtml(onOneLine(text));

/** Cuts at word boundaries where possible, and never within a surrogate pair. */
function windowOf(text: string, hit: number): Span {
  const from = Math.max(0, hit - BEFORE);
  const start = from === 0 ? 0 : from + Math.max(0, text.slice(from, hit).search(/(?<=\s)\S/));
  if (text.length - start <= LENGTH) return { start: whole(text, start), end: text.length };
  const space = text.slice(start, start + LENGTH).search(/\s\S*$/);
  const end = space > LENGTH / 2 && start + space > hit ? start + space : start + LENGTH;
  return { start: whole(text, start), end: whole(text, end) };
}

const whole = (text: string, at: number): number => (/[\udc00-\udfff]/.test(text.charAt(at)) ? at + 1 : at);
