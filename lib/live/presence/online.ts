import type { Core } from '../../core.ts';
import { isOnline } from '../../groups/online.ts';
import { onlineChannelOf, type UserId } from '../../ids.ts';
import type { Connection } from '../connection.ts';
import { LEASE_MS, Leases } from './leases.ts';

/** The share of a lease for which somebody stays online after their last page: they open the next page, or another tab, meanwhile. */
const STAY = 0.25;

/** Told when somebody whom it follows has come online, or is not online any more. */
export type OnlineListener = { onOnline(): void };

/** A user with listeners here. `checkedAt`: ms by `core.now`. */
type Followed = { readonly listeners: Set<OnlineListener>; isOnline: boolean; checkedAt: number; opening: Promise<void>; stop: () => void };

type Dependencies = { readonly core: Pick<Core, 'bus' | 'now'>; readonly holder: string; readonly leaseMs?: number | undefined };

/**
 * Who is online, that is, has a page open that can be seen. Each process has one lease per such user, on a channel of that user beside those of the groups:
 * coming and going is one event, for the processes in which a listener follows this user, and one read in each of them.
 */
export class OnlinePeople {
  readonly #core: Dependencies['core'];
  readonly #leases: Leases;
  readonly #leaseMs: number;
  readonly #followed = new Map<UserId, Followed>();
  readonly #followedBy = new Map<OnlineListener, ReadonlySet<UserId>>();

  constructor({ core, holder, leaseMs = LEASE_MS }: Dependencies) {
    this.#core = core;
    this.#leaseMs = leaseMs;
    this.#leases = new Leases(core.bus, { now: core.now, note: async () => {} }, holder, leaseMs);
  }

  /** The user of this stream is online until some time after its end. */
  opened(connection: Connection): void {
    const { user } = connection.listener;
    const channel = onlineChannelOf(user);
    this.#leases.opened(channel, user);
    connection.atEnd(() => void setTimeout(() => this.#leases.closed(channel, user), this.#leaseMs * STAY).unref());
  }

  /** Whether somebody whom a listener follows is online. */
  has(user: UserId): boolean {
    return this.#followed.get(user)?.isOnline ?? false;
  }

  /** Replaces the users whom this listener follows; `has` knows about them when the promise resolves. Never rejects. */
  async follow(listener: OnlineListener, users: Iterable<UserId>): Promise<void> {
    const before = this.#followedBy.get(listener) ?? new Set();
    const wanted = new Set(users);
    this.#followedBy.set(listener, wanted);
    for (const user of before) if (!wanted.has(user)) this.#leave(user, listener);
    await Promise.all([...wanted].map((user) => this.#enter(user, listener)));
  }

  unfollow(listener: OnlineListener): void {
    for (const user of this.#followedBy.get(listener) ?? []) this.#leave(user, listener);
    this.#followedBy.delete(listener);
  }

  #enter(user: UserId, listener: OnlineListener): Promise<void> {
    const known = this.#followed.get(user);
    known?.listeners.add(listener);
    if (known) return known.opening;
    const followed: Followed = {
      ...{ listeners: new Set([listener]), isOnline: false, checkedAt: 0 },
      ...{ opening: Promise.resolve(), stop: () => {} },
    };
    this.#followed.set(user, followed);
    followed.opening = this.#open(user, followed);
    return followed.opening;
  }

  #leave(user: UserId, listener: OnlineListener): void {
    const followed = this.#followed.get(user);
    if (!followed?.listeners.delete(listener) || followed.listeners.size > 0) return;
    this.#followed.delete(user);
    followed.stop();
  }

  /** Subscribes before it reads. */
  async #open(user: UserId, followed: Followed): Promise<void> {
    const stop = await this.#core.bus.subscribe(onlineChannelOf(user), () => void this.#check(user, followed));
    if (this.#followed.get(user) !== followed) return stop();
    followed.stop = stop;
    await this.#check(user, followed);
  }

  /** While the bus is down, nothing is known: the last state stays. */
  async #check(user: UserId, followed: Followed): Promise<void> {
    if (!this.#core.bus.isUp()) return;
    followed.checkedAt = this.#core.now();
    const now = await isOnline(this.#core, user);
    if (now === followed.isOnline) return;
    followed.isOnline = now;
    for (const listener of [...followed.listeners]) listener.onOnline();
  }

  /** Renews the leases, and looks for people who left without an event, with a process that died. */
  async heartbeat(): Promise<void> {
    await this.#leases.renewAll();
    const due = this.#core.now() - this.#leaseMs;
    await this.#checkAll(({ isOnline: is, checkedAt }) => is && checkedAt <= due);
  }

  /** To be called when events may have been missed. */
  async recheck(): Promise<void> {
    await this.#checkAll(() => true);
  }

  async #checkAll(isDue: (followed: Followed) => boolean): Promise<void> {
    const due = [...this.#followed].filter(([, followed]) => isDue(followed));
    await Promise.all(due.map(([user, followed]) => this.#check(user, followed)));
  }
}
