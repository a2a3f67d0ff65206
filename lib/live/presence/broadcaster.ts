import type { Core } from '../../core.ts';
import type { TypingEvent } from '../../events.ts';
import { type GroupId, randomId, type UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { Renderer } from '../batch.ts';
import type { Connection } from '../connection.ts';
import type { Feeds } from '../feeds.ts';
import type { Subscriber } from '../follower.ts';
import { Leases } from './leases.ts';
import { MemberLists } from './members.ts';
import { Typing } from './typing.ts';

type Dependencies = {
  readonly core: Core;
  readonly views: Renderer;
  readonly renderMembers: (group: GroupId) => Promise<string>;
  readonly leaseMs?: number;
  readonly feeds: () => Pick<Feeds, 'get' | 'groups'>;
};

/** What pages are told of each other's users: who is in the group, who is there, and who is writing. */
export class PresenceBroadcaster {
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
        .catch((error) => core.logger.debug({ err: error }, 'when they were seen was not noted'));
    this.#leases = new Leases(core.bus, { now: core.now, note }, randomId(core.random), leaseMs);
    this.#members = new MemberLists({
      render: renderMembers,
      onError: (error) => core.logger.debug({ err: error }, 'members list not sent; trying again'),
    });
    this.#typing = new Typing({
      ...parts,
      connectionsOf: (group) => this.#followersOf(group),
      slugOf: (group) => parts.feeds().get(group)?.slug,
      onError: (error) => core.logger.debug({ err: error }, 'who is typing was not sent'),
    });
  }

  #followersOf(group: GroupId): Iterable<Subscriber> {
    return this.#parts.feeds().get(group)?.followers ?? [];
  }

  /** A stream of many groups follows this one from now on, and is told who is typing there. */
  entered(group: GroupId, follower: Subscriber): void {
    this.#typing.opened(group, follower);
  }

  /** A stream has begun. A page makes its user present, and is told who else is: what it shows may be old. */
  opened(group: GroupId, connection: Connection): void {
    this.#typing.opened(group, connection);
    const { user, format } = connection.listener;
    if (format === 'json' || format === 'text') return;
    this.#leases.opened(group, user);
    connection.atEnd(() => this.#leases.closed(group, user));
    this.#members.send(group, [connection]);
  }

  /** Who has the group open, or who is in it, may have changed. */
  changed(group: GroupId): void {
    this.#members.send(group, this.#followersOf(group));
  }

  onTyping(event: TypingEvent): void {
    this.#typing.onTyping(event);
  }

  sent(group: GroupId, entries: readonly Entry[]): void {
    this.#typing.sent(group, entries);
  }

  /** Renews what says that its users are there, and looks who went without a word. */
  async heartbeat(): Promise<void> {
    await this.#leases.renewAll();
    if (!this.#parts.core.bus.isUp()) return; // while it is down it names nobody
    for (const group of await this.#leases.changedIn(this.#parts.feeds().groups())) this.changed(group);
  }

  close(): void {
    this.#typing.close();
  }
}
