import type { Archive } from '../archive/archive.ts';
import { type Collector, mentionOf, type Source, type SourceEdit, type SourceFile, type SourceMessage } from '../source.ts';
import { collectionPath, type Document, readDocument, readDocuments } from './bson.ts';
import { contentOf, emojiFor, type Fields, fieldsOf, firstOf, listOf, textOf, textsOf, timeOf } from './read.ts';

const [MESSAGES, CHUNKS] = ['rocketchat_message', 'rocketchat_uploads.chunks'];

/** Whether an archive has a dump of the database of Rocket.Chat. */
export const isRocketDump = (archive: Archive): boolean => collectionPath(archive, MESSAGES) !== undefined;

/** A dump of the database (mongodump), with files from GridFS; files that the server kept elsewhere are found by their id if they are in the folder. */
export function openRocketDump(archive: Archive, origin: string): Source {
  const dump = new Dump(archive);
  return { format: 'rocketchat', origin, read: (into) => dump.read(into), open: (path) => dump.open(path) };
}

class Dump {
  readonly #archive: Archive;
  readonly #logins = new Map<string, string>();
  /** The chunks of each file in GridFS. */
  readonly #chunks = new Map<string, (Pick<Document, 'from' | 'bytes'> & { readonly n: number })[]>();

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  async read(into: Collector): Promise<void> {
    for await (const { fields } of readDocuments(this.#archive, 'users')) this.#person(fields, into);
    await this.#rooms(into);
    for await (const { fields, from, bytes } of readDocuments(this.#archive, CHUNKS)) {
      const id = textOf(fields.files_id) ?? '';
      this.#chunks.set(id, [...(this.#chunks.get(id) ?? []), { from, bytes, n: Number(fields.n) }]);
    }
    const earlier = new Map<string, SourceEdit[]>();
    for await (const { fields } of readDocuments(this.#archive, MESSAGES)) {
      const parent = fields._hidden === true ? textOf(fields.parent) : undefined;
      if (parent === undefined) continue;
      const edit = { at: dateOf(fields.editedAt) ?? 0, text: textOf(fields.msg) ?? '', format: 'markdown' as const };
      earlier.set(parent, [...(earlier.get(parent) ?? []), edit]);
    }
    for await (const { fields } of readDocuments(this.#archive, MESSAGES)) this.#message(fields, earlier, into);
  }

  #person(user: Fields, into: Collector): void {
    const id = textOf(user._id);
    if (id === undefined) return;
    const login = textOf(user.username);
    if (login !== undefined) this.#logins.set(login, id);
    into.person({
      id,
      name: firstOf(user.name, login, id) ?? id,
      login,
      email: textOf(listOf(user.emails)[0]?.address),
      bot: user.type === 'bot',
    });
  }

  async #rooms(into: Collector): Promise<void> {
    const members = new Map<string, { people: string[]; moderators: string[] }>();
    for await (const { fields } of readDocuments(this.#archive, 'rocketchat_subscription')) {
      const room = textOf(fields.rid) ?? '';
      const found = members.get(room) ?? { people: [], moderators: [] };
      const person = textOf(fieldsOf(fields.u)._id);
      if (person !== undefined) found.people.push(person);
      if (person !== undefined && textsOf(fields.roles).some((role) => role === 'owner' || role === 'moderator'))
        found.moderators.push(person);
      members.set(room, found);
    }
    for await (const { fields: room } of readDocuments(this.#archive, 'rocketchat_room')) {
      const id = textOf(room._id);
      if (id === undefined) continue;
      const { people = [], moderators = [] } = members.get(id) ?? {};
      const isDirect = room.t === 'd';
      const direct = textsOf(room.uids);
      into.channel({
        ...{ id, kind: isDirect ? 'direct' : room.t === 'c' ? 'open' : 'closed', archived: room.archived === true, moderators },
        name: firstOf(room.fname, room.name, textsOf(room.usernames).join(', '), id) ?? id,
        topic: firstOf(room.topic, room.description),
        members: isDirect && direct.length > 0 ? [...new Set(direct)] : people,
      });
    }
  }

  #message(message: Fields, earlier: ReadonlyMap<string, SourceEdit[]>, into: Collector): void {
    if (message._hidden === true) return;
    const type = textOf(message.t);
    if (type !== undefined) {
      into.leftOut(`system messages (${type})`, textOf(message.msg));
      return;
    }
    const id = textOf(message._id) ?? '';
    const author = textOf(fieldsOf(message.u)._id) ?? 'unknown';
    const mentions = listOf(message.mentions).flatMap(({ _id }) =>
      textOf(_id) === undefined || _id === 'all' || _id === 'here' ? [] : [textOf(_id) ?? ''],
    );
    const text = this.#textOf(message);
    const pinned =
      message.pinned === true ? { by: textOf(fieldsOf(message.pinnedBy)._id) ?? author, at: dateOf(message.pinnedAt) } : undefined;
    into.message({
      ...{ id, channel: textOf(message.rid) ?? '', at: dateOf(message.ts) ?? Number.NaN, author, mentions, as: textOf(message.alias) },
      ...this.#versions(text, message, earlier.get(id) ?? []),
      replyTo: textOf(message.tmid),
      files: this.#files(message),
      reactions: Object.entries(fieldsOf(message.reactions)).flatMap(([name, reaction]) =>
        textsOf(fieldsOf(reaction).usernames).map((login) => ({ emoji: emojiFor(name), by: this.#logins.get(login) ?? login })),
      ),
      pinned,
    });
  }

  #textOf(message: Fields): Pick<SourceMessage, 'text' | 'format'> {
    const cards = listOf(message.attachments).filter(({ type, message_link }) => type !== 'file' && message_link === undefined);
    const isBots = message.bot !== undefined || message.alias !== undefined || textOf(message.msg) === undefined;
    const content = isBots && cards.length > 0 ? contentOf({ text: message.msg, attachments: cards }) : undefined;
    return content ?? { text: this.#mentioned(textOf(message.msg) ?? ''), format: 'markdown' };
  }

  /** A hidden copy has the text that was replaced, and when. */
  #versions(
    text: Pick<SourceMessage, 'text' | 'format'>,
    message: Fields,
    earlier: readonly SourceEdit[],
  ): Pick<SourceMessage, 'text' | 'format' | 'edits'> {
    const editedAt = dateOf(message.editedAt);
    const [first, ...others] = earlier.toSorted((a, b) => a.at - b.at);
    if (!first) return { ...text, edits: editedAt === undefined ? [] : [{ at: editedAt, ...text }] };
    const texts = [...others.map((one) => ({ text: this.#mentioned(one.text), format: one.format })), text];
    const times = [first, ...others].map(({ at }) => at);
    return { text: this.#mentioned(first.text), format: 'markdown', edits: texts.map((one, index) => ({ at: times[index] ?? 0, ...one })) };
  }

  /** Links to quoted messages are shown by Rocket.Chat as quotations. */
  #mentioned(text: string): string {
    return text.replace(/^(?:\[ \]\([^)\s]*\) ?)+/, '').replace(/(?<![\w/@.])@([\w.-]+)/g, (all, given: string) => {
      const login = [given, given.replace(/[.-]+$/, '')].find((one) => this.#logins.has(one));
      return login === undefined ? all : `${mentionOf(this.#logins.get(login) ?? '')}${given.slice(login.length)}`;
    });
  }

  #files(message: Fields): SourceFile[] {
    const files = listOf(message.files);
    const all = files.length > 0 ? files : message.file === undefined ? [] : [fieldsOf(message.file)];
    return all
      .filter((file) => !/^thumb-/.test(textOf(file.name) ?? ''))
      .map((file) => {
        const id = textOf(file._id) ?? '';
        return { name: firstOf(file.name, id) ?? 'file', path: this.#chunks.has(id) ? `gridfs:${id}` : this.#onDisk(id) };
      });
  }

  #onDisk(id: string): string | undefined {
    if (id === '') return undefined;
    return [...this.#archive.files.keys()].find((path) => (path.split('/').at(-1) ?? '').split('.')[0] === id);
  }

  async open(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const chunks = path.startsWith('gridfs:') ? this.#chunks.get(path.slice('gridfs:'.length)) : undefined;
    return chunks ? this.#content(chunks.toSorted((a, b) => a.n - b.n)) : this.#archive.read(path);
  }

  async *#content(chunks: readonly Pick<Document, 'from' | 'bytes'>[]): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      const { data } = await readDocument(this.#archive, CHUNKS, chunk);
      const bytes = data instanceof Uint8Array ? data : fieldsOf(data).buffer;
      if (bytes instanceof Uint8Array) yield bytes;
    }
  }
}

const dateOf = (value: unknown): number | undefined => (value instanceof Date ? value.getTime() : timeOf(value));
