import type { GroupId, UserId } from '../ids.ts';

/** A message that a user has put by. `at`: ms when they did. */
export type Saved = { readonly user: UserId; readonly group: GroupId; readonly seq: number; readonly at: number };

/** Messages that users have put by, each for themselves. The promises of the store (lib/store/port.ts) hold. */
export type SavedStore = {
  /** Again: the first one stays. */
  put(saved: Saved): Promise<void>;
  /** Repeats harmlessly. */
  remove(user: UserId, group: GroupId, seq: number): Promise<void>;
  /** Last saved first (then by group and seq, the higher first), `limit` at most, behind `after` when it is set. */
  list(user: UserId, options: { readonly limit: number; readonly after?: Omit<Saved, 'user'> | undefined }): Promise<Saved[]>;
  count(user: UserId): Promise<number>;
};
