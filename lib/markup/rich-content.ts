import { cleanText, isBlank } from '../text/body.ts';
import { colorOf } from './palette.ts';

/**
 * Rich content of a bot, independent of the webhook format. Fields named `text`, `pretext` and `value` are Markdown (see markdown.ts), all others plain
 * text in one line. URLs are http, https or mailto and are never fetched.
 */
export type RichContent = {
  /** Sender name, shown beside the bot's own name. */
  readonly name?: string;
  /** URL of a picture of the sender. */
  readonly picture?: string;
  /** An emoji instead of the picture. */
  readonly icon?: string;
  readonly text?: string;
  readonly cards: readonly Card[];
  /** Set when the content was cut from `bytes` to `most` bytes. */
  readonly cut?: { readonly bytes: number; readonly most: number };
};

export type Link = { readonly text: string; readonly url: string };
export type Field = { readonly title: string; readonly value: string; readonly short: boolean };
export type Card = {
  readonly pretext?: string;
  readonly author?: { readonly text: string; readonly url?: string };
  readonly title?: string;
  readonly url?: string;
  readonly text?: string;
  readonly fields?: readonly Field[];
  /** Pictures, shown as links. */
  readonly pictures?: readonly Link[];
  readonly actions?: readonly Link[];
  readonly footer?: string;
  /** ms since the epoch */
  readonly at?: number;
  /** `#rrggbb` */
  readonly color?: string;
};

/** Rich content as parsed from a webhook format: not validated, cut or cleaned yet. */
export type RichContentInput = { readonly [K in keyof RichContent]?: unknown };

const MAX_CARDS = 100;
const MAX_FIELDS = 50;
const MAX_LINKS = 25;
const [MAX_LINE, MAX_NAME, MAX_URL, MAX_TEXT] = [1000, 80, 2000, 1_000_000];
/** Range of valid times: years 1 to 9999. */
const [FIRST_MS, LAST_MS] = [-62_135_596_800_000, 253_402_300_799_999];

type Loose = Readonly<Record<string, unknown>>;
const loose = (value: unknown): Loose => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {});
const listed = (value: unknown, most: number): unknown[] => (Array.isArray(value) ? value.slice(0, most) : []);

/** A cleaned text; undefined when nothing visible is left. */
function textIn(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = cleanText(String(value).slice(0, MAX_TEXT));
  return isBlank(text) ? undefined : text;
}

/** A text on one line, without control and formatting characters; undefined when nothing visible is left. */
export function lineIn(value: unknown, longest = MAX_LINE): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const line = String(value)
    .slice(0, 4 * longest)
    .toWellFormed()
    .replace(/\s+/gu, ' ')
    .replace(/\p{Cc}|(?!\u200d)\p{Cf}/gu, '')
    .trim();
  if (isBlank(line)) return undefined;
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line;
}

/** A sender name on one line; undefined when empty. */
const nameIn = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
        .slice(0, 1000)
        .toWellFormed()
        .normalize('NFKC')
        .replace(/\s+/gu, ' ')
        .replace(/[\p{Cc}\p{Cf}]/gu, '')
        .trim()
        .slice(0, MAX_NAME)
        .toWellFormed() || undefined
    : undefined;

/** A normalized URL that a message may link to; undefined for any other. */
export function urlIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_URL) return undefined;
  const url = /^\s*(?:https?:\/\/|mailto:)/i.test(value) ? URL.parse(value.trim()) : null;
  if (!url || (url.protocol !== 'mailto:' && url.hostname === '')) return undefined;
  const href = url.href.replace(/[()<>[\]|\\`*"'\s]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return href.length > MAX_URL ? undefined : href;
}

function linkIn(value: unknown): Link | undefined {
  const { text, url } = loose(value);
  const target = urlIn(url);
  return target === undefined ? undefined : { text: lineIn(text) ?? target, url: target };
}

function fieldIn(value: unknown): Field | undefined {
  const { title, value: said, short } = loose(value);
  const field = { title: lineIn(title) ?? '', value: textIn(said) ?? '', short: short === true };
  return field.title === '' && field.value === '' ? undefined : field;
}

const each = <T>(value: unknown, most: number, read: (one: unknown) => T | undefined): T[] | undefined => {
  const found = listed(value, most).flatMap((one) => read(one) ?? []);
  return found.length > 0 ? found : undefined;
};

function timeIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= FIRST_MS && value <= LAST_MS ? Math.trunc(value) : undefined;
}

function cardIn(value: unknown): Card | undefined {
  const card = loose(value);
  const author = loose(card.author);
  const shown = given<Card>({
    pretext: textIn(card.pretext),
    author: lineIn(author.text) === undefined ? undefined : given({ text: lineIn(author.text), url: urlIn(author.url) }),
    title: lineIn(card.title),
    text: textIn(card.text),
    fields: each(card.fields, MAX_FIELDS, fieldIn),
    pictures: each(card.pictures, MAX_LINKS, linkIn),
    actions: each(card.actions, MAX_LINKS, linkIn),
    footer: lineIn(card.footer),
  });
  if (Object.keys(shown).length === 0) return undefined;
  return { ...shown, ...given({ url: urlIn(card.url), at: timeIn(card.at), color: colorOf(card.color) }) };
}

/** Omits undefined fields. */
const given = <T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

function cutIn(value: unknown): RichContent['cut'] {
  const { bytes, most } = loose(value);
  return Number.isSafeInteger(bytes) && Number.isSafeInteger(most) ? { bytes: Number(bytes), most: Number(most) } : undefined;
}

/** Validates, cleans and limits any value. Undefined when nothing would be visible. Never throws. */
export function richContentIn(value: unknown): RichContent | undefined {
  const { name, picture, icon, text, cards, cut } = loose(value);
  const read = { text: textIn(text), cards: each(cards, MAX_CARDS, cardIn) ?? [] };
  if (read.text === undefined && read.cards.length === 0) return undefined;
  const rest = given({ name: nameIn(name), picture: urlIn(picture), icon: lineIn(icon, 16), cut: cutIn(cut) });
  return { ...rest, ...given({ text: read.text }), cards: read.cards };
}

/** Parses a stored body; undefined when it is not rich content. */
export function parseRichContent(body: string): RichContent | undefined {
  try {
    return richContentIn(JSON.parse(body));
  } catch {
    return undefined;
  }
}
