import type { ServerResponse } from 'node:http';
import type { Core } from '../core.ts';
import { notFound, tooMany } from '../errors.ts';
import type { BusEvent } from '../events.ts';
import { type GroupId, randomId, SYSTEM_GROUP, type UserId } from '../ids.ts';
import type { Entry } from '../messages/entry.ts';
import type { Renderer } from './batch.ts';
import { Connection, type Listener } from './connection.ts';
import { Feed, type FeedGroup } from './feed.ts';
import { sseFrame } from './frame.ts';
import { Leases, RENEW_MS } from './presence.ts';
import { Tail } from './tail.ts';

export type HubParts = {
  readonly core: Core;
  readonly views: Renderer;
  /** The members list of a group, as every page shows it. */
  readonly renderMembers: (group: GroupId) => Promise<string>;
  readonly heartbeatMs?: number;
  readonly probeMs?: number;
};

export type Opening = {
  readonly group: FeedGroup;
  readonly listener: Listener;
  /** Undefined: from now on. */
  readonly after: number | undefined;
  readonly response: ServerResponse;
  /** Asked again once a revocation would find the stream; throws to refuse it. */
  readonly authorise: () => Promise<unknown>;
  /** Sends the head of the answer and what comes before the first entry. */
  readonly start: (response: ServerResponse) => void;
};

const HEARTBEAT_MS = 15_000;
const PROBE_MS = 1_000;

/** Every open stream of this process, and the one place that turns events of the bus into bytes on sockets. */
export class Hub {
  readonly #parts: HubParts;
  readonly #feeds = new Map<GroupId, Promise<Feed>>();
  readonly #open = new Map<GroupId, Feed>();
  readonly #unsubscribe = new Map<GroupId, () => void>();
  readonly #streamsOf = new Map<UserId, number>();
  readonly #leases: Leases;
  readonly #stale = new Set<GroupId>();
  #system: Tail | undefined;
  #timers: NodeJS.Timeout[] = [];
  #stopGap: () => void = () => {};
  #isClosing = false;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#leases = new Leases(parts.core.bus, randomId(parts.core.random));
  }

  get streams(): number {
    return [...this.#open.values()].reduce((sum, feed) => sum + feed.connections.size, 0);
  }

  /** Starts to follow account-level revocations and the heartbeat. */
  async start(): Promise<void> {
    const { core, heartbeatMs = HEARTBEAT_MS, probeMs = PROBE_MS } = this.#parts;
    this.#unsubscribe.set(SYSTEM_GROUP, await core.bus.subscribe(SYSTEM_GROUP, (event) => this.#system?.hear(event)));
    const { seq } = await core.store.log.head(SYSTEM_GROUP);
    this.#system = new Tail(SYSTEM_GROUP, seq, {
      store: core.store,
      deliver: (entries) => this.#revoke(entries),
      onError: (error) => core.log.warn({ err: error }, 'the system log could not be read; trying again'),
    });
    this.#stopGap = core.bus.onGap(() => void this.#probe());
    this.#every(heartbeatMs * (0.9 + Math.random() * 0.2), () => this.#beat());
    this.#every(probeMs, () => this.#checkBell());
    this.#every(RENEW_MS, () => this.#leases.renewAll());
  }

  #every(ms: number, work: () => Promise<void>): void {
    const run = (): void => {
      work().catch((error) => this.#parts.core.log.warn({ err: error }, 'periodic work of the hub failed'));
    };
    this.#timers.push(setInterval(run, ms).unref());
  }

  /** Opens a stream. Errors: those of `authorise`, `tooMany`, `unavailable`. Once the head is sent it never rejects: the stream just ends. */
  async open(opening: Opening): Promise<void> {
    const { group, listener, response } = opening;
    this.#checkCount(listener.user);
    let feed = await this.#feedOf(group);
    while (this.#open.get(group.id) !== feed) feed = await this.#feedOf(group); // its last stream has just left
    const connection = new Connection(listener, response, opening.after ?? feed.sent, feed.sent);
    this.#register(feed, group.id, connection);
    try {
      await opening.authorise();
      if (!connection.isOpen || this.#isClosing) throw notFound();
      opening.start(response);
    } catch (error) {
      connection.forget();
      throw error;
    }
    if (listener.format !== 'json' && listener.format !== 'text') void this.#leases.opened(group.id, listener.user).catch(() => {});
    feed.join(connection).catch((error) => {
      this.#parts.core.log.warn({ err: error, group: group.id }, 'a stream could not be brought up to date; ending it');
      connection.end();
    });
  }

  #checkCount(user: UserId): void {
    const most = this.#parts.core.config.streamsPerUser;
    if (most > 0 && (this.#streamsOf.get(user) ?? 0) >= most)
      throw tooMany(`Too many open streams: ${most} at most. Close some tabs.`, 5000);
  }

  #register(feed: Feed, group: GroupId, connection: Connection): void {
    const { user } = connection.listener;
    feed.register(connection);
    this.#streamsOf.set(user, (this.#streamsOf.get(user) ?? 0) + 1);
    connection.onClose = () => {
      feed.leave(connection);
      const left = (this.#streamsOf.get(user) ?? 1) - 1;
      if (left > 0) this.#streamsOf.set(user, left);
      else this.#streamsOf.delete(user);
      void this.#leases.closed(group, user).catch(() => {});
      if (feed.connections.size === 0) this.#closeFeed(group, feed);
    };
  }

  #feedOf(group: FeedGroup): Promise<Feed> {
    const known = this.#feeds.get(group.id);
    if (known) return known;
    const opening = this.#openFeed(group);
    this.#feeds.set(group.id, opening);
    opening.catch(() => this.#feeds.delete(group.id));
    return opening;
  }

  /** Listens first and reads the head after, so that nothing falls between. */
  async #openFeed(group: FeedGroup): Promise<Feed> {
    const { core, views } = this.#parts;
    const early: BusEvent[] = [];
    let feed: Feed | undefined;
    const stop = await core.bus.subscribe(group.id, (event) => (feed ? this.#hear(feed, event) : early.push(event)));
    try {
      feed = new Feed(core, views, group, (await core.store.log.head(group.id)).seq);
    } catch (error) {
      stop();
      throw error;
    }
    feed.onSent = (entries) => this.#noteMoves(group.id, entries);
    this.#unsubscribe.set(group.id, stop);
    this.#open.set(group.id, feed);
    for (const event of early) this.#hear(feed, event);
    return feed;
  }

  #closeFeed(group: GroupId, feed: Feed): void {
    if (this.#open.get(group) !== feed) return;
    this.#open.delete(group);
    this.#feeds.delete(group);
    this.#unsubscribe.get(group)?.();
    this.#unsubscribe.delete(group);
  }

  #hear(feed: Feed, event: BusEvent): void {
    if (event.type === 'presence') this.#refreshMembers(event.group);
    else feed.tail.hear(event);
  }

  #noteMoves(group: GroupId, entries: readonly Entry[]): void {
    if (entries.some((entry) => entry.kind === 'join' || entry.kind === 'leave')) this.#refreshMembers(group);
  }

  /** Sends the members list anew, at most ten times a second. */
  #refreshMembers(group: GroupId): void {
    if (this.#stale.has(group)) return;
    this.#stale.add(group);
    setTimeout(() => {
      this.#stale.delete(group);
      this.#sendMembers(group).catch((error) => this.#parts.core.log.debug({ err: error }, 'members list not sent'));
    }, 100).unref();
  }

  async #sendMembers(group: GroupId): Promise<void> {
    const html = await this.#parts.renderMembers(group);
    this.#open.get(group)?.say('html', Buffer.from(sseFrame(html)));
  }

  #revoke(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind !== 'revoke') continue;
      for (const feed of this.#open.values())
        for (const connection of [...feed.connections]) {
          const { user, ref } = connection.listener;
          if (user === entry.member && (entry.scope === 'account' || entry.ref === ref)) connection.revoke('You have been logged out.');
        }
    }
  }

  async #beat(): Promise<void> {
    for (const feed of this.#open.values()) {
      feed.tail.probe();
      for (const connection of [...feed.connections]) connection.beat();
    }
    this.#system?.probe();
  }

  async #checkBell(): Promise<void> {
    const hears = await this.#parts.core.bus.ping().then(
      () => true,
      () => false,
    );
    if (!hears) await this.#probe();
  }

  /** Compares where the logs end with where the streams are. */
  async #probe(): Promise<void> {
    this.#system?.probe();
    const heads = await this.#parts.core.store.log.heads([...this.#open.keys()]);
    for (const [group, head] of heads) this.#open.get(group)?.tail.reach(head.seq);
  }

  /** Ends every stream; clients come back to whoever answers then. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopGap();
    for (const feed of [...this.#open.values()]) for (const connection of [...feed.connections]) connection.end();
    for (const stop of this.#unsubscribe.values()) stop();
  }
}
