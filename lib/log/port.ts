import type { GroupId, UserId } from '../ids.ts';
import type { Entry, Folded, FollowUp, Head, Message } from './entry.ts';

/**
 * `written`: the number of entries, from the first, that are durable. `stopped`, when it is not all of them:
 * - 'conflict': a (group, seq) or a (group, author, key) exists; read the log and decide again.
 * - 'unknown': the store did not answer; the following entries may or may not have been written, in order.
 */
export type Appended = { readonly written: number; readonly stopped?: 'conflict' | 'unknown' };

/** The replies in a thread, directly to its root or to each other, erased ones too: their number, and the last one's seq and time (ms). */
export type ThreadSummary = { readonly replies: number; readonly lastSeq: number; readonly lastAt: number };

/** Replies with a seq below `before`, the newest `limit`, or above `after`, the oldest `limit` (≥ 1). */
export type ReplyWindow = { readonly limit: number } & ({ readonly before: number } | { readonly after: number });

/** Counts stop at this number. */
export const MAX_MENTIONS_COUNTED = 100;

/** An entry with a time at which texts are to be scrubbed. */
export type DueEntry = Entry & { kind: 'erase' | 'command' };

export type LogStore = {
  /**
   * Writes entries of one group, in order, with consecutive seq. Each is one record; the first that fails stops the rest.
   * The caller guarantees that entry s−1 exists: the first seq follows a head that it has read or written.
   * Afterwards updates the group's head hint. Never rejects: an unavailable store is 'unknown'.
   */
  append(group: GroupId, entries: readonly Entry[]): Promise<Appended>;
  /** The actual end of the log: reads from the hint until a window is empty. */
  head(group: GroupId): Promise<Head>;
  /** The actual ends of several logs, with a number of reads that does not grow with the number of groups. The result has every group. */
  heads(groups: readonly GroupId[]): Promise<Map<GroupId, Head>>;
  /** Entries with from ≤ seq ≤ to, by seq. `to − from` < 1000. */
  range(group: GroupId, from: number, to: number): Promise<Entry[]>;
  /** As `range`, without messages and follow-ups: entries that are shown as system messages, or not at all. Does not read the texts of the others. */
  systemEntries(group: GroupId, from: number, to: number): Promise<Entry[]>;
  /** Messages with from ≤ n ≤ to, by n. `to − from` < 1000. */
  messages(group: GroupId, from: number, to: number): Promise<Message[]>;
  /** One message by its seq; undefined when the entry is not a message. */
  message(group: GroupId, seq: number): Promise<Message | undefined>;
  /** The messages with these seqs (at most 1,000), by seq; other entries are left out. */
  messagesAt(group: GroupId, seqs: readonly number[]): Promise<Message[]>;
  /** The threads that these messages (at most 1,000 seqs) began, by the seq of their root. A message without replies has none. */
  threads(group: GroupId, roots: readonly number[]): Promise<Map<number, ThreadSummary>>;
  /** The replies in the thread of a message, without the message itself, by seq. */
  replies(group: GroupId, root: number, window: ReplyWindow): Promise<Message[]>;
  /** The follow-ups of these messages with a seq above `after` (per target), by seq. */
  followUps(group: GroupId, targets: readonly { readonly seq: number; readonly after: number }[]): Promise<FollowUp[]>;
  /** The edits of a message with a seq below `before`, newest first, `limit` (≥ 1) at most. */
  edits(group: GroupId, target: number, window: { readonly before: number; readonly limit: number }): Promise<(Entry & { kind: 'edit' })[]>;
  byKey(group: GroupId, author: UserId, key: string): Promise<Entry | undefined>;
  /**
   * Per group, the number of messages by others that mention this user, in the body or in an edit, in entries with n > `after`; at most
   * MAX_MENTIONS_COUNTED. Scrubbed texts do not count. Each group occurs once in `asked`.
   */
  countMentions(user: UserId, asked: readonly { readonly group: GroupId; readonly after: number }[]): Promise<Map<GroupId, number>>;
  /** The number of messages of a group that are erased now. The cost grows with the number of erasures, not with the length of the log. */
  countErased(group: GroupId): Promise<number>;
  /** Those of these messages (at most 1,000 seqs) that are erased now, scrubbed or not. The cost grows with the number of their erasures only. */
  erasedAmong(group: GroupId, seqs: readonly number[]): Promise<Set<number>>;
  /** The last edit of a message with a seq below `before`. */
  lastEdit(group: GroupId, target: number, before: number): Promise<(Entry & { kind: 'edit' }) | undefined>;
  /** Stores the snapshot in the target, only when its `upto` is higher than the stored one and the target is not scrubbed. */
  snapshot(group: GroupId, target: number, folded: Folded): Promise<void>;
  /** Erase entries, and commands, whose `due` is at or before `now`, of any group but those in `held`. `limit` ≥ 1. */
  dueScrubs(now: number, limit: number, held?: readonly GroupId[]): Promise<DueEntry[]>;
  /**
   * Empties the body of the target and of its edits, marks them scrubbed, removes snapshot, attachments, actions and command; does to its `act` entries what
   * `scrubActs` does; then unsets `due` of the entry `erase`. Idempotent.
   */
  scrub(group: GroupId, target: number, erase: number): Promise<void>;
  /**
   * Of these `act` and `command` entries (seqs), empties the label or the text, removes `value` and `values`, and marks them scrubbed. Idempotent.
   */
  scrubActs(group: GroupId, seqs: readonly number[]): Promise<void>;
  /** Entries with `pending`, in any order, `limit` (≥ 1) at most (sparse index). */
  listPending(limit: number): Promise<Entry[]>;
  /** Unsets `pending` of an entry, after its deliveries are stored. Idempotent. */
  clearPending(group: GroupId, seq: number): Promise<void>;
  /** The pins in effect, newest first, `limit` (≥ 1) at most. The cost grows only with their number. */
  pins(group: GroupId, limit: number): Promise<(Entry & { kind: 'pin' })[]>;
  /** Unsets `stands` of the target's pins with a seq below `before`. Idempotent. */
  clearPins(group: GroupId, target: number, before: number): Promise<void>;
  /** Unsets `due` of an erase entry that was undone, or of a command that was scrubbed. */
  clearDue(group: GroupId, seq: number): Promise<void>;
};
