import type { BusEvent } from '../events.ts';
import type { GroupId, UserId } from '../ids.ts';

export type Listener = (event: BusEvent) => void;

/**
 * The bus is only a bell: at most once, in no promised order, silent when it is down. Every adapter keeps test/contract/bus.ts.
 */
export type Bus = {
  /**
   * Tells every subscriber of event.group, in every process, this one included. Never waits and never throws; an event may be lost. Of what could not be
   * sent the adapter says afterwards, once it can, that there was something: `head` for entries.
   */
  publish(event: BusEvent): void;
  /**
   * Calls `listener` with the group's events from the moment the promise resolves. Resolves even while the bus is down:
   * the subscription takes effect when it is back. The function it resolves to ends it.
   */
  subscribe(group: GroupId, listener: Listener): Promise<() => void>;
  /** Called each time the bus may have missed events: after every (re)connection. Returns the way to stop. */
  onGap(callback: () => void): () => void;
  /** Whether events pass right now. */
  isUp(): boolean;
  /** Resolves when an event has made the round trip, rejects when it did not within 1 s. */
  ping(): Promise<void>;
  readonly presence: Presence;
  close(): Promise<void>;
};

/** Who has a group open, by leases. Ephemeral: lost with the bus, rebuilt by the next renewal. Every method is quiet while the bus is down. */
export type Presence = {
  /** Renews or opens the lease of `holder` (one open page) for `leaseMs`. Resolves to whether the user was absent before. */
  renew(group: GroupId, user: UserId, holder: string, leaseMs: number): Promise<boolean>;
  /** Ends it. Resolves to whether the user is absent now. */
  release(group: GroupId, user: UserId, holder: string): Promise<boolean>;
  /** Those with a lease that has not run out. */
  list(group: GroupId): Promise<Set<UserId>>;
};
