import type { GroupId, UserId } from '../ids.ts';
import type { Entry, Folded, FollowUp, Head, Message } from './entry.ts';

/**
 * `written`: how many of the entries, from the front, are durable now. `stopped`, when not all are:
 * - 'conflict': a (group, seq) or a (group, author, key) was taken; read the log and decide again.
 * - 'unknown': no answer came; the next entries may or may not have been written, in order.
 */
export type Appended = { readonly written: number; readonly stopped?: 'conflict' | 'unknown' };

/** More are not counted: nobody reads the number. */
export const MAX_MENTIONS_COUNTED = 100;

export type LogStore = {
  /**
   * Writes entries of one group, in order, with consecutive seq. Each is one record; the first that fails stops the rest.
   * Entry s is written only if s−1 exists: the caller's first seq follows a head it has read or written.
   * Also moves the group's head hint, after the fact. Never rejects: an unavailable store is 'unknown'.
   */
  append(group: GroupId, entries: readonly Entry[]): Promise<Appended>;
  /** The true end of the log: read on from the hint until a window is empty. */
  head(group: GroupId): Promise<Head>;
  /** The true ends of several logs at once, in few cheap reads whatever their number: one for each group asked for. */
  heads(groups: readonly GroupId[]): Promise<Map<GroupId, Head>>;
  /** Entries with from ≤ seq ≤ to, by seq. `to − from` < 1000. */
  range(group: GroupId, from: number, to: number): Promise<Entry[]>;
  /** Messages with from ≤ n ≤ to, by n. `to − from` < 1000. */
  messages(group: GroupId, from: number, to: number): Promise<Message[]>;
  /** One message by its seq; undefined when that seq is no message. */
  message(group: GroupId, seq: number): Promise<Message | undefined>;
  /** The follow-ups of these messages with a seq above `after` (per target), by seq. */
  followUps(group: GroupId, targets: readonly { readonly seq: number; readonly after: number }[]): Promise<FollowUp[]>;
  byKey(group: GroupId, author: UserId, key: string): Promise<Entry | undefined>;
  /**
   * How many messages name this user, in themselves or in an edit, by others, in entries with n > `after`; MAX_MENTIONS_COUNTED at most per group.
   * Not those whose text was scrubbed. A group is asked for once.
   */
  countMentions(user: UserId, asked: readonly { readonly group: GroupId; readonly after: number }[]): Promise<Map<GroupId, number>>;
  /** Stores the snapshot in the target, only when it reaches further than the stored one and the target is not scrubbed. */
  snapshot(group: GroupId, target: number, folded: Folded): Promise<void>;
  /** Erase entries whose `due` is at or before `now`, of any group. */
  dueScrubs(now: number, limit: number): Promise<(Entry & { kind: 'erase' })[]>;
  /**
   * Empties the body of the target and of all its edits and marks them scrubbed, drops snapshot and attachments, then unsets `due` of erase entry `erase`.
   * Repeats harmlessly.
   */
  scrub(group: GroupId, target: number, erase: number): Promise<void>;
  /** Entries with `pending`, in any order. Cheap when there are none. */
  listPending(limit: number): Promise<Entry[]>;
  /** Unsets `pending` of an entry, once its deliveries are stored. Repeats harmlessly. */
  clearPending(group: GroupId, seq: number): Promise<void>;
  /** The pins that stand, the newest first, `limit` at most. It costs as much as there are of them. */
  pins(group: GroupId, limit: number): Promise<(Entry & { kind: 'pin' })[]>;
  /** Unsets `stands` of the target's pins with a seq below `before`. Repeats harmlessly. */
  clearPins(group: GroupId, target: number, before: number): Promise<void>;
  /** Unsets `due` of an erase entry that was taken back. */
  clearDue(group: GroupId, erase: number): Promise<void>;
};
