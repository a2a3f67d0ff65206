import type { GroupId, UserId } from '../ids.ts';

/** A browser that gets notifications: the push subscription (RFC 8030) of a session. */
export type Device = {
  /** SHA-256 of its endpoint, hex: one record per browser, whoever is logged in. */
  readonly id: string;
  readonly user: UserId;
  /** The hash of its session; nothing is sent after the session has ended. */
  readonly session: string;
  /** Endpoint and keys as sealed JSON, because they allow sending notifications to the browser. */
  readonly sealed: string;
  /** Shown to its owner: `Firefox on Linux`. */
  readonly label: string;
  readonly createdAt: number;
  /** Time (ms) of the last successful send; null: none yet. */
  readonly lastOkAt: number | null;
  /** Number of consecutive failures. */
  readonly failures: number;
};

/** What a member is notified of in a group: every message, mentions, or nothing (muted). */
export type Level = 'everything' | 'mentions' | 'nothing';

/** A member with a device, and the member's notification level in the group. */
export type Reachable = { readonly user: UserId; readonly level: Level };

export type PushStore = {
  /** Inserts the device, or replaces the one with its id; keeps `createdAt` and `lastOkAt` if the user is the same. */
  put(device: Device): Promise<void>;
  /** By createdAt. */
  ofUser(user: UserId): Promise<Device[]>;
  /** The devices of several users, in any order. */
  ofUsers(users: readonly UserId[]): Promise<Device[]>;
  /** Whether any device exists. Cheap. */
  any(): Promise<boolean>;
  /** Members of the group that have a device, in any order. */
  inGroup(group: GroupId): Promise<Reachable[]>;
  /** Sets `lastOkAt` and resets `failures`. */
  recordSuccess(id: string, now: number): Promise<void>;
  /** Increments `failures`. */
  recordFailure(id: string): Promise<void>;
  /** Resolves to whether the device existed (with `user`: and belonged to that user). */
  remove(id: string, user?: UserId): Promise<boolean>;
  /** Removes all devices of a session or of a user. */
  removeAll(of: { readonly session: string } | { readonly user: UserId }): Promise<void>;
};
