import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import type { Entry, Message } from '../log/entry.ts';
import { readWithin } from '../log/read-within.ts';
import type { Batch, Place, Renderer } from './batch.ts';
import { isPage, type Subscriber } from './follower.ts';
import { LogIdentity } from './log-identity.ts';
import type { Position } from './position.ts';
import { isReadyFor, isStillReadable, prepareBatch, renderFor } from './prepare-batch.ts';
import { REPLAY_WINDOW, ReplayCache } from './replay-cache.ts';
import { retryWhileUnavailable } from './retry-while-unavailable.ts';
import { Tail } from './tail.ts';

/** A single entry is sent at once; in a burst the next write is delayed, for at most this long. */
const MAX_PAUSE_MS = 20;
/** Entries kept in memory while they cannot be sent; beyond this they are read from the store again. */
const MAX_WAITING = 5 * REPLAY_WINDOW;
/** A page whose cursor is further behind is told to reload instead of being sent a replay. */
const MAX_BEHIND_FOR_HTML = 1000;

export type FeedGroup = Place & { readonly id: GroupId };

/**
 * One group's streams in this process. New entries are prepared and rendered once and written to every live follower; the others replay from
 * their own cursor until they have caught up. All live followers share the position `#last`. While the store is unavailable everything waits.
 */
export class Feed {
  readonly tail: Tail;
  readonly #core: Core;
  readonly #views: Renderer;
  #group: FeedGroup;
  readonly #followers = new Set<Subscriber>();
  readonly #live = new Set<Subscriber>();
  #waiting: Entry[] = [];
  #isFlushing = false;
  #isClosed = false;
  #last: Position;
  #lastMessage: Message | undefined;
  #pausedUntil = 0;
  readonly #identity: LogIdentity;
  readonly #windows = new ReplayCache(
    (after, to) => this.#read(after, to),
    (batch) => isStillReadable(this.#core, batch),
  );
  /** Called after entries were sent. */
  onSent: (entries: readonly Entry[]) => void = () => {};

  constructor(core: Core, views: Renderer, group: FeedGroup, head: Position) {
    this.#core = core;
    this.#views = views;
    this.#group = group;
    this.#last = head;
    this.#identity = new LogIdentity(core.store, group.id);
    this.tail = new Tail(group.id, head.seq, {
      store: core.store,
      deliver: (entries) => this.#enqueue(entries),
      onGap: () => (core.meters.gaps += 1),
      onError: (error) => this.#logUnavailable(error),
    });
  }

  /** The group's slug as of the last entry sent. */
  get slug(): string {
    return this.#group.slug;
  }
  get followers(): ReadonlySet<Subscriber> {
    return this.#followers;
  }
  get #sent(): number {
    return this.#last.seq;
  }

  /** Registers a follower before anything is written to it, so that a `leave` entry finds it. `after` undefined: only new entries. */
  register(follower: Subscriber, after: Position = this.#last): void {
    follower.cursor = after.seq;
    follower.tag = after.tag ?? (after.seq === this.#sent ? this.#last.tag : undefined);
    follower.authorisedAt = this.tail.last;
    this.#followers.add(follower);
  }

  leave(follower: Subscriber): void {
    this.#followers.delete(follower);
    this.#live.delete(follower);
  }

  /** Stops the feed once it has no followers. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  /** Replays from the follower's cursor, then adds it to the live followers. Resolves when it has caught up or ended. */
  async join(follower: Subscriber): Promise<void> {
    if (await this.#isOfAnotherLog(follower)) return follower.reset();
    if (isPage(follower) && this.#sent - follower.cursor > MAX_BEHIND_FOR_HTML) return follower.reset();
    await follower.drained(); // first what the stream started with: otherwise a replay on top of it could exceed the limit of unsent bytes
    while (follower.isOpen && follower.cursor < this.#sent) {
      const batch = await this.#retrying(follower, () => this.#window(follower.cursor));
      if (batch && (await this.#retrying(follower, () => isReadyFor(this.#core, batch, follower)))) this.#send(follower, batch);
      await follower.drained();
    }
    if (follower.isOpen) this.#live.add(follower); // no await since the comparison: nothing can have been sent in between
  }

  /** Whether a restored log has no entry at the cursor, or another one. The tag is compared once. */
  async #isOfAnotherLog(follower: Subscriber): Promise<boolean> {
    const { cursor: seq, tag } = follower;
    follower.tag = undefined;
    if (seq > this.#sent && (await this.#isPastEnd(follower))) return true;
    return (await this.#retrying(follower, () => this.#identity.has({ seq, tag }, this.#last))) === false;
  }

  /** Whether the cursor is past the end of the log, and so of another log. A page may merely have been read before this process had the event. */
  async #isPastEnd(follower: Subscriber): Promise<boolean> {
    const head = await this.#retrying(follower, () => this.#core.store.log.head(this.#group.id));
    if (head) this.tail.reach(head.seq);
    return head !== undefined && follower.cursor > head.seq;
  }

  /** Undefined when the follower ended before the store responded. */
  #retrying<T>(follower: Subscriber, work: () => Promise<T>): Promise<T | undefined> {
    return retryWhileUnavailable(work, { isWanted: () => follower.isOpen, onUnavailable: (error) => this.#logUnavailable(error) });
  }

  #logUnavailable(error: unknown): void {
    this.#core.logger.warn({ err: error, group: this.#group.id }, 'the store is unavailable; streams wait');
  }

  #enqueue(entries: readonly Entry[]): void {
    if (this.#isClosed) return;
    if (this.#waiting.length >= MAX_WAITING) this.#waiting = [];
    this.#waiting.push(...entries);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#sent < this.tail.last && !this.#isClosed) {
      await this.#pause();
      const to = Math.min(this.#sent + REPLAY_WINDOW, this.tail.last);
      try {
        const wait = { isWanted: () => !this.#isClosed, onUnavailable: (error: unknown) => this.#logUnavailable(error) };
        const batch = await retryWhileUnavailable(() => this.#next(to), wait);
        if (batch) await renderFor(batch, this.#live);
        if (batch && !this.#isClosed) this.#sendAll(batch);
      } catch (error) {
        // These entries cannot be rendered. The streams end; their clients reconnect and read the log again.
        this.#core.logger.error({ err: error, group: this.#group.id }, 'preparing entries failed; ending the streams of this group');
        for (const follower of [...this.#followers]) if (follower.isStarted) follower.end();
        this.#last = { seq: to };
      }
      if (this.#sent < this.tail.last) await immediate(); // lets the sockets drain during a burst
    }
    this.#isFlushing = false;
  }

  /** The entries with a seq in (`#sent`, `to`], or the first of them: those that events carried, or else from the store. */
  async #next(to: number): Promise<Batch> {
    const first = this.#waiting.findIndex((entry) => entry.seq === this.#sent + 1);
    const received = first === -1 ? [] : this.#waiting.slice(first, first + to - this.#sent);
    if (received.length === 0) return this.#read(this.#sent, to);
    const how = { isLive: !this.#waiting.some(({ kind }) => kind === 'erase'), before: this.#lastMessage };
    return prepareBatch(this.#core, this.#views, this.#group, received, how);
  }

  /** In a burst, sending takes at most half of the time; entries that arrive during the pause go out in one write. */
  async #pause(): Promise<void> {
    const ms = this.#pausedUntil - performance.now();
    if (ms > 1) await delay(ms, undefined, { ref: false });
  }

  #sendAll(batch: Batch): void {
    const beganAt = performance.now();
    this.#apply(batch.entries);
    this.#core.meters.deliveries += batch.entries.length * this.#live.size;
    this.#endFollowersAhead(batch);
    for (const follower of [...this.#live]) this.#send(follower, batch);
    this.#last = batch.end;
    this.#lastMessage = batch.lastMessage;
    this.#waiting = this.#waiting.filter((entry) => entry.seq > batch.last);
    const endedAt = performance.now();
    if (batch.entries.length > 1 || this.#waiting.length > 0) this.#pausedUntil = endedAt + Math.min(endedAt - beganAt, MAX_PAUSE_MS);
    this.onSent(batch.entries);
  }

  /**
   * A cursor may be ahead of this process, when its client has received the `leave` of its user from another server. Membership is checked
   * again when the client reconnects.
   */
  #endFollowersAhead(batch: Batch): void {
    if (!batch.hasLeaves) return;
    for (const follower of [...this.#followers]) {
      const { listener, authorisedAt, cursor } = follower;
      if (batch.isOutBetween(listener.user, authorisedAt, cursor)) follower.end();
    }
  }

  /** Writes the entries after a follower's cursor, but never past a `leave` of its user. */
  #send(follower: Subscriber, batch: Batch): void {
    if (batch.last <= follower.cursor) return;
    const left = batch.leaveOf(follower.listener.user, Math.max(follower.cursor, follower.authorisedAt));
    if (!follower.take(batch, left ?? batch.last, left !== undefined)) this.#live.delete(follower);
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.kind === 'rename') this.#group = { ...this.#group, slug: entry.slug };
  }

  #window(after: number): Promise<Batch> {
    return this.#windows.get(after, Math.min(after + REPLAY_WINDOW, this.#sent));
  }

  async #read(after: number, to: number): Promise<Batch> {
    this.#core.meters.windows += 1;
    const entries = await readWithin(this.#core, this.#group.id, after, to);
    return prepareBatch(this.#core, this.#views, this.#group, entries);
  }
}
