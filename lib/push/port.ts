import type { GroupId, UserId } from '../ids.ts';

/** A browser that is to be told of messages: a push subscription (RFC 8030) of the session that made it. */
export type Device = {
  /** SHA-256 of its endpoint, hex: so that a browser is in the list once, whoever uses it. */
  readonly id: string;
  readonly user: UserId;
  /** The hash of the session that asked for it; nothing is sent once that has ended. */
  readonly session: string;
  /** Its endpoint and keys as JSON, sealed: whoever has them can make the browser show something. */
  readonly sealed: string;
  /** What it is, in words for its owner: `Firefox on Linux`. */
  readonly label: string;
  readonly createdAt: number;
  /** ms when its push service last took something; null: never yet. */
  readonly lastOkAt: number | null;
  /** How often in a row it did not. */
  readonly failures: number;
};

/** What of a group a member is told of: every message, what names them, or nothing (muted). */
export type Level = 'everything' | 'mentions' | 'nothing';

/** A member with a device, and what of the group they want to be told. */
export type Reachable = { readonly user: UserId; readonly level: Level };

export type PushStore = {
  /** Stores it, or replaces the one with its id; of the same user `createdAt` and `lastOkAt` are kept. */
  put(device: Device): Promise<void>;
  /** By createdAt. */
  ofUser(user: UserId): Promise<Device[]>;
  /** Of several, in any order. */
  ofUsers(users: readonly UserId[]): Promise<Device[]>;
  /** Whether there is any. Cheap. */
  any(): Promise<boolean>;
  /** Who is in the group and has a device, in any order. */
  inGroup(group: GroupId): Promise<Reachable[]>;
  /** Notes that its push service took something at `now`. */
  recordSuccess(id: string, now: number): Promise<void>;
  /** Notes that it did not. */
  recordFailure(id: string): Promise<void>;
  /** Resolves to whether there was one, of that user if one is given. */
  remove(id: string, user?: UserId): Promise<boolean>;
  /** Removes those that a session has made, or all of a user. */
  removeAll(of: { readonly session: string } | { readonly user: UserId }): Promise<void>;
};
