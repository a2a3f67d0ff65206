import { setImmediate as breath, setTimeout as delay } from 'node:timers/promises';
import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import { type Batch, type Place, prepareBatch, type Renderer } from './batch.ts';
import type { Subscriber } from './follower.ts';
import { REPLAY_WINDOW, ReplayCache } from './replay-cache.ts';
import { retryWhileUnavailable } from './retry-while-unavailable.ts';
import { Tail } from './tail.ts';

/** A lone entry never waits; in a burst the next write does, this long at most. */
const MAX_REST_MS = 20;
/** Entries kept while they cannot be sent; more are read again from the store. */
const MAX_WAITING = 5 * REPLAY_WINDOW;
/** Pages this many entries behind are told to load themselves again instead. */
const MAX_BEHIND_FOR_HTML = 1000;

export type FeedGroup = Place & { readonly id: GroupId };

/**
 * One group's streams in this process. New entries are prepared and rendered once and written to every follower that is up to date;
 * the others read on from their own cursor until they are. `#sent` is where the up-to-date ones stand, so that joining them is one comparison.
 * While the store is away everything waits where it is.
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
  #sent: number;
  #restUntil = 0;
  readonly #windows = new ReplayCache((after, to) => this.#read(after, to));
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
      onGap: () => (core.meters.gaps += 1),
      onError: (error) => this.#noteAway(error),
    });
  }

  /** The group's slug, as far as its log was sent. */
  get slug(): string {
    return this.#group.slug;
  }

  get followers(): ReadonlySet<Subscriber> {
    return this.#followers;
  }

  /** Counts a follower in before it may be written to, so that a departure finds it. `after` undefined: from now on. */
  register(follower: Subscriber, after: number | undefined): void {
    follower.cursor = after ?? this.#sent;
    follower.authorisedAt = this.tail.last;
    this.#followers.add(follower);
  }

  leave(follower: Subscriber): void {
    this.#followers.delete(follower);
    this.#live.delete(follower);
  }

  /** Nobody is here and nobody will come. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  /** Brings a follower up to date from its cursor, then keeps it so. Resolves when it is, or is over. */
  async join(follower: Subscriber): Promise<void> {
    if (follower.cursor > this.#sent && (await this.#isPastEnd(follower))) return follower.reset();
    const behind = this.#sent - follower.cursor;
    if (follower.listener.format === 'html' && behind > MAX_BEHIND_FOR_HTML) return follower.reset();
    await follower.drained(); // of what the stream began with: more on top would count as unread
    while (follower.isOpen && follower.cursor < this.#sent) {
      const batch = await this.#patiently(follower, () => this.#window(follower.cursor));
      if (batch) this.#send(follower, batch);
      await follower.drained();
    }
    if (follower.isOpen) this.#live.add(follower); // no await since the comparison: nothing can have been sent in between
  }

  /** A page may have been read from the store before the bell rang here; a cursor past the end of the log itself is another log's. */
  async #isPastEnd(follower: Subscriber): Promise<boolean> {
    const head = await this.#patiently(follower, () => this.#core.store.log.head(this.#group.id));
    if (head) this.tail.reach(head.seq);
    return head !== undefined && follower.cursor > head.seq;
  }

  /** Undefined when the follower was over before the store answered. */
  #patiently<T>(follower: Subscriber, work: () => Promise<T>): Promise<T | undefined> {
    return retryWhileUnavailable(work, { isWanted: () => follower.isOpen, onAway: (error) => this.#noteAway(error) });
  }

  #noteAway(error: unknown): void {
    this.#core.logger.warn({ err: error, group: this.#group.id }, 'the store does not answer; streams wait');
  }

  #take(entries: readonly Entry[]): void {
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
        const wait = { isWanted: () => !this.#isClosed, onAway: (error: unknown) => this.#noteAway(error) };
        const batch = await retryWhileUnavailable(() => this.#next(to), wait);
        if (batch) this.#sendAll(batch);
      } catch (error) {
        // They cannot be shown. Streams end; what they come back for is asked of the log again.
        this.#core.logger.error({ err: error, group: this.#group.id }, 'entries could not be prepared; ending the streams of this group');
        for (const follower of [...this.#followers]) if (follower.isStarted) follower.end();
        this.#sent = to;
      }
      if (this.#sent < this.tail.last) await breath(); // or a burst would fill the sockets before any could empty
    }
    this.#isFlushing = false;
  }

  /** The entries after `#sent`, up to `to`: as they were heard, or read where they were not kept. */
  async #next(to: number): Promise<Batch> {
    const first = this.#waiting.findIndex((entry) => entry.seq === this.#sent + 1);
    const heard = first === -1 ? [] : this.#waiting.slice(first, first + to - this.#sent);
    return heard.length > 0 ? this.#prepare(heard) : this.#read(this.#sent, to);
  }

  /** While there is more than one entry at a time, sending takes at most half of the time: what comes meanwhile goes out in one write. */
  async #pause(): Promise<void> {
    const ms = this.#restUntil - performance.now();
    if (ms > 1) await delay(ms, undefined, { ref: false });
  }

  #sendAll(batch: Batch): void {
    const beganAt = performance.now();
    this.#note(batch.entries);
    this.#core.meters.deliveries += batch.entries.length * this.#live.size;
    this.#endThoseAhead(batch);
    for (const follower of [...this.#live]) this.#send(follower, batch);
    this.#sent = batch.last;
    this.#waiting = this.#waiting.filter((entry) => entry.seq > batch.last);
    const endedAt = performance.now();
    if (batch.entries.length > 1 || this.#waiting.length > 0) this.#restUntil = endedAt + Math.min(endedAt - beganAt, MAX_REST_MS);
    this.onSent(batch.entries);
  }

  /**
   * A cursor may be ahead of this process: its client has heard elsewhere, or so it says, that its user left. Whether the user is in again
   * is asked when it comes back.
   */
  #endThoseAhead(batch: Batch): void {
    if (!batch.hasLeaves) return;
    for (const follower of [...this.#followers]) {
      const { listener, authorisedAt, cursor } = follower;
      if (batch.isOutBetween(listener.user, authorisedAt, cursor)) follower.end();
    }
  }

  /** Writes what a follower has not had, but never past the line that put its member out. */
  #send(follower: Subscriber, batch: Batch): void {
    if (batch.last <= follower.cursor) return;
    const left = batch.leaveOf(follower.listener.user, Math.max(follower.cursor, follower.authorisedAt));
    if (!follower.take(batch, left ?? batch.last, left !== undefined)) this.#live.delete(follower);
  }

  #note(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'rename') this.#group = { ...this.#group, slug: entry.slug };
      if (entry.kind === 'erase') this.#windows.clear();
    }
  }

  #window(after: number): Promise<Batch> {
    return this.#windows.get(after, Math.min(after + REPLAY_WINDOW, this.#sent));
  }

  async #read(after: number, to: number): Promise<Batch> {
    this.#core.meters.windows += 1;
    const entries = await this.#core.store.log.range(this.#group.id, after + 1, to);
    if (entries.length !== to - after) throw new Error(`The log of ${this.#group.id} has not all entries from ${after + 1} to ${to}`);
    return this.#prepare(entries);
  }

  #prepare(entries: readonly Entry[]): Promise<Batch> {
    return prepareBatch(this.#core, this.#views, this.#group, entries);
  }
}
