import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { sha256 } from '../secrets.ts';
import type { Collector, SourceChannel, SourceEdit, SourceMessage, SourcePerson, SourceReaction } from './source.ts';

/** What a message of the source becomes, one entry each. `timed`: whether its time is known. */
export type ItemBody =
  | { readonly kind: 'message'; readonly message: Omit<SourceMessage, 'edits' | 'reactions' | 'pinned'> }
  | { readonly kind: 'edit'; readonly author: string; readonly mentions: readonly string[]; readonly edit: SourceEdit }
  | { readonly kind: 'react'; readonly reaction: SourceReaction }
  | { readonly kind: 'pin'; readonly by: string };
/** `message`: the id of its message. `key`: the idempotency key of its entry. */
export type Item = {
  readonly ord: number;
  readonly at: number;
  readonly timed: boolean;
  readonly message: string;
  readonly key: string;
  readonly body: ItemBody;
};

/** `seq`: of its entry, null if it has none yet. */
export type StagedMessage = Pick<Item, 'at' | 'ord'> & {
  readonly message: Omit<SourceMessage, 'edits' | 'reactions' | 'pinned'>;
  readonly seq: number | null;
};
type MessageRow = Pick<Item, 'at' | 'ord'> & { readonly json: string; readonly seq: number | null };

const stagedMessage = ({ json, ...row }: MessageRow): StagedMessage => ({ ...row, message: JSON.parse(json).message });

export type LeftOut = { readonly what: string; readonly count: number; readonly example: string | null };

const SCHEMA = `
  pragma journal_mode = off;
  pragma synchronous = off;
  create table person (id text primary key, json text not null) without rowid;
  create table channel (id text primary key, json text not null) without rowid;
  create table item (ord integer primary key, channel text not null, at real not null, timed integer not null, message text not null,
    kind text not null, key text not null, json text not null, seq integer);
  create unique index item_key on item (channel, key);
  create index item_order on item (channel, at, ord);
  create index item_message on item (channel, message) where kind = 'message';
  begin;`;

/**
 * Everything that a source has, in a temporary SQLite file: exports are not sorted by time, refer to later records, and may be larger than memory.
 * `origin` is part of the keys of the entries.
 */
export class Staging implements Collector {
  readonly #db: DatabaseSync;
  readonly #origin: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #leftOut = new Map<string, { count: number; example: string | null }>();
  /** Messages that were read. */
  messages = 0;
  onMessage: (messages: number) => void = () => {};

  /** Without a name it is a file in TMPDIR that has no name either: nothing of it is left, however this process ends. */
  constructor(origin: string) {
    this.#origin = origin;
    this.#db = new DatabaseSync('');
    this.#db.exec(SCHEMA);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  #all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  person(person: SourcePerson): void {
    this.#run('insert or ignore into person values (?, ?)', person.id, JSON.stringify(person));
  }

  channel(channel: SourceChannel): void {
    this.#run('insert or replace into channel values (?, ?)', channel.id, JSON.stringify(channel));
  }

  leftOut(what: string, example?: string): void {
    const known = this.#leftOut.get(what) ?? { count: 0, example: example?.slice(0, 200) ?? null };
    this.#leftOut.set(what, { ...known, count: known.count + 1 });
  }

  message({ edits = [], reactions = [], pinned, ...message }: SourceMessage): void {
    const { channel, id, at } = message;
    if (!Number.isFinite(at) || at < 0) {
      this.leftOut('messages without a time', id);
      return;
    }
    const add = (body: ItemBody, when: number | undefined, ...parts: readonly (string | number)[]) => {
      const key = `i:${sha256(JSON.stringify([this.#origin, channel, body.kind, id, ...parts])).slice(0, 40)}`;
      const values = [channel, Math.max(at, when ?? at), when === undefined ? 0 : 1, id, body.kind, key, JSON.stringify(body)];
      return this.#run('insert or ignore into item (channel, at, timed, message, kind, key, json) values (?, ?, ?, ?, ?, ?, ?)', ...values);
    };
    if (add({ kind: 'message', message }, at) === 0) {
      this.leftOut('messages that are in the export twice', id);
      return;
    }
    this.onMessage(++this.messages);
    for (const [index, edit] of edits.entries())
      add({ kind: 'edit', author: message.author, mentions: message.mentions ?? [], edit }, edit.at, index);
    for (const reaction of reactions) add({ kind: 'react', reaction }, reaction.at, reaction.emoji, reaction.by);
    if (pinned) add({ kind: 'pin', by: pinned.by }, pinned.at);
  }

  people(): SourcePerson[] {
    return this.#all<{ json: string }>('select json from person order by id').map(({ json }) => JSON.parse(json));
  }

  /** Channels with their numbers of messages, by name. A message of a channel that the source does not describe makes one. */
  channels(): (SourceChannel & { readonly messages: number })[] {
    const counts = new Map(
      this.#all<{ channel: string; n: number }>("select channel, count(*) n from item where kind = 'message' group by channel").map(
        ({ channel, n }) => [channel, n],
      ),
    );
    const known = this.#all<{ json: string }>('select json from channel').map(({ json }): SourceChannel => JSON.parse(json));
    const ids = new Set(known.map(({ id }) => id));
    const others = [...counts.keys()]
      .filter((id) => !ids.has(id))
      .map((id): SourceChannel => ({ id, name: id, kind: 'closed', members: [] }));
    return [...known, ...others]
      .map((channel) => ({ ...channel, messages: counts.get(channel.id) ?? 0 }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1));
  }

  /** The ids of everybody whom the items of a channel name. */
  named(channel: string): Set<string> {
    const found = new Set<string>();
    for (const { json } of this.#prepare('select json from item where channel = ?').iterate(channel) as Iterable<{ json: string }>)
      for (const id of peopleIn(JSON.parse(json))) found.add(id);
    return found;
  }

  /** Items whose entry is not known yet, by time, after `after`; `limit` at most. */
  pending(channel: string, limit: number, after: Pick<Item, 'at' | 'ord'> = { at: -1, ord: 0 }): Item[] {
    const sql = `select ord, at, timed, message, key, json from item
      where channel = ? and (at, ord) > (?, ?) and seq is null order by at, ord limit ?`;
    return this.#all<Omit<Item, 'timed' | 'body'> & { timed: number; json: string }>(sql, channel, after.at, after.ord, limit).map(
      ({ json, timed, ...rest }) => ({ ...rest, timed: timed === 1, body: JSON.parse(json) }),
    );
  }

  count(channel: string, kind: ItemBody['kind']): number {
    return this.#all<{ n: number }>('select count(*) n from item where channel = ? and kind = ?', channel, kind)[0]?.n ?? 0;
  }

  /** The files of the messages of these channels. */
  files(channels: readonly string[]): { present: number; absent: number } {
    const sql = `select sum(each.value ->> 'path' is not null) present, sum(each.value ->> 'path' is null) absent
      from item, json_each(item.json, '$.message.files') as each where channel = ? and kind = 'message'`;
    const rows = channels.flatMap((channel) => this.#all<{ present: number | null; absent: number | null }>(sql, channel));
    const sum = (of: 'present' | 'absent') => rows.reduce((total, row) => total + (row[of] ?? 0), 0);
    return { present: sum('present'), absent: sum('absent') };
  }

  /** Records the entry of an item. Resolves to whether there is such an item. */
  setSeq(channel: string, key: string, seq: number): boolean {
    return this.#run('update item set seq = ? where channel = ? and key = ?', seq, channel, key) > 0;
  }

  /** A message of the source. */
  find(channel: string, id: string): StagedMessage | undefined {
    const sql = "select at, ord, json, seq from item where channel = ? and message = ? and kind = 'message'";
    return this.#all<MessageRow>(sql, channel, id).map(stagedMessage)[0];
  }

  /** The message before this one. */
  before(channel: string, { at, ord }: Pick<Item, 'at' | 'ord'>): StagedMessage | undefined {
    const sql = `select at, ord, json, seq from item where channel = ? and (at, ord) < (?, ?) and kind = 'message' order by at desc, ord desc limit 1`;
    return this.#all<MessageRow>(sql, channel, at, ord).map(stagedMessage)[0];
  }

  leftOuts(): LeftOut[] {
    return [...this.#leftOut].map(([what, { count, example }]) => ({ what, count, example })).sort((a, b) => b.count - a.count);
  }
}

function peopleIn(body: ItemBody): readonly string[] {
  switch (body.kind) {
    case 'message':
      return [body.message.author, ...(body.message.mentions ?? [])];
    case 'edit':
      return [body.author, ...body.mentions];
    case 'react':
      return [body.reaction.by];
    case 'pin':
      return [body.by];
    default:
      throw body satisfies never;
  }
}
