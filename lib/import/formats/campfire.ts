import { DatabaseSync } from 'node:sqlite';
import { type Archive, damaged } from '../archive/archive.ts';
import { type Collector, mentionOf, type Source, type SourceFile } from '../source.ts';
import { openHtmlReader } from './html.ts';

export const SQLITE_MAGIC = 'SQLite format 3\0';

const USERS = 'select id, name, email_address email, role, status from users order by id';
const ROOMS = 'select id, name, type, creator_id creator from rooms order by id';
const MEMBERS = 'select room_id room, user_id user from memberships order by id';
const MESSAGES = `select m.id, m.room_id room, m.creator_id author, m.created_at created, m.updated_at updated, t.body
  from messages m left join action_text_rich_texts t on t.record_type = 'Message' and t.record_id = m.id and t.name = 'body' order by m.id`;
const FILES = `select a.record_id message, b.key, b.filename from active_storage_attachments a join active_storage_blobs b on b.id = a.blob_id
  where a.record_type = 'Message' and a.name = 'attachment' order by a.id`;
const PICTURES = `select a.record_id user, b.key from active_storage_attachments a join active_storage_blobs b on b.id = a.blob_id
  where a.record_type = 'User' and a.name = 'avatar' order by a.id`;
const BOOSTS = 'select message_id message, booster_id booster, content, created_at created from boosts order by id';

type User = { id: number; name: string; email: string | null; role: number; status: number };
type Room = { id: number; name: string | null; type: string; creator: number };
type Message = { id: number; room: number; author: number; created: string; updated: string; body: string | null };

/** Messages that were edited within this time are not marked: a message and its rich text are not saved at once. */
const EDIT_MS = 2000;
const BOT = 2;

/** The database of Campfire, with the folder of its files (`storage/files`) beside it. `file`: on the disk. `path`: the same in the archive. */
export function openCampfire(archive: Archive, file: string, path: string, origin: string): Source {
  const folder = filesFolder(archive, path);
  return {
    format: 'campfire',
    origin,
    read: async (into) => {
      const db = openDatabase(file);
      try {
        await new Reader(archive, db, folder, into).read();
      } finally {
        db.close();
      }
    },
    open: (key) => archive.read(key),
  };
}

function openDatabase(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    db.prepare('select count(*) from rooms').get();
    return db;
  } catch (error) {
    throw damaged(`${file} is not a database of Campfire: ${error instanceof Error ? error.message : ''}`);
  }
}

/** The folder that has `ab/cd/<key>`, with `/` at its end. */
function filesFolder({ files }: Archive, database: string): string {
  const [root = ''] = /^(?:.*\/)?(?=db\/[^/]*$)/.exec(database) ?? [];
  return (
    [`${root}files/`, 'files/', 'storage/files/', root].find((folder) => [...files.keys()].some((path) => path.startsWith(folder))) ??
    `${root}files/`
  );
}

class Reader {
  readonly #archive: Archive;
  readonly #db: DatabaseSync;
  readonly #folder: string;
  readonly #into: Collector;

  constructor(archive: Archive, db: DatabaseSync, folder: string, into: Collector) {
    this.#archive = archive;
    this.#db = db;
    this.#folder = folder;
    this.#into = into;
  }

  #rows<T>(sql: string): T[] {
    return this.#db.prepare(sql).all() as T[];
  }

  async read(): Promise<void> {
    const users = this.#rows<User>(USERS);
    const pictures = new Map(this.#rows<{ user: number; key: string }>(PICTURES).map(({ user, key }) => [user, this.#path(key)]));
    for (const { id, name, email, role } of users)
      this.#into.person({ id: String(id), name, email: email ?? undefined, bot: role === BOT, picture: pictures.get(id) });
    this.#rooms(users);
    const files = Map.groupBy(this.#rows<{ message: number; key: string; filename: string }>(FILES), ({ message }) => message);
    const boosts = Map.groupBy(
      this.#rows<{ message: number; booster: number; content: string; created: string }>(BOOSTS),
      ({ message }) => message,
    );
    const toMarkdown = await openHtmlReader();
    for (const message of this.#db.prepare(MESSAGES).iterate() as Iterable<Message>) {
      const at = timeOf(message.created);
      const updated = timeOf(message.updated);
      const mentions = new Set<string>();
      const text = toMarkdown(withMentions(message.body ?? '', mentions));
      this.#into.message({
        ...{ id: String(message.id), channel: String(message.room), at, author: String(message.author), text, format: 'markdown' },
        ...{ mentions: [...mentions], files: (files.get(message.id) ?? []).map((file) => this.#file(file)) },
        edits: updated - at > EDIT_MS && !boosts.has(message.id) ? [{ at: updated, text, format: 'markdown' }] : [],
        reactions: (boosts.get(message.id) ?? []).map((boost) => ({
          ...{ emoji: boost.content, by: String(boost.booster), at: timeOf(boost.created) },
        })),
      });
    }
  }

  #rooms(users: readonly User[]): void {
    const names = new Map(users.map(({ id, name }) => [id, name]));
    const active = new Set(users.filter(({ status }) => status === 0).map(({ id }) => id));
    const members = Map.groupBy(this.#rows<{ room: number; user: number }>(MEMBERS), ({ room }) => room);
    for (const { id, name, type, creator } of this.#rows<Room>(ROOMS)) {
      const isDirect = type === 'Rooms::Direct';
      const people = (members.get(id) ?? []).map(({ user }) => user).filter((user) => isDirect || active.has(user));
      this.#into.channel({
        ...{ id: String(id), name: name ?? people.map((user) => names.get(user) ?? user).join(', '), members: people.map(String) },
        ...{ kind: isDirect ? 'direct' : type === 'Rooms::Open' ? 'open' : 'closed', moderators: isDirect ? [] : [String(creator)] },
      });
    }
  }

  #file({ key, filename }: { readonly key: string; readonly filename: string }): SourceFile {
    return { name: filename, path: this.#path(key) };
  }

  /** Undefined if there is no such content. */
  #path(key: string): string | undefined {
    const path = `${this.#folder}${key.slice(0, 2)}/${key.slice(2, 4)}/${key}`;
    return this.#archive.files.has(path) ? path : undefined;
  }
}

/** ms of a time of Rails, such as `2024-02-01 10:00:00.123456`, in UTC. */
const timeOf = (text: string): number => Date.parse(`${text.slice(0, 23).replace(' ', 'T')}Z`);

/** Mentions are attachments with a signed id, in which the id of the person is. */
function withMentions(html: string, mentions: Set<string>): string {
  return html.replace(/<action-text-attachment\b([^>]*)>(?:[\s\S]*?<\/action-text-attachment>)?/g, (_, attributes: string) => {
    const [, signed = ''] = /\bsgid="([^"]*)"/.exec(attributes) ?? [];
    const id = personIn(signed);
    if (id === undefined) return '';
    mentions.add(id);
    return mentionOf(id);
  });
}

function personIn(signed: string): string | undefined {
  const message = Buffer.from(signed.split('--')[0] ?? '', 'base64').toString('latin1');
  const [, nested] = /"message":"([\w+/=-]+)"/.exec(message) ?? [];
  const text = nested === undefined ? message : Buffer.from(nested, 'base64').toString('latin1');
  return /gid:\/\/[^/]+\/User\/(\d+)/.exec(text)?.[1];
}
