import type { Format } from '../log/entry.ts';
import { cutText } from '../text/body.ts';
import { datesIn } from '../text/dates.ts';
import { isTooCostly } from './cost.ts';
import { isPlain, plainText, proseOf } from './markdown-text.ts';
import { type Card, parseRichContent, type RichContent } from './rich-content.ts';

const dates = datesIn('UTC');

/** The time of a card, such as `21 Nov 2025, 14:02 UTC`. */
export const momentOf = (at: number): string => `${dates.moment(at)} UTC`;

/** The note about truncated content. */
export const cutMark = ({ bytes, most }: NonNullable<RichContent['cut']>): string => `[cut: ${bytes} bytes, ${most} at most]`;

/** Converts Markdown to text. */
type Read = (markdown: string) => string;

/** Rich content as plain text, for text responses, search, mentions, notifications and outgoing webhooks. */
function richContentText(content: RichContent, readMarkdown: Read = plainText): string {
  const { text, cards, cut } = content;
  const read: Read = isTooCostlyContent(content) ? (source) => source : readMarkdown;
  const parts = [text === undefined ? undefined : read(text), ...cards.map((card) => cardText(card, read)), cut && cutMark(cut)];
  return parts.filter((part) => part !== undefined && part !== '').join('\n');
}

/** Whether the Markdown of rich content costs more than a message may: all of it is then plain text, in every format. */
export const isTooCostlyContent = ({ text, cards }: RichContent): boolean =>
  isTooCostly(
    [text, ...cards.flatMap((card) => [card.pretext, card.text, ...(card.fields ?? []).map(({ value }) => value)])].filter(isGiven),
  );

const isGiven = (text: string | undefined): text is string => text !== undefined;

function cardText(card: Card, read: Read): string {
  const fields = (card.fields ?? []).map(({ title, value }) => [title, read(value)].filter(Boolean).join(': '));
  const links = [...(card.pictures ?? []), ...(card.actions ?? [])].map(({ text, url }) => (text === url ? url : `${text}: ${url}`));
  const foot = [card.footer, card.at === undefined ? undefined : momentOf(card.at)].filter(Boolean).join(' · ');
  return [
    card.pretext && read(card.pretext),
    card.author?.text,
    card.title && [card.title, card.url && `(${card.url})`].filter(Boolean).join(' '),
    card.text && read(card.text),
    ...fields,
    ...links,
    foot,
  ]
    .filter(Boolean)
    .join('\n');
}

/** A stored body as plain text. */
export function bodyAsText(body: string, format: Format): string {
  if (format === 'markdown') return plainText(body);
  const model = format === 'model' ? parseRichContent(body) : undefined;
  return model ? richContentText(model) : body;
}

/** The text of a stored body outside code and links, in lines: only there mentions count. */
export function bodyAsProse(body: string, format: Format): string {
  if (format === 'markdown') return mentionableText(body);
  const model = format === 'model' ? parseRichContent(body) : undefined;
  return model ? richContentText(model, mentionableText) : body;
}

const mentionableText: Read = (markdown) => proseOf(markdown).join('\n');

export type StoredBody = { readonly body: string; readonly format: Format };

/**
 * Rich content as a message body of at most `maxBytes`: JSON, or plain text when it has only text. Longer content is cut at its end, with a note.
 * The sender name is not included: it is a field of the message.
 */
export function bodyOf({ name: _, ...model }: RichContent, maxBytes: number): StoredBody {
  const { text, cards, picture, icon } = model;
  const isText = text !== undefined && cards.length === 0 && picture === undefined && icon === undefined && isPlain(text);
  const json = isText ? undefined : fitted(model, maxBytes);
  return json === undefined ? { body: cutText(richContentText(model), maxBytes), format: 'text' } : { body: json, format: 'model' };
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value), 'utf8');

/** The JSON within `maxBytes`; undefined when even empty content is longer. */
function fitted(model: RichContent, maxBytes: number): string | undefined {
  const bytes = sizeOf(model);
  if (bytes <= maxBytes) return JSON.stringify(model);
  let allowance = maxBytes;
  while (allowance > 0) {
    const left = { ...within(model, { bytes: allowance }), cut: { bytes, most: maxBytes } };
    const excess = sizeOf(left) - maxBytes;
    if (excess <= 0) return left.text === undefined && left.cards.length === 0 ? undefined : JSON.stringify(left);
    allowance -= excess + 8;
  }
  return undefined;
}

type Allowance = { bytes: number };

/** The content up to the allowance in bytes; JSON structure is not counted. */
function within({ text, cards, ...rest }: RichContent, left: Allowance): RichContent {
  const kept = text === undefined ? {} : spend({ text }, left);
  return { ...rest, ...kept, cards: cards.flatMap((card) => (left.bytes > 0 ? [spend(card, left)] : [])) };
}

/** The same value with its texts cut, in their order. */
function spend<T extends object>(value: T, left: Allowance): T {
  const kept = Object.entries(value).map(([key, one]) => [key, spendOne(key, one, left)] as const);
  return Object.fromEntries(kept.filter(([, one]) => one !== undefined)) as T;
}

function spendOne(key: string, value: unknown, left: Allowance): unknown {
  if (typeof value === 'string') return key === 'url' ? spendUrl(value, left) : spendText(value, left);
  if (Array.isArray(value)) return value.flatMap((one: object) => (left.bytes > 0 ? [spend(one, left)] : []));
  return typeof value === 'object' && value !== null ? spend(value, left) : value;
}

/** A URL is kept whole or dropped. */
function spendUrl(url: string, left: Allowance): string | undefined {
  const size = sizeOf(url);
  left.bytes -= size;
  return left.bytes < 0 ? undefined : url;
}

function spendText(text: string, left: Allowance): string {
  const size = sizeOf(text);
  const kept = size <= left.bytes ? text : prefixOf(text, Math.max(0, left.bytes));
  left.bytes -= size;
  return kept;
}

/** The longest prefix that takes at most `bytes` as JSON. */
function prefixOf(text: string, bytes: number): string {
  let [low, high] = [0, Math.min(text.length, bytes)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sizeOf(text.slice(0, middle)) <= bytes) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low).toWellFormed()}…`;
}
