import type { Format } from '../../log/entry.ts';
import { emojiNamed } from '../../markup/emoji.ts';
import { richContentIn } from '../../markup/rich-content.ts';
import { bodyOf } from '../../markup/rich-content-text.ts';
import { slack } from '../../webhooks/incoming/formats/slack.ts';

/** A JSON object whose fields are read one by one: exports differ between versions, and an odd field must not stop an import. */
export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);
export const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** A text that is not empty; numbers count as texts, since some exporters write ids as numbers. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The first that is a text. */
export const firstOf = (...values: readonly unknown[]): string | undefined => values.map(textOf).find((text) => text !== undefined);

export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

/** ms of an ISO time; undefined for anything else. */
export function timeOf(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

const TONES = ['🏻', '🏼', '🏽', '🏾', '🏿'];

/** The emoji with this name in Slack, Mattermost and others, `:name:` (shortened) for one of the workspace itself. */
export function emojiFor(name: string): string {
  const [, plain = '', tone] = /^:?([^:]*)(?:::skin-tone-([2-6]))?:?$/.exec(name) ?? [];
  const emoji = emojiNamed(plain);
  if (emoji === undefined) return `:${(plain || name).replaceAll('/', '').slice(0, 14)}:`;
  return tone === undefined ? emoji : `${emoji.replace(/\ufe0f$/, '')}${TONES[Number(tone) - 2]}`;
}

/** The most that a body of rich content takes; it is shortened to that. */
const MAX_CONTENT_BYTES = 16 * 1024;

/** Attachments and blocks of a message of a bot, as webhooks for Slack have them; undefined if there is nothing to show. */
export function contentOf(message: Fields): { readonly text: string; readonly format: Format } | undefined {
  const content = richContentIn(slack(() => '', { value: message, files: [], isMultipart: false }));
  if (!content) return undefined;
  const { body, format } = bodyOf(content, MAX_CONTENT_BYTES);
  return body === '' ? undefined : { text: body, format };
}
