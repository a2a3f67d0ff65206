import { fromMrkdwn } from '../../webhooks/incoming/formats/mrkdwn.ts';
import { type Archive, readJson } from '../archive/archive.ts';
import { type Collector, mentionOf, type Source, type SourceFile, type SourceMessage } from '../source.ts';
import { contentOf, emojiFor, type Fields, fieldsOf, firstOf, listOf, numberOf, textOf, textsOf } from './read.ts';

/** The lists of conversations, with the kind of each. */
const LISTS = [
  ['channels.json', 'open'],
  ['groups.json', 'closed'],
  ['mpims.json', 'direct'],
  ['dms.json', 'direct'],
] as const;

/** Subtypes that are messages of people and bots. All others report what happened in the channel. */
const MESSAGES = new Set([
  'bot_message',
  'me_message',
  'thread_broadcast',
  'reply_broadcast',
  'file_share',
  'file_comment',
  'slackbot_response',
]);

/** The folder of an export in an archive, with `/` at its end; undefined if there is none. */
export function slackBase({ files }: Archive): string | undefined {
  const found = [...files.keys()].find((path) => /(?:^|\/)(?:channels|groups|dms|mpims)\.json$/.test(path));
  const base = found?.replace(/[^/]*$/, '');
  return base !== undefined && files.has(`${base}users.json`) ? base : undefined;
}

/**
 * A Slack export: lists of people and conversations, a folder for each conversation and in it a file for each day. It has links to files, not their
 * content; slackdump adds that in `__uploads/` or `attachments/`.
 */
export function openSlack(archive: Archive, base: string, origin: string): Source {
  return { format: 'slack', origin, read: (into) => new Reader(archive, base, into).read(), open: (path) => archive.read(path) };
}

type Names = { readonly people: Map<string, string>; readonly channels: Map<string, string> };

class Reader {
  readonly #archive: Archive;
  readonly #base: string;
  readonly #into: Collector;
  readonly #names: Names = { people: new Map(), channels: new Map() };
  /** The paths of files by their ids. */
  readonly #contents: ReadonlyMap<string, string>;
  /** The person of each integration, by the id of the integration. */
  readonly #bots = new Map<string, string>();
  /** Who pinned a message, by channel and time of the message. */
  readonly #pins = new Map<string, SourceMessage['pinned']>();

  constructor(archive: Archive, base: string, into: Collector) {
    this.#archive = archive;
    this.#base = base;
    this.#into = into;
    this.#contents = new Map(
      [...archive.files.keys()].flatMap((path) => {
        const [, uploaded, attached] = /(?:^|\/)(?:__uploads\/(F\w+)\/|attachments\/(F\w+)-)[^/]+$/.exec(path) ?? [];
        const id = uploaded ?? attached;
        return id === undefined ? [] : [[id, path] as const];
      }),
    );
  }

  async read(): Promise<void> {
    for (const user of listOf(await readJson(this.#archive, `${this.#base}users.json`))) this.#person(user);
    const folders: [folder: string, channel: string][] = [];
    for (const [file, kind] of LISTS)
      for (const channel of listOf(await readJson(this.#archive, this.#base + file))) {
        const id = textOf(channel.id);
        if (id === undefined) continue;
        const name = firstOf(channel.name, id) ?? id;
        this.#names.channels.set(id, name);
        this.#channel(id, name, kind, channel);
        folders.push([file === 'dms.json' ? id : name, id]);
      }
    for (const [folder, channel] of folders) await this.#messages(folder, channel);
    for (const path of this.#archive.files.keys())
      if (path.endsWith('canvases.json') || path.endsWith('lists.json')) this.#into.leftOut('canvases and lists', path);
  }

  #person(user: Fields): void {
    const id = textOf(user.id);
    if (id === undefined) return;
    const profile = fieldsOf(user.profile);
    const login = textOf(user.name);
    const name = firstOf(profile.display_name, profile.real_name, user.real_name, login, id) ?? id;
    const bot = textOf(profile.bot_id);
    if (bot !== undefined) this.#bots.set(bot, id);
    this.#names.people.set(id, name);
    this.#into.person({ id, name, login, email: textOf(profile.email), bot: user.is_bot === true || id === 'USLACKBOT' });
  }

  #channel(id: string, name: string, kind: 'open' | 'closed' | 'direct', channel: Fields): void {
    for (const pin of listOf(channel.pins)) {
      const [message, by, when] = [textOf(pin.id), textOf(pin.user), numberOf(pin.created)];
      if (message !== undefined && by !== undefined)
        this.#pins.set(`${id} ${message}`, { by, at: when === undefined ? undefined : when * 1000 });
    }
    const members = [...new Set(textsOf(channel.members))];
    const title = kind === 'direct' ? members.map((member) => this.#names.people.get(member) ?? member).join(', ') : name;
    this.#into.channel({
      ...{ id, name: title, kind, members, archived: channel.is_archived === true },
      topic: firstOf(fieldsOf(channel.topic).value, fieldsOf(channel.purpose).value),
      moderators: textsOf([channel.creator]),
    });
  }

  async #messages(folder: string, channel: string): Promise<void> {
    const prefix = `${this.#base}${folder}/`;
    const days = [...this.#archive.files.keys()].filter(
      (path) => path.startsWith(prefix) && /^\d{4}-\d\d-\d\d\.json$/.test(path.slice(prefix.length)),
    );
    for (const day of days.sort())
      for (const message of listOf(await readJson(this.#archive, day))) {
        const subtype = textOf(message.subtype);
        if (message.type !== 'message' || (subtype !== undefined && !MESSAGES.has(subtype)))
          this.#into.leftOut(`system messages (${subtype ?? textOf(message.type) ?? 'without a type'})`, textOf(message.text));
        else this.#message(message, channel);
      }
  }

  #message(message: Fields, channel: string): void {
    const id = textOf(message.ts);
    if (id === undefined) {
      this.#into.leftOut('messages without a time', textOf(message.text));
      return;
    }
    const { author, as } = this.#author(message);
    const text = this.#textOf(message);
    const edited = textOf(fieldsOf(message.edited).ts);
    const thread = textOf(message.thread_ts);
    this.#into.message({
      ...{ id, channel, at: at(id), author, as, ...text },
      replyTo: thread !== undefined && thread !== id ? thread : undefined,
      files: listOf(message.files).map((file) => this.#file(file)),
      edits: edited === undefined ? [] : [{ at: at(edited), text: text.text, format: text.format }],
      reactions: listOf(message.reactions).flatMap(({ name, users }) =>
        textsOf(users).map((by) => ({ emoji: emojiFor(textOf(name) ?? ''), by })),
      ),
      pinned: this.#pins.get(`${channel} ${id}`) ?? (textsOf(message.pinned_to).includes(channel) ? { by: author } : undefined),
    });
  }

  #author(message: Fields): { author: string; as: string | undefined } {
    const given = textOf(message.username);
    const author = textOf(message.user) ?? this.#bot(message);
    return { author, as: given !== undefined && given !== this.#names.people.get(author) ? given : undefined };
  }

  /** An integration that is not in the list of people becomes one of them. */
  #bot(message: Fields): string {
    const bot = firstOf(message.bot_id, message.username) ?? 'unknown';
    const known = this.#bots.get(bot);
    if (known !== undefined) return known;
    const id = `bot:${bot}`;
    const name = firstOf(fieldsOf(message.bot_profile).name, message.username) ?? 'Slack bot';
    this.#bots.set(bot, id);
    this.#names.people.set(id, name);
    this.#into.person({ id, name, bot: true });
    return id;
  }

  /** Attachments count only of bots: those of people are previews of links. */
  #textOf(message: Fields): Pick<SourceMessage, 'text' | 'format' | 'mentions'> {
    const isBots = message.user === undefined || message.bot_id !== undefined;
    const hasCards = listOf(message.attachments).some(({ from_url, original_url }) => from_url === undefined && original_url === undefined);
    const content = isBots && (hasCards || textOf(message.text) === undefined) ? contentOf(this.#named(message)) : undefined;
    if (content) return content;
    const mentions = new Set<string>();
    const source = (textOf(message.text) ?? '').replace(/<([@#])(\w+)(?:\|([^<>]*))?>/g, (_, sign: string, id: string, label = '') => {
      if (sign === '#') return `<#${id}|${label || (this.#names.channels.get(id) ?? id)}>`;
      mentions.add(id);
      return mentionOf(id);
    });
    const text = fromMrkdwn(source);
    return { text: message.subtype === 'me_message' ? `*${text}*` : text, format: 'markdown', mentions: [...mentions] };
  }

  /** With the names of people instead of their ids, for texts in attachments. */
  #named(message: Fields): Fields {
    const json = JSON.stringify(message).replace(
      /<@(\w+)>/g,
      (_, id: string) => `<@${JSON.stringify(this.#names.people.get(id) ?? id).slice(1, -1)}>`,
    );
    return fieldsOf(JSON.parse(json));
  }

  #file(file: Fields): SourceFile {
    const id = textOf(file.id) ?? '';
    const name = firstOf(file.name, file.title, id) ?? 'file';
    const url = firstOf(file.permalink, file.url_private)?.replace(/\?.*$/s, ''); // an export adds a token to it
    return { name, path: this.#contents.get(id), url };
  }
}

/** ms of a time such as `1355517523.000005`. */
const at = (ts: string): number => Math.floor(Number(ts) * 1000);
