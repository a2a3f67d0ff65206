import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { type GroupId, SYSTEM_GROUP } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import { AllGroupsStream } from './all-groups/stream.ts';
import type { Renderer } from './batch.ts';
import { ChangeStream } from './changes/stream.ts';
import type { Connection } from './connection.ts';
import { Feeds } from './feeds.ts';
import { isOfThread, isPage } from './follower.ts';
import { GapCheck } from './gap-check.ts';
import type { AllGroupsOpening, ChangesOpening, GroupOpening, Opening, SidebarOpening } from './opening.ts';
import { PresenceBroadcaster } from './presence/broadcaster.ts';
import type { Render } from './sidebar/pages.ts';
import { Sidebars } from './sidebar/sidebars.ts';
import { UserChannels } from './sidebar/user-channel.ts';
import { Streams } from './streams.ts';
import { Tail } from './tail.ts';

type HubDependencies = {
  readonly core: Core;
  readonly views: Renderer;
  /** Renders the members list of a group, the same for every page. */
  readonly renderMembers: (group: GroupId) => Promise<string>;
  /** Renders the list of groups. Without it pages get no updates of other groups. */
  readonly renderSidebar?: Render;
  readonly heartbeatMs?: number;
  readonly probeMs?: number;
  readonly leaseMs?: number;
  readonly frameMaxMs?: number;
};

type Register = (connection: Connection) => Promise<() => void>;

const HEARTBEAT_MS = 15_000;
const PROBE_MS = 1_000;
const FRAME_MAX_MS = 3_600_000;

/** Holds every open stream of this process, and writes the entries that bus events announce to their sockets. */
export class Hub {
  readonly #parts: HubDependencies;
  readonly #feeds: Feeds;
  readonly #streams: Streams;
  readonly #userChannels: UserChannels;
  readonly #presence: PresenceBroadcaster;
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
    this.#userChannels = new UserChannels(core.bus);
    this.#gapCheck = new GapCheck({ ...core, everyMs: parts.probeMs ?? PROBE_MS, compare: () => this.#compare() });
    this.#presence = new PresenceBroadcaster({ ...parts, feeds: () => this.#feeds });
    const { online } = this.#presence;
    this.#sidebars = renderSidebar && new Sidebars({ core, userChannels: this.#userChannels, online, render: renderSidebar });
    this.#feeds = new Feeds({
      ...parts,
      onPeople: (group) => this.#presence.changed(group),
      onTyping: (event) => this.#presence.onTyping(event),
      onDraft: (event) => this.#presence.drafts.onDraft(event),
      onEphemeral: (event) => this.#presence.ephemerals.onEvent(event),
      onSent: (group, entries) => this.#presence.sent(group, entries),
    });
  }

  /** Whether `close` has been called. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Starts following account-level revocations, and the timers. Errors: StoreUnavailable. */
  async start(): Promise<void> {
    const { core, heartbeatMs = HEARTBEAT_MS, probeMs = PROBE_MS } = this.#parts;
    this.#stopSystem = await core.bus.subscribe(SYSTEM_GROUP, (event) => this.#system?.onEvent(event));
    const { seq } = await core.store.log.head(SYSTEM_GROUP);
    this.#system = new Tail(SYSTEM_GROUP, seq, {
      store: core.store,
      deliver: (entries) => this.#revoke(entries),
      onError: (error) => core.logger.warn({ err: error }, 'reading the system log failed; retrying'),
    });
    this.#gapCheck.start();
    this.#every(heartbeatMs * (0.9 + Math.random() * 0.2), () => this.#heartbeat());
    this.#every(probeMs, () => this.#checkBus());
  }

  #every(ms: number, work: () => Promise<void>): void {
    const run = (): void => {
      work().catch((error) => this.#parts.core.logger.warn({ err: error }, 'periodic work of the hub failed'));
    };
    this.#timers.push(setInterval(run, ms).unref());
  }

  /** Opens a stream of one group. Errors: those of `authorise`, `tooMany`. Never rejects once the head is sent: the stream then only ends. */
  async open({ group, after, ...opening }: GroupOpening): Promise<void> {
    await this.#start(opening, async (connection) => {
      const feed = await this.#feeds.enter(connection, group, after);
      return () => {
        connection.writeCursor();
        this.#presence.opened(group.id, connection);
        if (isPage(connection)) this.#sidebars?.open(connection, isOfThread(connection) ? undefined : group.id);
        this.#keepUp(connection, feed.join(connection));
      };
    });
  }

  /** Opens a stream of all groups of its user. Errors: as `open`. */
  async openAllGroups({ cursor, begin, ...opening }: AllGroupsOpening): Promise<void> {
    await this.#start(opening, async (connection) => {
      const everything = new AllGroupsStream({
        ...{ core: this.#parts.core, feeds: this.#feeds, userChannels: this.#userChannels, connection, cursor, begin },
        onEntered: (part) => this.#presence.entered(part.group.id, part),
      });
      await everything.enter();
      return () => everything.begin();
    });
  }

  /** Opens a stream whose source is told of changes in some groups. Errors: as `open`. */
  async openChanges({ changes, ...opening }: ChangesOpening): Promise<void> {
    await this.#start(opening, async (connection) => {
      const hub = { core: this.#parts.core, feeds: this.#feeds, userChannels: this.#userChannels };
      const stream = new ChangeStream({ ...hub, ...changes, connection });
      await stream.enter();
      return () => stream.begin();
    });
  }

  /** Opens a stream of the unread counts of its user's groups, of a page that can be seen or not. Errors: as `open`. */
  async openSidebar({ isSeen, ...opening }: SidebarOpening): Promise<void> {
    await this.#start(opening, async (connection) => () => {
      if (isSeen) this.#presence.online.opened(connection);
      this.#sidebars?.open(connection, undefined);
    });
  }

  /** `register` makes revocations find the stream; it resolves to the function that starts writing entries once the head is sent. */
  async #start({ listener, response, authorise, start }: Opening, register: Register): Promise<void> {
    const connection = this.#streams.open(listener, response);
    try {
      await this.#streams.checkCount(connection);
      const run = await register(connection);
      await authorise();
      await connection.hasSocket();
      if (!connection.isOpen) throw notFound();
      connection.start(start);
      if (this.#isClosing) return connection.end(); // an EventSource reconnects after an end, but not after a refusal
      run();
    } catch (error) {
      connection.end();
      throw error;
    }
  }

  #keepUp(connection: Connection, joined: Promise<void>): void {
    joined.catch((error) => {
      this.#parts.core.logger.error({ err: error }, 'replaying a stream failed; ending it');
      connection.end();
    });
  }

  #revoke(entries: readonly Entry[]): void {
    this.#parts.core.lookupCache.invalidate();
    for (const entry of entries) {
      this.#streams.revoke(entry);
      if (entry.kind === 'revoke' && entry.scope === 'group') this.#expel(entry.of);
      if (entry.kind === 'revoke' && entry.scope === 'account') this.#presence.drafts.revoked(entry.member);
    }
  }

  /** Ends the streams of a group that is being removed. */
  #expel(group: GroupId): void {
    for (const follower of [...(this.#feeds.get(group)?.followers ?? [])]) follower.expel();
  }

  async #heartbeat(): Promise<void> {
    for (const feed of this.#feeds.all()) feed.tail.probe();
    this.#streams.heartbeat(this.#parts.frameMaxMs ?? FRAME_MAX_MS);
    this.#system?.probe();
    this.#userChannels.notifyAll('heartbeat');
    await Promise.all([this.#streams.expire(), this.#presence.heartbeat(), this.#sidebars?.probe()]); // independent: none delays another
  }

  async #checkBus(): Promise<void> {
    for (const feed of this.#feeds.all()) feed.tail.retry();
    this.#sidebars?.retry();
    this.#system?.retry();
    await this.#gapCheck.check();
  }

  /** Compares the heads of the logs with the last seq sent. Errors: StoreUnavailable. */
  async #compare(): Promise<void> {
    this.#userChannels.notifyAll('lost');
    const heads = await this.#parts.core.store.log.heads([SYSTEM_GROUP, ...this.#feeds.groups()]);
    for (const [group, { seq }] of heads) (group === SYSTEM_GROUP ? this.#system : this.#feeds.get(group)?.tail)?.reach(seq);
    void this.#presence.online.recheck(); // asks Redis: messages do not wait for it
    this.#presence.ephemerals.recheck(this.#feeds.groups());
    await this.#sidebars?.probe();
  }

  /** Ends every stream; clients reconnect to the server that is up then. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#gapCheck.stop();
    this.#stopSystem();
    this.#presence.close();
    this.#streams.end(); // a stream that has not started is ended by #start after its start: a refused client would not reconnect
  }
}
