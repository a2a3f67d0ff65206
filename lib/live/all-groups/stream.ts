import type { Core } from '../../core.ts';
import type { Membership } from '../../groups/port.ts';
import type { GroupId } from '../../ids.ts';
import type { Batch } from '../batch.ts';
import type { Connection } from '../connection.ts';
import type { Feeds } from '../feeds.ts';
import { sseId } from '../frame.ts';
import { retryWhileUnavailable } from '../retry-while-unavailable.ts';
import type { UserChannels } from '../sidebar/user-channel.ts';
import { CatchUpQueue } from './catch-up-queue.ts';
import type { Cursor } from './cursor.ts';
import { CursorCheckpoint } from './cursor-checkpoint.ts';
import { GroupSubscription, type MultiGroupStream } from './group-subscription.ts';

/** Groups entered at once. */
const AT_ONCE = 32;
type Dependencies = {
  readonly core: Core;
  readonly feeds: Feeds;
  readonly bells: UserChannels;
  readonly connection: Connection;
  readonly cursor: Cursor;
  /** Where groups begin that the cursor does not know: at their ends (`now`), from the beginning (`start`), or where the user came in (`join`). */
  readonly begin: 'now' | 'start' | 'join';
  /** Called for each group once the stream may be written to for it. */
  readonly onEntered: (part: GroupSubscription) => void;
};

/** `line`: where its user came in. */
type Made = { readonly part: GroupSubscription; readonly line: number | undefined };

/** One stream of all the groups its user is in: a part for each, which follows that group's feed. */
export class AllGroupsStream implements MultiGroupStream {
  readonly #parts: Dependencies;
  readonly #groups = new Map<GroupId, GroupSubscription>();
  readonly #keeper: CursorCheckpoint;
  readonly #turns = new CatchUpQueue((error) => this.#fail(error));
  /** Until the answer has begun nobody looks besides. */
  #isLooking = true;
  #isToLookAgain = false;

  constructor(parts: Dependencies) {
    const { core, connection, cursor } = parts;
    this.#parts = parts;
    this.#keeper = new CursorCheckpoint(core, connection.listener.user, cursor);
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

  /** Enters the groups of now, and hears of all changes from here on. To be called before the answer begins. Errors: StoreUnavailable. */
  async enter(): Promise<void> {
    const { bells, connection, begin } = this.#parts;
    const stop = await bells.listen(connection.listener.user, ({ type }) => {
      if (type !== 'mark') this.#look();
      if (type === 'beat') this.#keeper.use();
    });
    connection.atEnd(stop);
    await this.#admit(begin);
  }

  /** The answer has begun: says where the stream stands, so that a client that is cut off before the first entry misses none, and brings all up to date. */
  begin(): void {
    const { connection, cursor, onEntered } = this.#parts;
    if (connection.listener.format === 'json') connection.write(sseId(String(cursor)));
    for (const part of this.#groups.values()) onEntered(part);
    this.#noteMove();
    this.#turns.go();
    this.#isLooking = false;
    if (this.#isToLookAgain) this.#look();
  }

  /** Something about the user's groups may have changed. Never rejects: it is tried until the store answers. */
  #look(): void {
    this.#isToLookAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookOn().catch((error) => this.#fail(error));
  }

  async #lookOn(): Promise<void> {
    while (this.#isToLookAgain && this.isOpen) {
      this.#isToLookAgain = false;
      await this.#patiently(() => this.#admit('join'));
      this.#turns.go();
    }
    this.#isLooking = false;
  }

  #patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { logger } = this.#parts.core;
    return retryWhileUnavailable(work, {
      isWanted: () => this.isOpen,
      onAway: (error) => logger.warn({ err: error }, 'the store does not answer; a stream of many groups waits'),
    });
  }

  #fail(error: unknown): void {
    this.#parts.core.logger.error({ err: error }, 'a stream of many groups cannot go on; ending it');
    this.end();
  }

  /**
   * Makes parts of the groups that have none. Each is registered with its feed before the store is asked again whether the user is in: so a
   * departure after that answer is found by the feed, as for a stream of one group.
   */
  async #admit(begin: Dependencies['begin']): Promise<void> {
    const wanted = (await this.#mine()).filter(({ group }) => !this.#groups.has(group));
    if (wanted.length === 0) return;
    const made = await this.#make(wanted);
    try {
      for (let i = 0; i < made.length; i += AT_ONCE) await Promise.all(made.slice(i, i + AT_ONCE).map((part) => this.#enter(part, begin)));
      const mine = new Set((await this.#mine()).map(({ group }) => group));
      for (const { part } of made) this.#settle(part, mine.has(part.group.id));
    } catch (error) {
      for (const { part } of made) part.leave(); // even of those that enter only now nothing stays
      throw error;
    }
  }

  /** The groups the user is in by their line: one whose line is still to be written comes with it. */
  async #mine(): Promise<Membership[]> {
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
    const from = begin === 'start' ? 0 : begin === 'now' || line === undefined ? undefined : line - 1;
    part.feed = await this.#parts.feeds.enter(part, part.group, this.#parts.cursor.at(part.group.number) ?? from);
  }

  #listener(): GroupSubscription['listener'] {
    const { listener } = this.#parts.connection;
    return { ...listener, format: listener.format === 'text' ? 'line' : 'event' };
  }

  #settle(part: GroupSubscription, isIn: boolean): void {
    if (isIn && this.isOpen) {
      this.#groups.set(part.group.id, part);
      this.#parts.cursor.move(part.group.number, part.cursor);
      this.#turns.add(part);
      if (this.isStarted) this.#parts.onEntered(part);
    } else part.leave();
  }

  mayTake(part: GroupSubscription): boolean {
    return this.#turns.mayTake(part);
  }

  writeEntries({ group, listener, cursor: after }: GroupSubscription, batch: Batch, upTo: number): void {
    const { connection, cursor } = this.#parts;
    const { format, user, filter } = listener;
    if (format === 'sidebar') return;
    const picked = batch.pick(format, after, upTo, user, filter);
    const pieces = picked.flatMap(({ seq, bytes }) => {
      cursor.move(group.number, seq);
      return format === 'line' ? [bytes] : [Buffer.from(`id: ${cursor}\n`), bytes];
    });
    cursor.move(group.number, upTo);
    if (format === 'event' && picked.at(-1)?.seq !== upTo) connection.pendingId = () => String(cursor);
    else if (picked.length > 0) connection.pendingId = undefined;
    connection.write(Buffer.concat(pieces));
    this.#noteMove();
  }

  /** Its position stays: should the user come back, nothing is said twice and nothing left out. */
  left(part: GroupSubscription): void {
    this.#groups.delete(part.group.id);
    part.leave();
    this.#look(); // they may be back already
  }

  reset(): void {
    this.#parts.connection.reset();
  }

  end(): void {
    this.#parts.connection.end();
  }

  /** Lines carry no ids. */
  #noteMove(): void {
    if (this.#parts.connection.listener.format === 'json') this.#keeper.moved();
  }
}
