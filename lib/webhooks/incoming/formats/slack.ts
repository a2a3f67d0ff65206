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

/** What Slack's incoming webhooks take, and those of Mattermost and Rocket.Chat, which differ from it in names of fields. */
export function slack(_: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const attachments = attachmentsOf(value);
  const isOurs = value.text !== undefined || Array.isArray(value.blocks) || attachments.length > 0;
  return isOurs ? { ...senderOf(value), ...saidIn(value, attachments) } : undefined;
}

/** The list, or a single one; without files (apprise) and the cards of Teams. */
const attachmentsOf = ({ attachments, attachment }: JsonObject): JsonObject[] => {
  const list = Array.isArray(attachments) ? attachments : [attachments ?? attachment];
  return objectsIn(list).filter((one) => one.base64 === undefined && one.contentType === undefined);
};

const senderOf = (value: JsonObject): RichContentInput => ({
  name: firstText(value.username, value.alias),
  picture: firstText(value.icon_url, value.avatar),
  icon: emojiIn(value.icon_emoji) ?? emojiIn(value.emoji),
});

/** With blocks the text only stands for them where they cannot be shown. A fallback is for when there is nothing else. */
function saidIn(value: JsonObject, attachments: readonly JsonObject[]): RichContentInput {
  const text = titled(value.title, fromBlocks(value.blocks) ?? markdownIn(value.text));
  const cards = attachments.flatMap(cardsOf);
  if (text !== undefined || cards.length > 0) return { text, cards };
  return { text: lines(...attachments.map(({ fallback }) => markdownIn(fallback))) };
}

/** A title beside the text is no field of Slack's; generic senders (shoutrrr) have one. It is plain text; one that the text begins with is not repeated. */
function titled(given: unknown, text: string | undefined): string | undefined {
  const title = textIn(given)?.trim();
  if (title === undefined || text?.trimStart().startsWith(plain(title))) return text;
  return lines(`**${plain(title)}**`, text);
}

const markdownIn = (value: unknown): string | undefined => {
  const text = textIn(value);
  return text === undefined ? undefined : fromMrkdwn(text);
};

/** Titles and the like are one line of text, in which Slack reads entities and emoji. */
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
    actions: objectsIn(one.actions).map(actionOf),
    footer: lineOf(one.footer),
    at: timeIn(one.ts),
    color: one.color,
  };
  const hasContent = [card.pretext, card.author.text, card.title, card.text].some((part) => part !== undefined);
  if (hasContent || card.fields.length + card.pictures.length + card.actions.length > 0) return [card as RichContentInput];
  const fallback = markdownIn(one.fallback);
  return fallback === undefined ? [] : [{ text: fallback, color: card.color } as RichContentInput];
}

/** Numbers and objects come as values too (Monolog). */
const fieldOf = ({ title, value, short }: JsonObject) => ({
  title: lineOf(title),
  value: isJsonObject(value) || Array.isArray(value) ? plain(JSON.stringify(value).slice(0, 2000)) : markdownIn(value),
  short: short === true || short === 'true',
});

/** Rocket.Chat's buttons send a `msg`; only those with an address lead somewhere. */
const actionOf = (action: JsonObject) => ({ text: lineOf(objectIn(action.text).text ?? action.text), url: action.url });
