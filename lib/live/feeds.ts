import type { Core } from '../core.ts';
import type { BusEvent, DraftEvent, EphemeralEvent, TypingEvent } from '../events.ts';
import type { GroupId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import type { Renderer } from './batch.ts';
import { Feed, type FeedGroup } from './feed.ts';
import type { Subscriber } from './follower.ts';
import { positionAt } from './log-identity.ts';
import type { Position } from './position.ts';

type Dependencies = {
  readonly core: Core;
  readonly views: Renderer;
  /** Called when the group's presence or members may have changed. */
  readonly onPeople: (group: GroupId) => void;
  readonly onTyping: (event: TypingEvent) => void;
  readonly onDraft: (event: DraftEvent) => void;
  readonly onEphemeral: (event: EphemeralEvent) => void;
  /** Called after entries were sent. */
  readonly onSent: (group: GroupId, entries: readonly Entry[]) => void;
};

/** The feeds of this process: one per group, from its first stream to its last. */
export class Feeds {
  readonly #parts: Dependencies;
  readonly #opening = new Map<GroupId, Promise<Feed>>();
  readonly #open = new Map<GroupId, Feed>();
  readonly #unsubscribe = new Map<GroupId, () => void>();

  constructor(parts: Dependencies) {
    this.#parts = parts;
  }

  get(group: GroupId): Feed | undefined {
    return this.#open.get(group);
  }

  groups(): GroupId[] {
    return [...this.#open.keys()];
  }

  all(): Feed[] {
    return [...this.#open.values()];
  }

  /** Registers a follower with its group's feed until it ends; `after` as in `Feed.register`. Errors: StoreUnavailable. */
  async enter(follower: Subscriber, group: FeedGroup, after: Position | undefined): Promise<Feed> {
    let feed = await this.#feedOf(group);
    while (this.#open.get(group.id) !== feed) feed = await this.#feedOf(group); // closed meanwhile: its last stream has ended
    feed.register(follower, after);
    follower.atEnd(() => {
      feed.leave(follower);
      if (feed.followers.size === 0) this.#close(group.id, feed);
    });
    return feed;
  }

  #feedOf(group: FeedGroup): Promise<Feed> {
    const known = this.#opening.get(group.id);
    if (known) return known;
    const opening = this.#follow(group);
    this.#opening.set(group.id, opening);
    opening.catch(() => this.#opening.delete(group.id));
    return opening;
  }

  /** Subscribes before it reads the head, so that no entry is missed in between. */
  async #follow(group: FeedGroup): Promise<Feed> {
    const { core, views, onPeople, onSent } = this.#parts;
    const early: BusEvent[] = [];
    let feed: Feed | undefined;
    const stop = await core.bus.subscribe(group.id, (event) => (feed ? this.#onEvent(feed, event) : early.push(event)));
    try {
      const { seq } = await core.store.log.head(group.id);
      feed = new Feed(core, views, group, await positionAt(core.store, group.id, seq));
    } catch (error) {
      stop();
      throw error;
    }
    feed.onSent = (entries) => {
      onSent(group.id, entries);
      if (entries.some(isMembershipChange)) onPeople(group.id);
    };
    this.#unsubscribe.set(group.id, stop);
    this.#open.set(group.id, feed);
    for (const event of early) this.#onEvent(feed, event);
    return feed;
  }

  #onEvent(feed: Feed, event: BusEvent): void {
    if (event.type === 'presence') this.#parts.onPeople(event.group);
    else if (event.type === 'typing') this.#parts.onTyping(event);
    else if (event.type === 'draft') this.#parts.onDraft(event);
    else if (event.type === 'ephemeral') this.#parts.onEphemeral(event);
    else feed.tail.onEvent(event);
  }

  #close(group: GroupId, feed: Feed): void {
    if (this.#open.get(group) !== feed) return;
    this.#open.delete(group);
    this.#opening.delete(group);
    this.#unsubscribe.get(group)?.();
    this.#unsubscribe.delete(group);
    feed.close();
  }
}

const isMembershipChange = (entry: Entry): boolean => entry.kind === 'join' || entry.kind === 'leave';
