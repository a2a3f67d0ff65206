import type { Bus } from '../bus/port.ts';
import type { GroupId, UserId } from '../ids.ts';

export const LEASE_MS = 60_000;
export const RENEW_MS = 20_000;

/**
 * This process's leases: one per group and user with a page open here, however many pages.
 * A process that dies stops renewing, and its leases run out by themselves.
 */
export class Leases {
  readonly #bus: Bus;
  readonly #holder: string;
  readonly #pages = new Map<string, { readonly group: GroupId; readonly user: UserId; count: number }>();

  constructor(bus: Bus, holder: string) {
    this.#bus = bus;
    this.#holder = holder;
  }

  async opened(group: GroupId, user: UserId): Promise<void> {
    const key = `${group}/${user}`;
    const pages = this.#pages.get(key) ?? { group, user, count: 0 };
    pages.count += 1;
    this.#pages.set(key, pages);
    if (pages.count === 1 && (await this.#bus.presence.renew(group, user, this.#holder, LEASE_MS))) this.#announce(group);
  }

  async closed(group: GroupId, user: UserId): Promise<void> {
    const key = `${group}/${user}`;
    const pages = this.#pages.get(key);
    if (!pages) return;
    pages.count -= 1;
    if (pages.count > 0) return;
    this.#pages.delete(key);
    if (await this.#bus.presence.release(group, user, this.#holder)) this.#announce(group);
  }

  async renewAll(): Promise<void> {
    for (const { group, user } of [...this.#pages.values()])
      if (await this.#bus.presence.renew(group, user, this.#holder, LEASE_MS)) this.#announce(group);
  }

  #announce(group: GroupId): void {
    this.#bus.publish({ type: 'presence', group });
  }
}
