import { type Archive, parseJson, readJson } from '../archive/archive.ts';
import { type Collector, mentionOf, type Source, type SourceFile, type SourceMessage } from '../source.ts';
import { emojiFor, type Fields, fieldsOf, firstOf, listOf, numberOf, textOf } from './read.ts';

/** The folder of an export in an archive, with `/` at its end; undefined if there is none. */
export function zulipBase({ files }: Archive): string | undefined {
  const found = [...files.keys()].find((path) => /(?:^|\/)realm\.json$/.test(path));
  const base = found?.replace(/[^/]*$/, '');
  return base !== undefined && files.has(`${base}messages-000001.json`) ? base : undefined;
}

/** A data export of Zulip: realm.json, messages-*.json, uploads/. */
export function openZulip(archive: Archive, base: string, origin: string): Source {
  return { format: 'zulip', origin, read: (into) => new Reader(archive, base, into).read(), open: (path) => archive.read(path) };
}

/** Types of recipients. */
const [PERSON, STREAM, GROUP] = [1, 2, 3];
type Recipient = { readonly type: number; readonly of: string };

class Reader {
  readonly #archive: Archive;
  readonly #base: string;
  readonly #into: Collector;
  readonly #names = new Map<string, string>();
  readonly #byName = new Map<string, string>();
  readonly #active = new Set<string>();
  readonly #recipients = new Map<string, Recipient>();
  readonly #subscribers = new Map<string, string[]>();
  readonly #reactions = new Map<string, Fields[]>();
  readonly #directs = new Set<string>();
  readonly #pictures = new Map<string, string>();
  /** The topic of the last message of a channel: it is written where it changes. */
  readonly #topics = new Map<string, string>();

  constructor(archive: Archive, base: string, into: Collector) {
    this.#archive = archive;
    this.#base = base;
    this.#into = into;
  }

  async read(): Promise<void> {
    const realm = fieldsOf(await readJson(this.#archive, `${this.#base}realm.json`));
    for (const { user_profile_id: user, path } of listOf(await readJson(this.#archive, `${this.#base}avatars/records.json`)))
      this.#keepPicture(textOf(user) ?? '', `${this.#base}avatars/${textOf(path) ?? ''}`);
    for (const table of ['zerver_userprofile', 'zerver_userprofile_mirrordummy', 'zerver_userprofile_crossrealm'])
      for (const user of listOf(realm[table])) this.#person(user);
    for (const { id, type, type_id } of listOf(realm.zerver_recipient))
      this.#recipients.set(textOf(id) ?? '', { type: numberOf(type) ?? 0, of: textOf(type_id) ?? '' });
    for (const { user_profile, recipient, active } of listOf(realm.zerver_subscription)) {
      const user = textOf(user_profile) ?? '';
      const key = textOf(recipient) ?? '';
      if (active !== false) this.#subscribers.set(key, [...(this.#subscribers.get(key) ?? []), user]);
    }
    const streams = new Map(listOf(realm.zerver_stream).map((stream) => [textOf(stream.id) ?? '', stream]));
    for (const [recipient, { type, of }] of this.#recipients) if (type === STREAM) this.#stream(of, streams.get(of), recipient);
    this.#keepReactions(realm);
    const parts = [...this.#archive.files.keys()].filter(
      (path) => path.startsWith(this.#base) && /^messages-\d+\.json$/.test(path.slice(this.#base.length)),
    );
    for (const path of parts.sort()) {
      const part = fieldsOf(await readJson(this.#archive, path));
      this.#keepReactions(part);
      for (const message of listOf(part.zerver_message)) this.#message(message);
    }
    for (const { name } of listOf(realm.zerver_realmemoji)) this.#into.leftOut('emoji of the workspace', textOf(name));
  }

  /** Of the sizes of a picture, the largest: as it was uploaded. */
  #keepPicture(user: string, path: string): void {
    if (this.#archive.files.has(path) && (path.endsWith('.original') || !this.#pictures.has(user))) this.#pictures.set(user, path);
  }

  #keepReactions(table: Fields): void {
    for (const reaction of listOf(table.zerver_reaction)) {
      const message = textOf(reaction.message) ?? '';
      this.#reactions.set(message, [...(this.#reactions.get(message) ?? []), reaction]);
    }
  }

  #person(user: Fields): void {
    const id = textOf(user.id);
    if (id === undefined || this.#names.has(id)) return;
    const email = firstOf(user.delivery_email, user.email);
    const login = email?.replace(/@.*$/, '');
    const name = firstOf(user.full_name, login, id) ?? id;
    this.#names.set(id, name);
    this.#byName.set(name, id);
    if (user.is_active !== false) this.#active.add(id);
    this.#into.person({
      ...{ id, name, login, email, bot: user.is_bot === true || user.full_name === undefined },
      picture: this.#pictures.get(id),
    });
  }

  #stream(id: string, stream: Fields | undefined, recipient: string): void {
    this.#into.channel({
      ...{ id: `stream:${id}`, name: textOf(stream?.name) ?? id, kind: stream?.invite_only === true ? 'closed' : 'open' },
      ...{ topic: textOf(stream?.description), archived: stream?.deactivated === true },
      members: (this.#subscribers.get(recipient) ?? []).filter((user) => this.#active.has(user)),
    });
  }

  /** The channel of a message: the stream, or the direct messages between its people. */
  #channelOf(message: Fields): string {
    const key = textOf(message.recipient) ?? '';
    const { type, of } = this.#recipients.get(key) ?? { type: 0, of: key };
    if (type === STREAM) return `stream:${of}`;
    const people = type === PERSON ? [textOf(message.sender) ?? '', of] : type === GROUP ? (this.#subscribers.get(key) ?? []) : [];
    const members = [...new Set(people)].sort((a, b) => Number(a) - Number(b));
    const id = `direct:${members.length > 0 ? members.join(',') : key}`;
    if (!this.#directs.has(id)) {
      this.#directs.add(id);
      this.#into.channel({ id, kind: 'direct', name: members.map((member) => this.#names.get(member) ?? member).join(', '), members });
    }
    return id;
  }

  #message(message: Fields): void {
    const id = textOf(message.id) ?? '';
    const channel = this.#channelOf(message);
    const files: SourceFile[] = [];
    const mentions = new Set<string>();
    const read = (content: string): string => this.#textOf(content, files, mentions);
    const [first = '', ...later] = versionsOf(message);
    const topic = channel.startsWith('stream:') ? (textOf(message.subject) ?? '') : '';
    const isNew = topic !== (this.#topics.get(channel) ?? '') && topic !== '';
    this.#topics.set(channel, topic);
    const head = isNew ? `**${topic.replace(/[\\*_`]/g, '\\$&')}**\n` : '';
    const edits = later.map(({ at, text }) => ({ at, text: head + read(text), format: 'markdown' as const }));
    this.#into.message({
      ...{ id, channel, at: (numberOf(message.date_sent) ?? Number.NaN) * 1000, author: textOf(message.sender) ?? '' },
      ...{ text: head + read(typeof first === 'string' ? first : ''), format: 'markdown', edits },
      ...{ files: [...new Map(files.map((file) => [file.path ?? file.name, file])).values()], mentions: [...mentions] },
      reactions: (this.#reactions.get(id) ?? []).map(reactionOf),
    });
  }

  #textOf(content: string, files: SourceFile[], mentions: Set<string>): string {
    return content
      .replace(/!?\[([^\]\n]*)\]\(\/user_uploads\/([^)\s]+)\)/g, (_, name: string, path: string) => {
        const decoded = decode(path);
        const stored = `${this.#base}uploads/${decoded}`;
        files.push({ name: name || (decoded.split('/').at(-1) ?? 'file'), path: this.#archive.files.has(stored) ? stored : undefined });
        return '';
      })
      .replace(/@(_?)\*\*([^*|\n]+)(?:\|(\d+))?\*\*/g, (_, silent: string, name: string, given?: string) => {
        const id = given ?? this.#byName.get(name);
        if (id === undefined) return `@${name}`;
        if (silent === '') mentions.add(id);
        return mentionOf(id);
      })
      .replace(/#\*\*([^*>\n]+)(?:>([^*\n]*))?\*\*/g, (_, stream: string, topic?: string) =>
        topic ? `#${stream} > ${topic}` : `#${stream}`,
      )
      .replace(/^(`{3,}|~{3,})[ ]?quote[ \t]*\n([\s\S]*?)\n?\1[ \t]*$/gm, (_, _fence: string, quoted: string) =>
        quoted.replace(/^/gm, '> '),
      )
      .trim();
  }
}

const decode = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** The texts of a message, oldest first: the first as it was posted. */
function versionsOf(message: Fields): [string, ...{ at: number; text: string }[]] {
  const content = textOf(message.content) ?? '';
  const history =
    typeof message.edit_history === 'string' && message.edit_history !== '' ? parseJson(message.edit_history, 'an edit history') : [];
  const changes = listOf(history)
    .filter((change) => typeof change.prev_content === 'string')
    .toReversed();
  const texts = [...changes.map((change) => String(change.prev_content)), content];
  return [
    texts[0] ?? '',
    ...changes.map((change, index) => ({ at: (numberOf(change.timestamp) ?? 0) * 1000, text: texts[index + 1] ?? '' })),
  ];
}

function reactionOf(reaction: Fields): NonNullable<SourceMessage['reactions']>[number] {
  const code = textOf(reaction.emoji_code) ?? '';
  const isUnicode = reaction.reaction_type === undefined || reaction.reaction_type === 'unicode_emoji';
  const points =
    isUnicode && /^[0-9a-f]{2,6}(?:-[0-9a-f]{2,6})*$/i.test(code) ? code.split('-').map((point) => Number.parseInt(point, 16)) : [];
  const isValid = points.length > 0 && points.every((point) => point <= 0x10ffff);
  return {
    emoji: isValid ? String.fromCodePoint(...points) : emojiFor(textOf(reaction.emoji_name) ?? ''),
    by: textOf(reaction.user_profile) ?? '',
  };
}
