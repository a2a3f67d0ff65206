import type { BusEvent } from '../events.ts';
import type { GroupId, UserId } from '../ids.ts';

export type Listener = (event: BusEvent) => void;

/**
 * Notifies processes of changes in the store: at most once, in no guaranteed order, nothing while it is down. Every adapter passes test/contract/bus.ts.
 */
export type Bus = {
  /**
   * Sends the event to every subscriber of event.group in every process, including this one. Never waits and never throws; an event may be lost.
   * For events that could not be sent, the adapter sends a shorter one once it can: `head` for entries.
   */
  publish(event: BusEvent): void;
  /**
   * Calls `listener` with the group's events from the moment the promise resolves. Resolves even while the bus is down:
   * the subscription takes effect when it is up again. Resolves to a function that unsubscribes.
   */
  subscribe(group: GroupId, listener: Listener): Promise<() => void>;
  /** Calls `callback` each time events may have been missed: after every (re)connection. Returns a function that removes it. */
  onGap(callback: () => void): () => void;
  /** Whether events are currently delivered. */
  isUp(): boolean;
  /** Resolves when a probe has made the round trip; rejects after 1 s without. */
  ping(): Promise<void>;
  readonly presence: Presence;
  /** Undefined when this process has nobody to share limits with. */
  readonly limits?: SharedLimits | undefined;
  readonly texts: SharedTexts;
  close(): Promise<void>;
};

/** Who has a group open, by leases. Ephemeral: lost with the bus, rebuilt by the next renewal. No method rejects while the bus is down. */
export type Presence = {
  /** Renews or opens the lease of `holder` (one process) for `leaseMs`. Resolves to whether the user was absent before. */
  renew(group: GroupId, user: UserId, holder: string, leaseMs: number): Promise<boolean>;
  /** Ends the lease. Resolves to whether the user is absent now. */
  release(group: GroupId, user: UserId, holder: string): Promise<boolean>;
  /** The users with an unexpired lease. */
  list(group: GroupId): Promise<Set<UserId>>;
};

/** Takes `tokens` from a bucket that refills by `perSecond` up to `burst`; a negative number returns tokens. */
export type Take = { readonly bucket: string; readonly tokens: number; readonly perSecond: number; readonly burst: number };

/** Limits that all processes count together. Lost with the bus; expires by itself. Every method rejects while the bus is down, at the latest after 1 s. */
export type SharedLimits = {
  /**
   * Takes from buckets in one atomic step, by the clock of the bus. `allOrNone`: nothing from a bucket that has fewer tokens; else down to `burst`
   * below zero. Resolves to whether they were taken from each, and to what it has left (a fraction, at most `burst`).
   */
  take(takes: readonly Take[], allOrNone: boolean): Promise<{ readonly isTaken: boolean; readonly left: number }[]>;
  /** Reports that `holder` (one process) has `count` of something until `leaseMs` from now. Resolves to what the other holders have together. */
  count(name: string, holder: string, count: number, leaseMs: number): Promise<number>;
};

/** Where a text is. `owner` has no colon in it; `name`: unique in the group for its owner. */
export type TextName = { readonly group: GroupId; readonly owner: UserId; readonly name: string };

/** `version`: 1 at first, one more after each replacement. */
export type SharedText = Omit<TextName, 'group'> & { readonly version: number; readonly text: string };

/**
 * Texts of groups that all processes share and that end by themselves, by the clock of the bus. Lost with it. What another program has written there counts
 * as absent. Every method rejects while the bus is down, at the latest after 1 s.
 */
export type SharedTexts = {
  /** Adds a text, under a name that is not in use, for `leaseMs`. Resolves to whose limit refuses it: the group has `most` texts already, or the owner `mostOfOwner` in the group. */
  add(
    at: TextName,
    text: string,
    limits: { readonly leaseMs: number; readonly most: number; readonly mostOfOwner: number },
  ): Promise<'added' | 'owner' | 'group'>;
  /** Replaces a text that has `version`, and renews its lease. Resolves to false when it has another version, or has ended. */
  replace(at: TextName, text: string, present: { readonly version: number; readonly leaseMs: number }): Promise<boolean>;
  get(at: TextName): Promise<SharedText | undefined>;
  /** Those of a group, in any order. */
  list(group: GroupId): Promise<readonly SharedText[]>;
  /** Resolves to whether it was there. */
  remove(at: TextName): Promise<boolean>;
};
