import type { Core } from '../../core.ts';
import type { Membership } from '../../groups/port.ts';
import type { GroupId } from '../../ids.ts';
import type { Batch } from '../batch.ts';
import type { Connection } from '../connection.ts';
import type { Feeds } from '../feeds.ts';
import { isRendered } from '../follower.ts';
import { sseId } from '../frame.ts';
import { retryWhileUnavailable } from '../retry-while-unavailable.ts';
import type { UserChannels } from '../sidebar/user-channel.ts';
import { CatchUpQueue } from './catch-up-queue.ts';
import type { Cursor } from './cursor.ts';
import { CursorCheckpoint } from './cursor-checkpoint.ts';
import { GroupSubscription, type MultiGroupStream } from './group-subscription.ts';

/** Groups subscribed to in parallel. */
const AT_ONCE = 32;
type Dependencies = {
  readonly core: Core;
  readonly feeds: Feeds;
  readonly userChannels: UserChannels;
  readonly connection: Connection;
  readonly cursor: Cursor;
  /** Where groups start that the cursor does not contain: at their heads (`now`), at their first entries (`start`), or where the user joined (`join`). */
  readonly begin: 'now' | 'start' | 'join';
  /** Called for each group once its entries may be written. */
  readonly onEntered: (part: GroupSubscription) => void;
};

/** `line`: the seq of the entry by which its user joined. */
type Made = { readonly part: GroupSubscription; readonly line: number | undefined };

/** One stream of all groups of its user: a subscription for each, which follows that group's feed. */
export class AllGroupsStream implements MultiGroupStream {
  readonly #parts: Dependencies;
  readonly #groups = new Map<GroupId, GroupSubscription>();
  readonly #checkpoint: CursorCheckpoint;
  readonly #catchUp = new CatchUpQueue((error) => this.#fail(error));
  /** True until the response has started: no refresh may run before. */
  #isRefreshing = true;
  #isRefreshWanted = false;

  constructor(parts: Dependencies) {
    const { core, connection, cursor } = parts;
    this.#parts = parts;
    this.#checkpoint = new CursorCheckpoint(core, connection.listener.user, cursor);
    connection.atEnd(() => {
      for (const part of this.#groups.values()) part.leave();
    });
  }

  get isOpen(): boolean {
    return this.#parts.connection.isOpen;
  }

  get isStarted(): boolean {
    return this.#parts.connection.isStarted;
  }

  write(bytes: Buffer | string): void {
    this.#parts.connection.write(bytes);
  }

  drained(): Promise<void> {
    return this.#parts.connection.drained();
  }

  /** Subscribes to the user's groups and to later changes of them. To be called before the response starts. Errors: StoreUnavailable. */
  async enter(): Promise<void> {
    const { userChannels, connection, begin } = this.#parts;
    const stop = await userChannels.listen(connection.listener.user, ({ type }) => {
      if (type !== 'mark') this.#refresh();
      if (type === 'heartbeat') this.#checkpoint.use();
    });
    connection.atEnd(stop);
    await this.#addGroups(begin);
  }

  /** To be called once the response has started. Writes the cursor, so that a client disconnected before the first entry misses none, and replays. */
  begin(): void {
    const { connection, cursor, onEntered } = this.#parts;
    if (connection.listener.format === 'json') connection.write(sseId(String(cursor)));
    for (const part of this.#groups.values()) onEntered(part);
    this.#noteMove();
    this.#catchUp.go();
    this.#isRefreshing = false;
    if (this.#isRefreshWanted) this.#refresh();
  }

  /** Reads the user's memberships again. Never throws: retries until the store is available. */
  #refresh(): void {
    this.#isRefreshWanted = true;
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    void this.#runRefresh().catch((error) => this.#fail(error));
  }

  async #runRefresh(): Promise<void> {
    while (this.#isRefreshWanted && this.isOpen) {
      this.#isRefreshWanted = false;
      await this.#retrying(() => this.#addGroups('join'));
      this.#catchUp.go();
    }
    this.#isRefreshing = false;
  }

  #retrying<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { logger } = this.#parts.core;
    return retryWhileUnavailable(work, {
      isWanted: () => this.isOpen,
      onUnavailable: (error) => logger.warn({ err: error }, 'the store is unavailable; a multi-group stream waits'),
    });
  }

  #fail(error: unknown): void {
    this.#parts.core.logger.error({ err: error }, 'a multi-group stream failed; ending it');
    this.end();
  }

  /**
   * Adds subscriptions for groups that have none. Each is registered with its feed before membership is read again, so that the feed finds
   * a `leave` after that read, as in a stream of one group.
   */
  async #addGroups(begin: Dependencies['begin']): Promise<void> {
    const wanted = (await this.#memberships()).filter(({ group }) => !this.#groups.has(group));
    if (wanted.length === 0) return;
    const made = await this.#make(wanted);
    try {
      for (let i = 0; i < made.length; i += AT_ONCE) await Promise.all(made.slice(i, i + AT_ONCE).map((part) => this.#enter(part, begin)));
      const mine = new Set((await this.#memberships()).map(({ group }) => group));
      for (const { part } of made) this.#addOrLeave(part, mine.has(part.group.id));
    } catch (error) {
      for (const { part } of made) part.leave(); // also those that have not entered yet
      throw error;
    }
  }

  /** The memberships whose `join` entry is written. The others follow with that entry. */
  async #memberships(): Promise<Membership[]> {
    const { core, connection } = this.#parts;
    return (await core.store.memberships.ofUser(connection.listener.user)).filter(({ lined, ceding }) => lined || ceding);
  }

  async #make(memberships: readonly Membership[]): Promise<Made[]> {
    const lines = new Map(memberships.map(({ group, line }) => [group, line]));
    const groups = await this.#parts.core.store.groups.byIds([...lines.keys()]);
    return groups.map(({ id, slug, kind, number }) => ({
      part: new GroupSubscription({ id, slug, kind, number }, this.#listener(), this),
      line: lines.get(id),
    }));
  }

  async #enter({ part, line }: Made, begin: Dependencies['begin']): Promise<void> {
    const from = begin === 'start' ? { seq: 0 } : begin === 'now' || line === undefined ? undefined : { seq: line - 1 };
    part.feed = await this.#parts.feeds.enter(part, part.group, this.#parts.cursor.at(part.group.number) ?? from);
  }

  #listener(): GroupSubscription['listener'] {
    const { listener } = this.#parts.connection;
    return { ...listener, format: listener.format === 'text' ? 'line' : 'event' };
  }

  #addOrLeave(part: GroupSubscription, isIn: boolean): void {
    if (isIn && this.isOpen) {
      this.#groups.set(part.group.id, part);
      this.#parts.cursor.move(part.group.number, { seq: part.cursor, tag: part.tag });
      this.#catchUp.add(part);
      if (this.isStarted) this.#parts.onEntered(part);
    } else part.leave();
  }

  mayTake(part: GroupSubscription): boolean {
    return this.#catchUp.mayTake(part);
  }

  writeEntries({ group, listener, cursor: after }: GroupSubscription, batch: Batch, upTo: number): void {
    const { connection, cursor } = this.#parts;
    const { format, user, filter } = listener;
    if (!isRendered(format)) return;
    const picked = batch.pick(format, after, upTo, user, filter);
    const pieces = picked.flatMap(({ at, bytes }) => {
      cursor.move(group.number, at);
      return format === 'line' ? [bytes] : [Buffer.from(`id: ${cursor}\n`), bytes];
    });
    cursor.move(group.number, batch.positionAt(upTo));
    if (format === 'event' && picked.at(-1)?.at.seq !== upTo) connection.pendingId = () => String(cursor);
    else if (picked.length > 0) connection.pendingId = undefined;
    connection.write(Buffer.concat(pieces));
    this.#noteMove();
  }

  /** Keeps the group's position: if the user rejoins, no entry is repeated or skipped. */
  left(part: GroupSubscription): void {
    this.#groups.delete(part.group.id);
    part.leave();
    this.#refresh(); // the user may have rejoined already
  }

  reset(): void {
    this.#parts.connection.reset();
  }

  end(): void {
    this.#parts.connection.end();
  }

  /** Text streams have no ids. */
  #noteMove(): void {
    if (this.#parts.connection.listener.format === 'json') this.#checkpoint.moved();
  }
}
