import type { GroupId, UserId } from '../../ids.ts';

/**
 * A message of a bot that one member of a group sees, until they dismiss it or it expires (Slack: ephemeral message). It is not in the log.
 * `sealed`: text and format, encrypted (Secrets.seal).
 */
export type EphemeralRecord = {
  readonly id: string;
  readonly group: GroupId;
  /** Who sees it. */
  readonly user: UserId;
  readonly bot: UserId;
  readonly sealed: string;
  readonly at: number;
  /** ms from which it is gone. */
  readonly expiresAt: number;
};

export type EphemeralStore = {
  /** Inserts a record; one with the same id stays as it is. Resolves to whether it is new. */
  insert(record: EphemeralRecord): Promise<boolean>;
  byId(id: string): Promise<EphemeralRecord | undefined>;
  /** What a member sees in a group at `now`, oldest first; the newest `limit` (≥ 1) at most. */
  list(group: GroupId, user: UserId, now: number, limit: number): Promise<EphemeralRecord[]>;
  /** Idempotent. */
  remove(id: string): Promise<void>;
  /** Removes those of a user. */
  removeOf(user: UserId): Promise<void>;
  /** Removes those that have expired at `now`. */
  sweep(now: number): Promise<void>;
};
