import type { Bus } from '../../bus/port.ts';
import type { GroupId, UserId } from '../../ids.ts';

export const LEASE_MS = 60_000;
/** Who stays is noted anew each time: that much is unknown of who was there when a process died. */
const NOTE_EVERY_MS = 180_000;

/** Where it is kept when a user was last there. */
type LastSeen = { now(): number; note(group: GroupId, user: UserId, at: number): Promise<void> };

/**
 * This process's leases: one per group and user with a page open here, however many pages.
 * A process that dies stops renewing, and its leases run out by themselves.
 */
export class Leases {
  readonly #bus: Bus;
  readonly #sightings: LastSeen;
  readonly #holder: string;
  readonly #leaseMs: number;
  readonly #pages = new Map<string, { readonly group: GroupId; readonly user: UserId; count: number; notedAt: number }>();
  /** Who was there at the last look, by group. */
  #seen = new Map<GroupId, string>();

  constructor(bus: Bus, sightings: LastSeen, holder: string, leaseMs = LEASE_MS) {
    this.#bus = bus;
    this.#sightings = sightings;
    this.#holder = holder;
    this.#leaseMs = leaseMs;
  }

  /** A page opened; others are told if it is the user's first. */
  opened(group: GroupId, user: UserId): void {
    const key = `${group}/${user}`;
    const pages = this.#pages.get(key) ?? { group, user, count: 0, notedAt: this.#sightings.now() };
    pages.count += 1;
    this.#pages.set(key, pages);
    if (pages.count === 1) void this.#renew(group, user);
  }

  /** A page that had opened is closed; others are told if it was the user's last. */
  closed(group: GroupId, user: UserId): void {
    const key = `${group}/${user}`;
    const pages = this.#pages.get(key);
    if (!pages) return;
    pages.count -= 1;
    if (pages.count > 0) return;
    this.#pages.delete(key);
    void this.#release(group, user);
  }

  /** All at once: a lease renewed later than its page was closed would stay. */
  async renewAll(): Promise<void> {
    await Promise.all([...this.#pages.values()].map(({ group, user }) => this.#renew(group, user)));
    await this.#noteLongest();
  }

  /** Which of these groups have others there than when this was last asked: a process that died took its users away without a word. */
  async changedIn(groups: readonly GroupId[]): Promise<GroupId[]> {
    const look = async (group: GroupId) => [group, [...(await this.#bus.presence.list(group))].sort().join()] as const;
    const before = this.#seen;
    this.#seen = new Map(await Promise.all(groups.map(look)));
    return groups.filter((group) => before.has(group) && before.get(group) !== this.#seen.get(group));
  }

  /** Of those who stay. */
  async #noteLongest(): Promise<void> {
    const now = this.#sightings.now();
    const due = [...this.#pages.values()].filter(({ notedAt }) => now - notedAt >= NOTE_EVERY_MS);
    for (const pages of due) pages.notedAt = now;
    await Promise.all(due.map(({ group, user }) => this.#sightings.note(group, user, now)));
  }

  async #renew(group: GroupId, user: UserId): Promise<void> {
    if (await this.#bus.presence.renew(group, user, this.#holder, this.#leaseMs)) this.#announce(group);
  }

  async #release(group: GroupId, user: UserId): Promise<void> {
    void this.#sightings.note(group, user, this.#sightings.now());
    if (await this.#bus.presence.release(group, user, this.#holder)) this.#announce(group);
  }

  #announce(group: GroupId): void {
    this.#bus.publish({ type: 'presence', group });
  }
}
