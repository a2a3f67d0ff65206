import { fenced } from '../../../markup/markdown.ts';
import type { RichContentInput } from '../../../markup/rich-content.ts';
import { type HeaderOf, isJsonObject, type Parsed } from './read.ts';

/** Fields of chat webhooks that have no content by themselves. */
const ENVELOPE = new Set(
  (
    'text content message embeds attachments blocks channel channel_id channelId roomId username alias icon_url icon_emoji avatar avatar_url emoji ' +
    'reply_to thread_ts thread_id root_id tmid unfurl_links unfurl_media link_names parse mrkdwn mrkdwn_in metadata reply_broadcast props callback_id tts wait ' +
    'flags allowed_mentions'
  ).split(' '),
);
const [MAX_DEEP, MAX_EACH, MAX_LINES, LONGEST] = [8, 50, 60, 500];

/** Any other JSON as a code block, shortened. */
export function json(_: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  return Object.keys(value).every((name) => ENVELOPE.has(name)) ? undefined : { text: jsonBlock(value) };
}

/** JSON as a readable code block: deep nesting, long strings and long lists are cut, with a mark. */
export function jsonBlock(value: unknown): string {
  const all = JSON.stringify(pruned(value, 0), null, 2).split('\n');
  const shown = all.length > MAX_LINES ? [...all.slice(0, MAX_LINES), `[${all.length - MAX_LINES} more lines]`] : all;
  return fenced(shown.join('\n'));
}

function pruned(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  if (Array.isArray(value)) {
    if (depth >= MAX_DEEP) return '[…]';
    const more = value.length > MAX_EACH ? [`[${value.length - MAX_EACH} more]`] : [];
    return [...value.slice(0, MAX_EACH).map((one) => pruned(one, depth + 1)), ...more];
  }
  if (!isJsonObject(value)) return value;
  if (depth >= MAX_DEEP) return '{…}';
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_EACH)
      .map(([name, one]) => [name.slice(0, LONGEST), pruned(one, depth + 1)]),
  );
}
