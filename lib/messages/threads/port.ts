import type { GroupId, UserId } from '../../ids.ts';

/**
 * What a thread is to a user. `root`: the seq of its first message. `follows`: whether its replies notify them. `read`: the seq up to which they have read
 * it on its page, 0 at first. `at`: ms when the record was made.
 */
export type Follow = {
  readonly user: UserId;
  readonly group: GroupId;
  readonly root: number;
  readonly follows: boolean;
  readonly read: number;
  readonly at: number;
};

/** One record per user and thread. The guarantees of lib/store/port.ts apply. */
export type FollowStore = {
  /** Makes the record, which has not been read, where there is none. Idempotent. */
  begin(follow: Pick<Follow, 'user' | 'group' | 'root' | 'at'>): Promise<void>;
  /** Sets `follows`; makes the record when there is none. */
  set(follow: Pick<Follow, 'user' | 'group' | 'root' | 'follows' | 'at'>): Promise<void>;
  /** Moves `read` forward to `seq`, never back. Does nothing without a record. */
  markRead(user: UserId, group: GroupId, root: number, seq: number): Promise<void>;
  get(user: UserId, group: GroupId, root: number): Promise<Follow | undefined>;
  /** The records of a user that follow, newest first by `at` (then by group and root, descending), `limit` at most. */
  listOf(user: UserId, limit: number): Promise<Follow[]>;
  /** The users who follow a thread, in the order of their ids, `limit` at most. */
  followers(group: GroupId, root: number, limit: number): Promise<UserId[]>;
  /** Removes all records of a user. */
  removeOf(user: UserId): Promise<void>;
};
