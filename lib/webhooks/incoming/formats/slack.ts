import type { RichContentInput } from '../../../markup/rich-content.ts';
import { emojiIn, withEmoji } from './emoji.ts';
import { plain } from './markup.ts';
import { decoded, fromMrkdwn } from './mrkdwn.ts';
import {
  firstText,
  type HeaderOf,
  isJsonObject,
  type JsonObject,
  lines,
  objectIn,
  objectsIn,
  type Parsed,
  textIn,
  timeIn,
} from './read.ts';
import { fromBlocks } from './slack-blocks.ts';

/** The format of Slack's incoming webhooks, which Mattermost and Rocket.Chat extend. */
export function slack(_: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const attachments = attachmentsOf(value);
  const isOurs = value.text !== undefined || Array.isArray(value.blocks) || attachments.length > 0;
  return isOurs ? { ...senderOf(value), ...contentIn(value, attachments) } : undefined;
}

/** The attachments, as a list or a single object, without files (Apprise) and cards of Teams. */
export const attachmentsOf = ({ attachments, attachment }: JsonObject): JsonObject[] => {
  const list = Array.isArray(attachments) ? attachments : [attachments ?? attachment];
  return objectsIn(list).filter((one) => one.base64 === undefined && one.contentType === undefined);
};

const senderOf = (value: JsonObject): RichContentInput => ({
  name: firstText(value.username, value.alias),
  picture: firstText(value.icon_url, value.avatar),
  icon: emojiIn(value.icon_emoji) ?? emojiIn(value.emoji),
});

/** The content: blocks replace the text, and a fallback is used only when there is nothing else. */
function contentIn(value: JsonObject, attachments: readonly JsonObject[]): RichContentInput {
  const text = titled(value.title, fromBlocks(value.blocks) ?? markdownIn(value.text));
  const cards = attachments.flatMap(cardsOf);
  if (text !== undefined || cards.length > 0) return { text, cards };
  return { text: lines(...attachments.map(({ fallback }) => markdownIn(fallback))) };
}

/** Prepends a plain-text title, which is not a field of Slack but of generic senders (shoutrrr), unless the text starts with it. */
function titled(given: unknown, text: string | undefined): string | undefined {
  const title = textIn(given)?.trim();
  if (title === undefined || text?.trimStart().startsWith(plain(title))) return text;
  return lines(`**${plain(title)}**`, text);
}

const markdownIn = (value: unknown): string | undefined => {
  const text = textIn(value);
  return text === undefined ? undefined : fromMrkdwn(text);
};

/** Converts a title or similar: one line of text with entities and emoji shortcodes. */
const lineOf = (value: unknown): string | undefined => {
  const text = textIn(value);
  return text === undefined ? undefined : withEmoji(decoded(text).replace(/<(?:https?:|mailto:)[^|<>]*\|([^<>]*)>/g, '$1'));
};

function cardsOf(one: JsonObject): RichContentInput[] {
  const card = {
    pretext: markdownIn(one.pretext),
    author: { text: lineOf(one.author_name), url: one.author_link },
    title: lineOf(one.title),
    url: one.title_link,
    text: lines(markdownIn(one.text), fromBlocks(one.blocks)),
    fields: objectsIn(one.fields).map(fieldOf),
    pictures: [one.image_url, one.thumb_url].filter(textIn).map((url) => ({ text: 'Picture', url })),
    actions: objectsIn(one.actions)
      .map(actionOf)
      .filter(({ url }) => textIn(url)),
    footer: lineOf(one.footer),
    at: timeIn(one.ts),
    color: one.color,
  };
  const hasContent = [card.pretext, card.author.text, card.title, card.text].some((part) => part !== undefined);
  if (hasContent || card.fields.length + card.pictures.length + objectsIn(one.actions).length > 0) return [card as RichContentInput];
  const fallback = markdownIn(one.fallback);
  return fallback === undefined ? [] : [{ text: fallback, color: card.color } as RichContentInput];
}

/** Converts a field. Values may also be numbers and objects (Monolog). */
const fieldOf = ({ title, value, short }: JsonObject) => ({
  title: lineOf(title),
  value: isJsonObject(value) || Array.isArray(value) ? plain(JSON.stringify(value).slice(0, 2000)) : markdownIn(value),
  short: short === true || short === 'true',
});

/** Converts a button with a URL. What is done by the others: see interactive/attachments.ts. */
const actionOf = (action: JsonObject) => ({ text: lineOf(objectIn(action.text).text ?? action.text), url: action.url });
