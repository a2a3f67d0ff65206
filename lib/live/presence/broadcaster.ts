import type { Core } from '../../core.ts';
import type { TypingEvent } from '../../events.ts';
import { type GroupId, randomId, type UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { Renderer } from '../batch.ts';
import type { Connection } from '../connection.ts';
import { Drafts } from '../drafts/drafts.ts';
import { Ephemerals } from '../ephemerals.ts';
import type { Feeds } from '../feeds.ts';
import { isOfThread, type Subscriber } from '../follower.ts';
import { Leases } from './leases.ts';
import { MemberLists } from './members.ts';
import { OnlinePeople } from './online.ts';
import { Typing } from './typing.ts';

type Dependencies = {
  readonly core: Core;
  readonly views: Renderer;
  readonly renderMembers: (group: GroupId) => Promise<string>;
  readonly leaseMs?: number;
  readonly feeds: () => Pick<Feeds, 'get' | 'groups'>;
};

/** Sends pages the members of their group, who of them is present, who is typing, what is being written, and what only they see. */
export class PresenceBroadcaster {
  readonly online: OnlinePeople;
  readonly drafts: Drafts;
  readonly ephemerals: Ephemerals;
  readonly #parts: Dependencies;
  readonly #leases: Leases;
  readonly #members: MemberLists;
  readonly #typing: Typing;

  constructor(parts: Dependencies) {
    const { core, renderMembers, leaseMs } = parts;
    this.#parts = parts;
    const note = (group: GroupId, user: UserId, at: number): Promise<void> =>
      core.store.memberships
        .setLastSeen(group, user, at)
        .catch((error) => core.logger.debug({ err: error }, 'storing a "last seen" time failed'));
    const holder = randomId(core.random);
    this.#leases = new Leases(core.bus, { now: core.now, note }, holder, leaseMs);
    this.online = new OnlinePeople({ core, holder, leaseMs });
    this.#members = new MemberLists({
      render: renderMembers,
      onError: (error) => core.logger.debug({ err: error }, 'sending the members list failed; retrying'),
    });
    const ofGroup = {
      followersOf: (group: GroupId) => this.#followersOf(group),
      slugOf: (group: GroupId) => parts.feeds().get(group)?.slug,
    };
    this.drafts = new Drafts({
      ...{ ...parts, ...ofGroup },
      onError: (error) => core.logger.debug({ err: error }, 'sending drafts failed'),
    });
    this.ephemerals = new Ephemerals({
      ...{ ...parts, ...ofGroup },
      onError: (error) => core.logger.debug({ err: error }, 'sending ephemeral messages failed'),
    });
    this.#typing = new Typing({
      ...{ ...parts, ...ofGroup },
      onError: (error) => core.logger.debug({ err: error }, 'sending a typing event failed'),
    });
  }

  #followersOf(group: GroupId): Iterable<Subscriber> {
    return this.#parts.feeds().get(group)?.followers ?? [];
  }

  /** Sends who is typing, open drafts and ephemeral messages to a multi-group stream that has just subscribed to the group. */
  entered(group: GroupId, follower: Subscriber): void {
    this.#typing.opened(group, follower);
    this.drafts.opened(group, follower);
    this.ephemerals.opened(group, follower);
  }

  /**
   * To be called when a stream has started. A page makes its user present, unless it shows one thread only, and gets the current members list, since the
   * one in it may be outdated.
   */
  opened(group: GroupId, connection: Connection): void {
    this.entered(group, connection);
    const { user, format } = connection.listener;
    if (format === 'json' || format === 'text') return;
    this.online.opened(connection);
    if (!isOfThread(connection)) {
      this.#leases.opened(group, user);
      connection.atEnd(() => this.#leases.closed(group, user));
    }
    this.#members.send(group, [connection]);
  }

  /** The group's presence or members may have changed. */
  changed(group: GroupId): void {
    this.#members.send(group, this.#followersOf(group));
  }

  onTyping(event: TypingEvent): void {
    this.#typing.onTyping(event);
  }

  sent(group: GroupId, entries: readonly Entry[]): void {
    this.#typing.sent(group, entries);
    this.drafts.sent(group, entries);
  }

  /** Renews the leases of the present users, and detects users whose server died. */
  async heartbeat(): Promise<void> {
    this.drafts.heartbeat();
    await Promise.all([this.#leases.renewAll(), this.online.heartbeat()]);
    if (!this.#parts.core.bus.isUp()) return; // while the bus is down its presence list is empty
    for (const group of await this.#leases.changedIn(this.#parts.feeds().groups())) this.changed(group);
  }

  close(): void {
    this.#typing.close();
    this.drafts.close();
  }
}
