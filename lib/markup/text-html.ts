import { linkifyit } from 'linkify-it';
import { SAFE_URL } from './markdown.ts';
import { MAX_MENTIONS, type Mention, type MentionTarget, mentionFinder } from './mentions.ts';

type Span = { readonly start: number; readonly end: number; readonly html: string };

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes text for an element or a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);

const linkify = linkifyit({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
for (const schema of ['ftp:', '//']) linkify.add(schema, null);

/** URLs in longer texts are not linked, so that the cost is bounded. */
const MAX_LINKIFIED = 20_000;

/** Text as HTML: escaped, line breaks as `<br>`, http, https and mailto URLs linked, mentions of the given people marked. */
export const renderText = (text: string, mentioned: readonly MentionTarget[]): string => renderMarked(text, mentionMarks(mentioned));

/** The mentions in the pieces of one message, which share the limit of mentions. */
export type MentionMarks = (piece: string) => readonly Span[];

/** Like renderText, for the pieces of one message. */
export const renderMarked = (text: string, marks: MentionMarks): string =>
  marked(
    text,
    [...linkSpans(text), ...marks(text)].sort((a, b) => a.start - b.start),
  ).replaceAll('\n', '<br>');

/** Like renderMarked, but without links. */
export const markMentions = (piece: string, marks: MentionMarks): string => marked(piece, marks(piece));

/** Finds the mentions of these people. */
export function mentionMarks(mentioned: readonly MentionTarget[]): MentionMarks {
  if (mentioned.length === 0) return () => [];
  const find = mentionFinder(mentioned);
  let left = MAX_MENTIONS;
  return (piece) => {
    if (left <= 0 || !piece.includes('@')) return [];
    const found = find(piece).slice(0, left);
    left -= found.length;
    return found.map((one) => mentionSpan(piece, one));
  };
}

function marked(text: string, spans: readonly Span[]): string {
  let html = '';
  let last = 0;
  for (const span of spans) {
    if (span.start < last) continue; // inside a link
    html += escapeHtml(text.slice(last, span.start)) + span.html;
    last = span.end;
  }
  return html + escapeHtml(text.slice(last));
}

/** A link; only its label when a message may not link to the URL. `label` is HTML. */
export const anchor = (url: string, label: string): string =>
  SAFE_URL.test(url) ? `<a href="${escapeHtml(url)}" rel="noopener noreferrer nofollow" target="_blank">${label}</a>` : label;

function linkSpans(text: string): Span[] {
  if (text.length > MAX_LINKIFIED || !/:\/\/|mailto:/i.test(text)) return [];
  return (linkify.match(text) ?? [])
    .filter((match) => SAFE_URL.test(match.url))
    .map((match) => ({ start: match.index, end: match.lastIndex, html: anchor(match.url, escapeHtml(match.text)) }));
}

const mentionSpan = (text: string, { id, start, end }: Mention): Span => ({
  start,
  end,
  html: `<span class="mention" data-user="${escapeHtml(id)}">${escapeHtml(text.slice(start, end))}</span>`,
});
