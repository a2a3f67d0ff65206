import type { Core } from '../core.ts';
import type { GroupId, UserId } from '../ids.ts';
import type { Entry } from '../messages/entry.ts';
import { type Batch, leaversIn, prepareBatch, type Renderer } from './batch.ts';
import type { Connection } from './connection.ts';
import { Tail } from './tail.ts';

const WINDOW = 200;
const MOST_WINDOWS = 16;
/** Long enough for a crowd that comes back at once, short enough that nothing erased lingers. */
const WINDOW_KEPT_MS = 1000;
/** Pages this many entries behind are told to load themselves again instead. */
export const MOST_BEHIND_FOR_HTML = 1000;

export type FeedGroup = { readonly id: GroupId; readonly slug: string };

/**
 * One group's streams in this process. New entries are prepared and rendered once and written to every connection that is up to date;
 * the others read on from their own cursor until they are. `#sent` is where the up-to-date ones stand, so that joining them is one comparison.
 */
export class Feed {
  readonly tail: Tail;
  readonly #core: Core;
  readonly #views: Renderer;
  #group: FeedGroup;
  readonly #connections = new Set<Connection>();
  readonly #live = new Set<Connection>();
  #waiting: Entry[] = [];
  #flushing = false;
  #sent: number;
  /** Windows being replayed, shared by all that ask for the same one. */
  readonly #windows = new Map<string, Promise<Batch>>();
  /** Told after entries went out. */
  onSent: (entries: readonly Entry[]) => void = () => {};

  constructor(core: Core, views: Renderer, group: FeedGroup, head: number) {
    this.#core = core;
    this.#views = views;
    this.#group = group;
    this.#sent = head;
    this.tail = new Tail(group.id, head, {
      store: core.store,
      deliver: (entries) => this.#take(entries),
      onError: (error) => core.log.warn({ err: error, group: group.id }, 'a log could not be read; trying again'),
    });
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Where streams that are up to date stand. */
  get sent(): number {
    return this.#sent;
  }

  usersHere(): Set<UserId> {
    return new Set([...this.#connections].map((connection) => connection.listener.user));
  }

  /** Brings a connection up to date from its cursor, then keeps it so. Resolves when it is, or is over. */
  async join(connection: Connection): Promise<void> {
    if (connection.cursor > this.#sent && !(await this.#reaches(connection.cursor))) return connection.reset();
    const behind = this.#sent - connection.cursor;
    if (connection.listener.format === 'html' && behind > MOST_BEHIND_FOR_HTML) return connection.reset();
    while (connection.isOpen && connection.cursor < this.#sent) {
      this.#send(connection, await this.#window(connection.cursor));
      await connection.drained();
    }
    if (connection.isOpen) this.#live.add(connection); // no await since the comparison: nothing can have been sent in between
  }

  /** Counts a connection in before it may be written to, so that a revocation finds it. */
  register(connection: Connection): void {
    this.#connections.add(connection);
  }

  leave(connection: Connection): void {
    this.#connections.delete(connection);
    this.#live.delete(connection);
  }

  /** Writes the same bytes, that are no entry, to every connection of one format. */
  say(format: 'html', bytes: Buffer): void {
    for (const connection of this.#live) if (connection.listener.format === format) connection.write(bytes);
  }

  #take(entries: readonly Entry[]): void {
    this.#waiting.push(...entries);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const entries = this.#waiting.splice(0, WINDOW);
      try {
        this.#sendAll(await prepareBatch(this.#core, this.#views, this.#group, entries));
      } catch (error) {
        // Without the store these cannot be shown; streams end and come back with their cursors, so nothing is passed over.
        this.#core.log.warn({ err: error, group: this.#group.id }, 'entries could not be prepared; ending the streams of this group');
        for (const connection of [...this.#connections]) connection.end();
        this.#sent = entries.at(-1)?.seq ?? this.#sent;
      }
    }
    this.#flushing = false;
  }

  #sendAll(batch: Batch): void {
    this.#note(batch.entries);
    for (const connection of [...this.#live]) this.#send(connection, batch);
    this.#sent = batch.last;
    this.onSent(batch.entries);
  }

  /** A page may have been read from the store before the bell rang here; a cursor past the end of the log itself is another log's. */
  async #reaches(cursor: number): Promise<boolean> {
    const head = await this.#core.store.log.head(this.#group.id);
    this.tail.reach(head.seq);
    return cursor <= head.seq;
  }

  /** Writes what a connection has not had, but never past the line that put its member out. */
  #send(connection: Connection, batch: Batch): void {
    if (batch.last <= connection.cursor) return;
    const { user, format } = connection.listener;
    const left = leaversIn(batch.entries).get(user) ?? 0;
    const isOut = left > Math.max(connection.cursor, connection.authorisedAt);
    connection.write(batch.bytes(format, connection.cursor, isOut ? left : batch.last));
    connection.cursor = isOut ? left : batch.last;
    if (isOut) connection.revoke('You are no longer in this group.');
    else if (format === 'frame' && batch.changesThePast()) connection.endForReload();
  }

  #note(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'rename') this.#group = { ...this.#group, slug: entry.slug };
      if (entry.kind === 'erase') this.#windows.clear();
    }
  }

  #window(after: number): Promise<Batch> {
    const to = Math.min(after + WINDOW, this.#sent);
    const key = `${after}-${to}`;
    const known = this.#windows.get(key);
    if (known) return known;
    if (this.#windows.size >= MOST_WINDOWS) this.#windows.delete(this.#windows.keys().next().value ?? '');
    const read = this.#read(after, to);
    this.#windows.set(key, read);
    const forget = (): void => void this.#windows.delete(key);
    read.then(() => setTimeout(forget, WINDOW_KEPT_MS).unref(), forget);
    return read;
  }

  async #read(after: number, to: number): Promise<Batch> {
    const entries = await this.#core.store.log.range(this.#group.id, after + 1, to);
    if (entries.at(-1)?.seq !== to) throw new Error(`The log of ${this.#group.id} has no entry ${to}`);
    return prepareBatch(this.#core, this.#views, this.#group, entries);
  }
}
