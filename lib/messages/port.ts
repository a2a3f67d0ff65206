import type { GroupId, UserId } from '../ids.ts';

/** A message that a user has saved. `at`: ms when it was saved. */
export type Saved = { readonly user: UserId; readonly group: GroupId; readonly seq: number; readonly at: number };

/** Saved messages of each user. The guarantees of lib/store/port.ts apply. */
export type SavedStore = {
  /** Idempotent: the first record stays. */
  put(saved: Saved): Promise<void>;
  /** Idempotent. */
  remove(user: UserId, group: GroupId, seq: number): Promise<void>;
  /** Newest first by `at` (then by group and seq, descending), `limit` (≥ 1) at most; only those after position `after`, if given. */
  list(user: UserId, options: { readonly limit: number; readonly after?: Omit<Saved, 'user'> | undefined }): Promise<Saved[]>;
  has(user: UserId, group: GroupId, seq: number): Promise<boolean>;
  count(user: UserId): Promise<number>;
};
