import type { RichContentInput } from '../../../markup/rich-content.ts';
import { componentText } from '../interactive/discord.ts';
import { bounded, moment, Placeholders, plain, quoted } from './markup.ts';
import { type HeaderOf, type JsonObject, lines, objectIn, objectsIn, type Parsed, textIn, timeIn } from './read.ts';

/** Whether a payload has Discord's format; its client then expects Discord's responses. */
export function isDiscord({ value, files, isMultipart }: Parsed): boolean {
  if (value.text !== undefined || value.message !== undefined) return false;
  const isFileAlone = isMultipart && files.length > 0 && Object.keys(value).every((name) => /^(?:username|avatar_url|tts)$/.test(name));
  return 'content' in value || Array.isArray(value.embeds) || areComponents(value.components) || isFileAlone;
}

/** Other senders have a list of this name too, whose items have no such type. */
const areComponents = (components: unknown): boolean =>
  Array.isArray(components) && components.every((one) => Number.isInteger(objectIn(one).type));

/** Discord's format: content, embeds and the texts among components. The other components: see interactive/discord.ts. */
export function discord(_: HeaderOf, parsed: Parsed): RichContentInput | undefined {
  if (!isDiscord(parsed)) return undefined;
  const { username, avatar_url, content, embeds, components } = parsed.value;
  const text = lines(fromDiscord(content), fromDiscord(componentText(components)));
  return { name: username, picture: avatar_url, text, cards: objectsIn(embeds).map(cardOf) };
}

function cardOf(embed: JsonObject): object {
  const author = objectIn(embed.author);
  return {
    author: { text: author.name, url: author.url },
    title: embed.title,
    url: embed.url,
    text: fromDiscord(embed.description),
    fields: objectsIn(embed.fields).map(({ name, value, inline }) => ({ title: name, value: fromDiscord(value), short: inline === true })),
    pictures: [embed.image, embed.thumbnail, embed.video].flatMap((one) => {
      const { url } = objectIn(one);
      return textIn(url) ? [{ text: 'Picture', url }] : [];
    }),
    footer: objectIn(embed.footer).text,
    at: timeIn(embed.timestamp),
    color: typeof embed.color === 'string' && /^\d+$/.test(embed.color) ? Number(embed.color) : embed.color,
  };
}

const TOKENS = /<(?:(@[!&]?|#)(\d{1,25})|a?:(\w{1,40}):\d{1,25}|t:(-?\d{1,13})(?::[a-zA-Z])?|(\/[^:<>\n]{1,60}):\d{1,25})>/g;

/** Converts Discord's Markdown: only mentions, channels, timestamps, custom emoji and commands differ. */
export function fromDiscord(value: unknown): string | undefined {
  const text = textIn(value);
  if (text === undefined) return undefined;
  const kept = new Placeholders();
  const bare = kept.code(bounded(text).replace(/\r\n?/g, '\n'), (code) => code);
  return kept.back(
    quoted(bare).replace(TOKENS, (_, kind: string | undefined, id = '', emoji = '', seconds = '', command = '') =>
      token({ kind, id, emoji, seconds, command }),
    ),
  );
}

type Token = {
  readonly kind: string | undefined;
  readonly id: string;
  readonly emoji: string;
  readonly seconds: string;
  readonly command: string;
};

function token({ kind, id, emoji, seconds, command }: Token): string {
  if (kind !== undefined) return plain(`${kind === '#' ? '#' : '@'}${id}`);
  if (emoji !== '') return plain(`:${emoji}:`);
  return seconds === '' ? plain(command) : plain(moment(Number(seconds)));
}

/** A line that names a file that was not stored. */
export const fileLine = (name: string, bytes: number): string => `-# ${plain(`[file not kept: ${name}, ${bytes} bytes]`)}`;
