import type { ServerResponse } from 'node:http';
import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { type GroupId, SYSTEM_GROUP } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import type { Cursor } from './all-groups/cursor.ts';
import { AllGroupsStream } from './all-groups/stream.ts';
import type { Renderer } from './batch.ts';
import type { Connection } from './connection.ts';
import type { FeedGroup } from './feed.ts';
import { Feeds } from './feeds.ts';
import type { StreamListener } from './follower.ts';
import { GapCheck } from './gap-check.ts';
import { PresenceBroadcaster } from './presence/broadcaster.ts';
import type { Render } from './sidebar/pages.ts';
import { Sidebars } from './sidebar/sidebars.ts';
import { UserChannels } from './sidebar/user-channel.ts';
import { Streams } from './streams.ts';
import { Tail } from './tail.ts';

type HubDependencies = {
  readonly core: Core;
  readonly views: Renderer;
  /** The members list of a group, as every page shows it. */
  readonly renderMembers: (group: GroupId) => Promise<string>;
  /** The list of groups, as every page shows it; without it pages are not told of other groups. */
  readonly renderSidebar?: Render;
  readonly heartbeatMs?: number;
  readonly probeMs?: number;
  readonly leaseMs?: number;
  readonly frameMaxMs?: number;
};

type Opening = {
  readonly listener: StreamListener;
  readonly response: ServerResponse;
  /** Asked again once a revocation would find the stream; throws to refuse it. */
  readonly authorise: () => Promise<unknown>;
  /** Sends the head of the answer and what comes before the first entry. */
  readonly start: (response: ServerResponse, isChunked: boolean) => void;
};

/** `after` undefined: from now on. */
type GroupOpening = Opening & { readonly group: FeedGroup; readonly after: number | undefined };

/** `begin`: where groups begin that the cursor does not know: at their ends, from their beginnings, or where the user came in. */
type AllGroupsOpening = Opening & { readonly cursor: Cursor; readonly begin: 'now' | 'start' | 'join' };

type Register = (connection: Connection) => Promise<() => void>;

const HEARTBEAT_MS = 15_000;
const PROBE_MS = 1_000;
const FRAME_MAX_MS = 3_600_000;

/** Every open stream of this process, and the one place that turns events of the bus into bytes on sockets. */
export class Hub {
  readonly #parts: HubDependencies;
  readonly #feeds: Feeds;
  readonly #streams: Streams;
  readonly #bells: UserChannels;
  readonly #company: PresenceBroadcaster;
  readonly #sidebars: Sidebars | undefined;
  readonly #gapCheck: GapCheck;
  #system: Tail | undefined;
  #stopSystem: () => void = () => {};
  #timers: NodeJS.Timeout[] = [];
  #isClosing = false;

  constructor(parts: HubDependencies) {
    const { core, renderSidebar } = parts;
    this.#parts = parts;
    this.#streams = new Streams(core);
    this.#bells = new UserChannels(core.bus);
    this.#sidebars = renderSidebar && new Sidebars({ core, bells: this.#bells, render: renderSidebar });
    this.#gapCheck = new GapCheck({ ...core, everyMs: parts.probeMs ?? PROBE_MS, compare: () => this.#compare() });
    this.#company = new PresenceBroadcaster({ ...parts, feeds: () => this.#feeds });
    this.#feeds = new Feeds({
      ...parts,
      onPeople: (group) => this.#company.changed(group),
      onTyping: (event) => this.#company.writes(event),
      onSent: (group, entries) => this.#company.sent(group, entries),
    });
  }

  /** Whether it has ended its streams, or is about to. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Starts to follow account-level revocations and the heartbeat. */
  async start(): Promise<void> {
    const { core, heartbeatMs = HEARTBEAT_MS, probeMs = PROBE_MS } = this.#parts;
    this.#stopSystem = await core.bus.subscribe(SYSTEM_GROUP, (event) => this.#system?.hear(event));
    const { seq } = await core.store.log.head(SYSTEM_GROUP);
    this.#system = new Tail(SYSTEM_GROUP, seq, {
      store: core.store,
      deliver: (entries) => this.#revoke(entries),
      onError: (error) => core.logger.warn({ err: error }, 'the system log could not be read; trying again'),
    });
    this.#gapCheck.start();
    this.#every(heartbeatMs * (0.9 + Math.random() * 0.2), () => this.#beat());
    this.#every(probeMs, () => this.#checkBell());
  }

  #every(ms: number, work: () => Promise<void>): void {
    const run = (): void => {
      work().catch((error) => this.#parts.core.logger.warn({ err: error }, 'periodic work of the hub failed'));
    };
    this.#timers.push(setInterval(run, ms).unref());
  }

  /** Opens a stream of one group. Errors: those of `authorise`, `tooMany`. Once the head is sent it never rejects: the stream just ends. */
  async open({ group, after, ...opening }: GroupOpening): Promise<void> {
    await this.#begin(opening, async (connection) => {
      const feed = await this.#feeds.enter(connection, group, after);
      return () => {
        connection.tellCursor();
        this.#company.opened(group.id, connection);
        if (connection.listener.format === 'html') this.#sidebars?.open(connection, group.id);
        this.#keepUp(connection, feed.join(connection));
      };
    });
  }

  /** Opens a stream of all the groups its user is in. Errors: as above. */
  async openEverything({ cursor, begin, ...opening }: AllGroupsOpening): Promise<void> {
    await this.#begin(opening, async (connection) => {
      const everything = new AllGroupsStream({
        ...{ core: this.#parts.core, feeds: this.#feeds, bells: this.#bells, connection, cursor, begin },
        onEntered: (part) => this.#company.entered(part.group.id, part),
      });
      await everything.enter();
      return () => everything.begin();
    });
  }

  /** Opens a stream of what is unread in each of its user's groups. Errors: as above. */
  async openSidebar(opening: Opening): Promise<void> {
    await this.#begin(opening, async (connection) => () => this.#sidebars?.open(connection, undefined));
  }

  /** `register` makes the stream one that a revocation finds, and resolves to what makes it run once its answer has begun. */
  async #begin({ listener, response, authorise, start }: Opening, register: Register): Promise<void> {
    const connection = this.#streams.open(listener, response);
    try {
      const run = await register(connection);
      await authorise();
      await connection.hasSocket();
      if (!connection.isOpen) throw notFound();
      connection.start(start);
      if (this.#isClosing) return connection.end(); // an EventSource that is refused gives up; one that ends comes back, to whoever answers then
      run();
    } catch (error) {
      connection.end();
      throw error;
    }
  }

  #keepUp(connection: Connection, joined: Promise<void>): void {
    joined.catch((error) => {
      this.#parts.core.logger.error({ err: error }, 'a stream could not be brought up to date; ending it');
      connection.end();
    });
  }

  #revoke(entries: readonly Entry[]): void {
    this.#parts.core.lookupCache.invalidate();
    for (const entry of entries) this.#streams.revoke(entry);
  }

  async #beat(): Promise<void> {
    for (const feed of this.#feeds.all()) feed.tail.probe();
    this.#streams.beat(this.#parts.frameMaxMs ?? FRAME_MAX_MS);
    this.#system?.probe();
    this.#bells.ringAll('beat');
    await Promise.all([this.#streams.expire(), this.#company.beat(), this.#sidebars?.probe()]); // none waits for what another waits for
  }

  async #checkBell(): Promise<void> {
    for (const feed of this.#feeds.all()) feed.tail.retry();
    this.#sidebars?.retry();
    this.#system?.retry();
    await this.#gapCheck.look();
  }

  /** Compares where the logs end with where the streams are. Errors: StoreUnavailable. */
  async #compare(): Promise<void> {
    this.#bells.ringAll('lost');
    const heads = await this.#parts.core.store.log.heads([SYSTEM_GROUP, ...this.#feeds.groups()]);
    for (const [group, { seq }] of heads) (group === SYSTEM_GROUP ? this.#system : this.#feeds.get(group)?.tail)?.reach(seq);
    await this.#sidebars?.probe();
  }

  /** Ends every stream; clients come back to whoever answers then. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#gapCheck.stop();
    this.#stopSystem();
    this.#company.close();
    this.#streams.end(); // one that has not begun yet is let begin first, by open(): refused, its client would not come back
  }
}
