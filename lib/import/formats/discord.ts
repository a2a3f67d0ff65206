import { richContentIn } from '../../markup/rich-content.ts';
import { bodyOf } from '../../markup/rich-content-text.ts';
import { discord, fromDiscord } from '../../webhooks/incoming/formats/discord.ts';
import { type Archive, readJson, safePath } from '../archive/archive.ts';
import { type Collector, mentionOf, type Source, type SourceFile, type SourceMessage } from '../source.ts';
import { emojiFor, type Fields, fieldsOf, firstOf, listOf, textOf, timeOf } from './read.ts';

/** Types of messages that people and bots write. */
const MESSAGES = new Set(['Default', 'Reply', 'ChatInputCommand', 'ContextMenuCommand', '20', '23']);
const MAX_CONTENT_BYTES = 16 * 1024;

/** Whether the start of a file is that of an export of DiscordChatExporter. */
export const isDiscord = (start: string): boolean => /^\s*\{\s*"guild"\s*:/.test(start);

/** Exports of DiscordChatExporter as JSON: a file for each channel, with `--media` the files beside them. */
export function openDiscord(archive: Archive, paths: readonly string[], origin: string): Source {
  return {
    format: 'discord',
    origin,
    async read(into) {
      for (const path of [...paths].sort()) await readChannel(archive, path, into);
    },
    open: (path) => archive.read(path),
  };
}

async function readChannel(archive: Archive, path: string, into: Collector): Promise<void> {
  const { channel, messages } = fieldsOf(await readJson(archive, path));
  const place = fieldsOf(channel);
  const id = textOf(place.id) ?? path;
  const people = new Set<string>();
  const folder = path.replace(/[^/]*$/, '');
  const meet = (user: Fields): string => {
    const person = textOf(user.id) ?? 'unknown';
    if (people.has(person)) return person;
    people.add(person);
    const login = textOf(user.name);
    const picture = fileOf(archive, folder, textOf(user.avatarUrl), '').path;
    into.person({ id: person, name: firstOf(user.nickname, login, person) ?? person, login, bot: user.isBot === true, picture });
    return person;
  };
  for (const message of listOf(messages)) {
    const type = textOf(message.type) ?? 'Default';
    if (MESSAGES.has(type))
      into.message(messageOf(message, { channel: id, meet, fileOf: (url, name) => fileOf(archive, folder, url, name) }));
    else into.leftOut(`system messages (${type})`, textOf(message.content));
  }
  into.channel({ id, name: nameOf(place), kind: kindOf(place, people.size), topic: textOf(place.topic), members: [...people] });
}

/** An export does not say who may see a channel, so it becomes a group that nobody joins by themselves. */
const kindOf = ({ type }: Fields, people: number): 'closed' | 'direct' =>
  (type === 'DirectTextChat' || type === 'DirectGroupTextChat') && people > 1 ? 'direct' : 'closed';

function nameOf({ name, type, category }: Fields): string {
  const own = textOf(name) ?? 'channel';
  return /Thread$/.test(textOf(type) ?? '') && textOf(category) !== undefined ? `${textOf(category)} - ${own}` : own;
}

type Place = {
  readonly channel: string;
  readonly meet: (user: Fields) => string;
  readonly fileOf: (url: string | undefined, name: string) => SourceFile;
};

function messageOf(message: Fields, { channel, meet, fileOf: file }: Place): SourceMessage {
  const author = meet(fieldsOf(message.author));
  const mentioned = listOf(message.mentions);
  const at = timeOf(message.timestamp) ?? Number.NaN;
  const text = textIn(message, mentioned, meet);
  const editedAt = timeOf(message.timestampEdited);
  const forwarded = fieldsOf(message.forwardedMessage);
  return {
    ...{ id: textOf(message.id) ?? String(at), channel, at, author, ...text, mentions: mentioned.map(meet) },
    replyTo: message.type === 'Reply' ? textOf(fieldsOf(message.reference).messageId) : undefined,
    files: [...listOf(message.attachments), ...listOf(forwarded.attachments)].map(({ url, fileName }) =>
      file(textOf(url), textOf(fileName) ?? 'file'),
    ),
    edits: editedAt === undefined ? [] : [{ at: editedAt, ...text }],
    reactions: listOf(message.reactions).flatMap(({ emoji, users }) =>
      listOf(users).map((user) => ({ emoji: reactionOf(fieldsOf(emoji)), by: meet(user) })),
    ),
    pinned: message.isPinned === true ? { by: author } : undefined,
  };
}

/** The name is the emoji itself, or, of a server's own, a word. */
const reactionOf = ({ name, code }: Fields): string => {
  const given = textOf(name) ?? '';
  return /^[\w~-]*$/.test(given) ? emojiFor(firstOf(code, given) ?? '') : given;
};

function textIn(message: Fields, mentioned: readonly Fields[], meet: Place['meet']): Pick<SourceMessage, 'text' | 'format'> {
  const forwarded = textOf(fieldsOf(message.forwardedMessage).content);
  const stickers = listOf(message.stickers).map(({ name }) => `[sticker] ${textOf(name) ?? ''}`);
  const parts = [textOf(message.content), forwarded?.replace(/^/gm, '> '), ...stickers];
  const content = parts.filter((part) => part !== undefined).join('\n');
  const isBot = fieldsOf(message.author).isBot === true;
  const embeds = isBot ? listOf(message.embeds).map(embedOf) : [];
  if (embeds.length > 0) {
    const model = richContentIn(discord(() => '', { value: { content, embeds }, files: [], isMultipart: false }));
    const body = model && bodyOf(model, MAX_CONTENT_BYTES);
    if (body && body.body !== '') return { text: body.body, format: body.format };
  }
  return { text: withNames(content, mentioned, meet), format: 'markdown' };
}

const embedOf = (embed: Fields): Fields => ({
  ...embed,
  fields: listOf(embed.fields).map(({ name, value, isInline }) => ({ name, value, inline: isInline === true })),
});

/** Mentions are `@nickname`, or as Discord keeps them `<@id>`. */
function withNames(content: string, mentioned: readonly Fields[], meet: Place['meet']): string {
  const names = mentioned.flatMap((user) =>
    [user.nickname, user.name].flatMap((name) => (textOf(name) === undefined ? [] : [{ name: `@${textOf(name)}`, user }])),
  );
  let text = content;
  for (const user of mentioned)
    text = text
      .replaceAll(`<@${textOf(user.id)}>`, () => mentionOf(meet(user)))
      .replaceAll(`<@!${textOf(user.id)}>`, () => mentionOf(meet(user)));
  for (const { name, user } of names.sort((a, b) => b.name.length - a.name.length))
    text = text.replaceAll(name, () => mentionOf(meet(user)));
  return fromDiscord(text) ?? '';
}

function fileOf({ files }: Archive, folder: string, url: string | undefined, name: string): SourceFile {
  if (url === undefined || /^https?:/i.test(url)) return { name, url };
  const path = safePath(folder + decode(url.replaceAll('\\', '/')));
  return { name, path: path !== undefined && files.has(path) ? path : undefined };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
