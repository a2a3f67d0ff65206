import { sha256 } from '../../secrets.ts';
import { type Archive, parseJson, readLines } from '../archive/archive.ts';
import { type Collector, mentionOf, type Source, type SourceChannel, type SourceFile } from '../source.ts';
import { contentOf, emojiFor, type Fields, fieldsOf, firstOf, listOf, numberOf, textOf, textsOf } from './read.ts';

/** The file of records in an archive; undefined if there is none. */
export const mattermostRecords = ({ files }: Archive): string | undefined =>
  [...files.keys()].find((path) => /(?:^|\/)[^/]*\.jsonl?$/.test(path) && !path.includes('data/'));

/** Whether a line is the first of a bulk export. */
export const isVersion = (line: string): boolean => /^\{\s*"type"\s*:\s*"version"/.test(line);

/** A bulk export of Mattermost: JSON lines, with the content of files in `data/` beside them. */
export function openMattermost(archive: Archive, records: string, origin: string): Source {
  return { format: 'mattermost', origin, read: (into) => new Reader(archive, records, into).read(), open: (path) => archive.read(path) };
}

type Channel = { -readonly [K in keyof SourceChannel]: SourceChannel[K] } & { members: string[]; moderators: string[] };

const idOf = (team: unknown, channel: unknown): string => `${textOf(team) ?? ''}/${textOf(channel) ?? ''}`;

class Reader {
  readonly #archive: Archive;
  readonly #records: string;
  readonly #into: Collector;
  readonly #channels = new Map<string, Channel>();
  readonly #logins = new Set<string>();
  readonly #ids = new Set<string>();

  constructor(archive: Archive, records: string, into: Collector) {
    this.#archive = archive;
    this.#records = records;
    this.#into = into;
  }

  async read(): Promise<void> {
    let number = 0;
    for await (const line of readLines(this.#archive, this.#records)) {
      number += 1;
      if (line.trim() === '') continue;
      const record = fieldsOf(parseJson(line, `Line ${number} of ${this.#records}`));
      const type = textOf(record.type) ?? '';
      this.#take(type, fieldsOf(record[type]));
    }
    for (const channel of this.#channels.values()) this.#into.channel(channel);
  }

  #take(type: string, record: Fields): void {
    switch (type) {
      case 'version':
      case 'team':
      case 'role':
      case 'scheme':
        break;
      case 'channel':
        this.#channel(record);
        break;
      case 'user':
        this.#user(record);
        break;
      case 'bot':
        this.#person(record, textOf(record.display_name), true);
        break;
      case 'direct_channel':
        this.#direct(membersOf(record), textOf(record.header));
        break;
      case 'post':
        this.#thread(record, idOf(record.team, record.channel));
        break;
      case 'direct_post':
        this.#thread(record, this.#direct(textsOf(record.channel_members)));
        break;
      default:
        this.#into.leftOut(type === 'emoji' ? 'emoji of the workspace' : `records of the type ${type}`, textOf(record.name));
    }
  }

  #channel(record: Fields): void {
    const id = idOf(record.team, record.name);
    this.#channels.set(id, {
      ...{ id, name: firstOf(record.display_name, record.name) ?? id, kind: record.type === 'P' ? 'closed' : 'open' },
      ...{ topic: firstOf(record.header, record.purpose), archived: (numberOf(record.deleted_at) ?? 0) > 0, members: [], moderators: [] },
    });
  }

  #user(record: Fields): void {
    const full = [textOf(record.first_name), textOf(record.last_name)].filter((part) => part !== undefined).join(' ');
    this.#person(record, firstOf(record.nickname, full), false);
    const login = textOf(record.username);
    if (login === undefined || (numberOf(record.delete_at) ?? 0) > 0) return;
    for (const team of listOf(record.teams))
      for (const { name, roles } of listOf(team.channels)) {
        const channel = this.#channels.get(idOf(team.name, name));
        channel?.members.push(login);
        if (/\bchannel_admin\b/.test(textOf(roles) ?? '')) channel?.moderators.push(login);
      }
  }

  #person(record: Fields, name: string | undefined, bot: boolean): void {
    const login = textOf(record.username);
    if (login === undefined) return;
    this.#logins.add(login);
    const picture = textOf(record.profile_image);
    this.#into.person({
      ...{ id: login, name: name ?? login, login, email: textOf(record.email), bot },
      picture: picture === undefined ? undefined : this.#file(picture).path,
    });
  }

  #direct(given: readonly string[], topic?: string): string {
    const members = [...new Set(given)].sort();
    const id = `direct/${members.join(',')}`;
    if (topic !== undefined || !this.#channels.has(id))
      this.#channels.set(id, { id, name: members.join(', '), kind: 'direct', topic, members, moderators: [] });
    return id;
  }

  #thread(post: Fields, channel: string): void {
    const root = this.#post(post, channel);
    for (const reply of listOf(post.replies)) this.#post(reply, channel, root);
  }

  /** Posts have no id: their time and author are one. */
  #post(post: Fields, channel: string, replyTo?: string): string | undefined {
    const type = textOf(post.type) ?? '';
    if (type.startsWith('system_')) {
      this.#into.leftOut(`system messages (${type})`, textOf(post.message));
      return undefined;
    }
    const author = textOf(post.user) ?? 'unknown';
    const at = numberOf(post.create_at) ?? Number.NaN;
    const editedAt = numberOf(post.edit_at) ?? 0;
    const props = fieldsOf(post.props);
    const mentions = new Set<string>();
    const cards = listOf(props.attachments).length > 0 ? contentOf({ text: post.message, attachments: props.attachments }) : undefined;
    const text = cards ?? { text: this.#mentioned(textOf(post.message) ?? '', mentions), format: 'markdown' as const };
    const id = this.#idFor(`${channel} ${at}-${author}`, text.text);
    this.#into.message({
      ...{ id, channel, at, author, ...text, replyTo, mentions: [...mentions], as: textOf(props.override_username) },
      files: listOf(post.attachments).map(({ path }) => this.#file(textOf(path) ?? '')),
      edits: editedAt > at ? [{ at: editedAt, ...text }] : [],
      reactions: listOf(post.reactions).map((one) => ({
        ...{ emoji: emojiFor(textOf(one.emoji_name) ?? ''), by: textOf(one.user) ?? 'unknown', at: numberOf(one.create_at) },
      })),
      pinned: post.is_pinned === true ? { by: author } : undefined,
    });
    return id;
  }

  #idFor(plain: string, text: string): string {
    const id = this.#ids.has(plain) ? `${plain}-${sha256(text).slice(0, 8)}` : plain;
    this.#ids.add(id);
    return id;
  }

  #mentioned(text: string, mentions: Set<string>): string {
    return text.replace(/(?<![\w/@.])@([a-z0-9][a-z0-9._-]*)/gi, (all, given: string) => {
      const login = [given, given.replace(/[._-]+$/, '')].find((one) => this.#logins.has(one.toLowerCase()))?.toLowerCase();
      if (login === undefined) return all;
      mentions.add(login);
      return `${mentionOf(login)}${given.slice(login.length)}`;
    });
  }

  #file(path: string): SourceFile {
    const base = this.#records.replace(/[^/]*$/, '');
    const found = [`${base}data/${path}`, base + path, path].find((one) => this.#archive.files.has(one));
    return { name: path.split('/').at(-1) ?? path, path: found };
  }
}

const membersOf = ({ members, participants }: Fields): string[] => {
  const names = listOf(participants).flatMap(({ username }) => textOf(username) ?? []);
  return names.length > 0 ? names : textsOf(members);
};
