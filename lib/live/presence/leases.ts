import type { Bus } from '../../bus/port.ts';
import type { GroupId, UserId } from '../../ids.ts';

export const LEASE_MS = 60_000;
/** How often "last seen" is stored for a user who stays: the error of that time after a crash. */
const NOTE_EVERY_MS = 180_000;

/** Stores when a user was last present. */
type LastSeen = { now(): number; note(group: GroupId, user: UserId, at: number): Promise<void> };

/**
 * This process's leases: one per group and user with a page open here, however many pages.
 * A process that dies stops renewing, and its leases expire.
 */
export class Leases {
  readonly #bus: Bus;
  readonly #lastSeen: LastSeen;
  readonly #holder: string;
  readonly #leaseMs: number;
  readonly #pages = new Map<string, { readonly group: GroupId; readonly user: UserId; count: number; notedAt: number }>();
  /** Who was present at the last check, by group. */
  #present = new Map<GroupId, string>();

  constructor(bus: Bus, lastSeen: LastSeen, holder: string, leaseMs = LEASE_MS) {
    this.#bus = bus;
    this.#lastSeen = lastSeen;
    this.#holder = holder;
    this.#leaseMs = leaseMs;
  }

  /** A page has opened; announces the user's presence if it is the first. */
  opened(group: GroupId, user: UserId): void {
    const key = `${group}/${user}`;
    const pages = this.#pages.get(key) ?? { group, user, count: 0, notedAt: this.#lastSeen.now() };
    pages.count += 1;
    this.#pages.set(key, pages);
    if (pages.count === 1) void this.#renew(group, user);
  }

  /** A page has closed; announces the user's absence if it was the last. */
  closed(group: GroupId, user: UserId): void {
    const key = `${group}/${user}`;
    const pages = this.#pages.get(key);
    if (!pages) return;
    pages.count -= 1;
    if (pages.count > 0) return;
    this.#pages.delete(key);
    void this.#release(group, user);
  }

  /** Renews all leases in parallel: a lease renewed after its page closed would remain. */
  async renewAll(): Promise<void> {
    await Promise.all([...this.#pages.values()].map(({ group, user }) => this.#renew(group, user)));
    await this.#noteLongest();
  }

  /** Which of these groups have other users present than at the last call. Users of a process that died leave without an event. */
  async changedIn(groups: readonly GroupId[]): Promise<GroupId[]> {
    const read = async (group: GroupId) => [group, [...(await this.#bus.presence.list(group))].sort().join()] as const;
    const before = this.#present;
    this.#present = new Map(await Promise.all(groups.map(read)));
    return groups.filter((group) => before.has(group) && before.get(group) !== this.#present.get(group));
  }

  /** Stores "last seen" of users who stay. */
  async #noteLongest(): Promise<void> {
    const now = this.#lastSeen.now();
    const due = [...this.#pages.values()].filter(({ notedAt }) => now - notedAt >= NOTE_EVERY_MS);
    for (const pages of due) pages.notedAt = now;
    await Promise.all(due.map(({ group, user }) => this.#lastSeen.note(group, user, now)));
  }

  async #renew(group: GroupId, user: UserId): Promise<void> {
    if (await this.#bus.presence.renew(group, user, this.#holder, this.#leaseMs)) this.#announce(group);
  }

  async #release(group: GroupId, user: UserId): Promise<void> {
    void this.#lastSeen.note(group, user, this.#lastSeen.now());
    if (await this.#bus.presence.release(group, user, this.#holder)) this.#announce(group);
  }

  #announce(group: GroupId): void {
    this.#bus.publish({ type: 'presence', group });
  }
}
