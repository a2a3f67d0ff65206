import type { ServerResponse } from 'node:http';
import type { Core } from '../core.ts';
import { notFound, tooMany } from '../errors.ts';
import { type GroupId, randomId, SYSTEM_GROUP, type UserId } from '../ids.ts';
import type { Entry } from '../messages/entry.ts';
import type { Renderer } from './batch.ts';
import { Connection, type Listener } from './connection.ts';
import type { FeedGroup } from './feed.ts';
import { Feeds } from './feeds.ts';
import { MemberLists } from './members.ts';
import { Leases } from './presence.ts';
import { Tail } from './tail.ts';
import { Typing } from './typing.ts';

export type HubParts = {
  readonly core: Core;
  readonly views: Renderer;
  /** The members list of a group, as every page shows it. */
  readonly renderMembers: (group: GroupId) => Promise<string>;
  readonly heartbeatMs?: number;
  readonly probeMs?: number;
  readonly leaseMs?: number;
  readonly frameMostMs?: number;
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
const FRAME_MOST_MS = 3_600_000;

/** Every open stream of this process, and the one place that turns events of the bus into bytes on sockets. */
export class Hub {
  readonly #parts: HubParts;
  readonly #feeds: Feeds;
  readonly #streamsOf = new Map<UserId, number>();
  readonly #leases: Leases;
  readonly #members: MemberLists;
  readonly #typing: Typing;
  #system: Tail | undefined;
  #stopSystem: () => void = () => {};
  #timers: NodeJS.Timeout[] = [];
  #stopGap: () => void = () => {};
  #isProbing = false;
  #isClosing = false;

  constructor(parts: HubParts) {
    const { core, renderMembers } = parts;
    this.#parts = parts;
    this.#leases = new Leases(core.bus, randomId(core.random), parts.leaseMs);
    this.#members = new MemberLists({
      render: renderMembers,
      onError: (error) => core.log.debug({ err: error }, 'members list not sent; trying again'),
    });
    this.#typing = new Typing({
      ...parts,
      connectionsOf: (group) => this.#feeds.get(group)?.connections ?? [],
      onError: (error) => core.log.debug({ err: error }, 'who is typing was not sent'),
    });
    this.#feeds = new Feeds({
      ...parts,
      onPeople: (feed, group) => this.#members.send(group, feed.connections),
      onTyping: (event) => this.#typing.hear(event),
      onSent: (group, entries) => this.#typing.sent(group, entries),
    });
  }

  /** Whether it has ended its streams, or is about to. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get streams(): number {
    return this.#feeds.all().reduce((sum, feed) => sum + feed.connections.size, 0);
  }

  /** Starts to follow account-level revocations and the heartbeat. */
  async start(): Promise<void> {
    const { core, heartbeatMs = HEARTBEAT_MS, probeMs = PROBE_MS } = this.#parts;
    this.#stopSystem = await core.bus.subscribe(SYSTEM_GROUP, (event) => this.#system?.hear(event));
    const { seq } = await core.store.log.head(SYSTEM_GROUP);
    this.#system = new Tail(SYSTEM_GROUP, seq, {
      store: core.store,
      deliver: (entries) => this.#revoke(entries),
      onError: (error) => core.log.warn({ err: error }, 'the system log could not be read; trying again'),
    });
    this.#stopGap = core.bus.onGap(() => void this.#probe().catch(() => {})); // a store that is away is asked again by the clock
    this.#every(heartbeatMs * (0.9 + Math.random() * 0.2), () => this.#beat());
    this.#every(probeMs, () => this.#checkBell());
  }

  #every(ms: number, work: () => Promise<void>): void {
    const run = (): void => {
      work().catch((error) => this.#parts.core.log.warn({ err: error }, 'periodic work of the hub failed'));
    };
    this.#timers.push(setInterval(run, ms).unref());
  }

  /** Opens a stream. Errors: those of `authorise`, `tooMany`. Once the head is sent it never rejects: the stream just ends. */
  async open({ group, listener, after, response, authorise, start }: Opening): Promise<void> {
    const connection = new Connection(listener, response, this.#parts.core.meters);
    this.#count(connection);
    try {
      const feed = await this.#feeds.enter(connection, group, after);
      await authorise();
      if (!connection.isOpen) throw notFound();
      connection.start(start);
      if (this.#isClosing) return connection.end(); // an EventSource that is refused gives up; one that ends comes back, to whoever answers then
      this.#typing.opened(group.id, connection);
      this.#tellPages(connection, group.id);
      this.#keepUp(connection, feed.join(connection));
    } catch (error) {
      connection.end();
      throw error;
    }
  }

  /** Before anything is waited for, so that a crowd of requests at once finds the limit too. */
  #count(connection: Connection): void {
    const { user } = connection.listener;
    const most = this.#parts.core.config.streamsPerUser;
    const present = this.#streamsOf.get(user) ?? 0;
    if (most > 0 && present >= most) throw tooMany(`Too many open streams: ${most} at most. Close some tabs.`, 5000);
    this.#streamsOf.set(user, present + 1);
    connection.atEnd(() => {
      const left = (this.#streamsOf.get(user) ?? 1) - 1;
      if (left > 0) this.#streamsOf.set(user, left);
      else this.#streamsOf.delete(user);
    });
  }

  /** A page makes its user present, and is told who else is: what it shows may be old. */
  #tellPages(connection: Connection, group: GroupId): void {
    const { user, format } = connection.listener;
    if (format === 'json' || format === 'text') return;
    this.#leases.opened(group, user);
    connection.atEnd(() => this.#leases.closed(group, user));
    this.#members.send(group, [connection]);
  }

  #keepUp(connection: Connection, joined: Promise<void>): void {
    joined.catch((error) => {
      this.#parts.core.log.error({ err: error }, 'a stream could not be brought up to date; ending it');
      connection.end();
    });
  }

  #revoke(entries: readonly Entry[]): void {
    this.#parts.core.recent.forget();
    for (const entry of entries) {
      if (entry.kind !== 'revoke') continue;
      for (const feed of this.#feeds.all())
        for (const connection of [...feed.connections]) {
          const { user, ref } = connection.listener;
          if (user === entry.member && (entry.scope === 'account' || entry.ref === ref)) connection.revoke('You have been logged out.');
        }
    }
  }

  async #beat(): Promise<void> {
    for (const feed of this.#feeds.all()) {
      feed.tail.probe();
      for (const connection of [...feed.connections]) connection.beat(this.#parts.frameMostMs ?? FRAME_MOST_MS);
    }
    this.#system?.probe();
    await this.#leases.renewAll();
    if (this.#parts.core.bus.isUp()) await this.#noticeLost(); // while it is down it names nobody
  }

  async #noticeLost(): Promise<void> {
    const groups = await this.#leases.changedIn(this.#feeds.groups());
    for (const group of groups) this.#members.send(group, this.#feeds.get(group)?.connections ?? []);
  }

  async #checkBell(): Promise<void> {
    for (const feed of this.#feeds.all()) feed.tail.retry();
    this.#system?.retry();
    const { bus } = this.#parts.core;
    if (!bus.isUp()) await this.#probe(); // known to be silent: not only once the ping has failed again
    const hears = await bus.ping().then(
      () => true,
      () => false,
    );
    if (!hears) await this.#probe();
  }

  /** Compares where the logs end with where the streams are. */
  async #probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    try {
      this.#system?.probe();
      const heads = await this.#parts.core.store.log.heads(this.#feeds.groups());
      for (const [group, head] of heads) this.#feeds.get(group)?.tail.reach(head.seq);
    } finally {
      this.#isProbing = false;
    }
  }

  /** Ends every stream; clients come back to whoever answers then. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopGap();
    this.#stopSystem();
    this.#typing.close();
    // One that has not begun yet is let begin first, by open(): refused, its client would not come back.
    for (const feed of this.#feeds.all()) for (const connection of [...feed.connections]) if (connection.isStarted) connection.end();
  }
}
