import type { GroupId, UserId } from '../ids.ts';

/**
 * Why a message could not be sent: the group is archived (`archived`) or gone (`gone`), its author is not in it (`not_member`) or disabled
 * (`disabled`), it is longer than messages may be now (`too_long`), it answers a message that is not there (`reply_gone`), its text cannot be decrypted
 * (`unreadable`), or the server has refused it for another reason (`refused`).
 */
export type Failure = 'archived' | 'gone' | 'not_member' | 'disabled' | 'too_long' | 'reply_gone' | 'unreadable' | 'refused';

/** A message that waits for its time, or could not be sent. It is removed once it is posted. Times are ms since the epoch. */
export type Scheduled = {
  /** 16 to 24 characters of [0-9a-z]. */
  readonly id: string;
  readonly author: UserId;
  /** Where it is posted: for a reminder, the notes of its author. */
  readonly group: GroupId;
  readonly kind: 'message' | 'reminder';
  readonly body: string;
  readonly format: 'text' | 'markdown';
  /** The seq of the message of the group that it answers. */
  readonly replyTo?: number;
  /** Of a reminder: the group where it was asked for. */
  readonly about?: GroupId;
  /** When it is to be sent. */
  readonly at: number;
  readonly createdAt: number;
  /** When it is next tried; null once it has failed. */
  readonly due: number | null;
  /** Until when the process that sends it has claimed it; null when nobody has. */
  readonly claimedUntil: number | null;
  /** Temporary failures so far. */
  readonly tries: number;
  readonly failure: Failure | null;
  /** HMAC of the request that scheduled it, when that had an idempotency key. */
  readonly mac: string | null;
  /** 1 at first, one more after each change. */
  readonly rev: number;
};

/** The place of a message in the order in which messages are sent. */
export type ScheduledPlace = Pick<Scheduled, 'at' | 'id'>;

export type ScheduledChange = Partial<Pick<Scheduled, 'body' | 'format' | 'at' | 'due' | 'claimedUntil' | 'tries' | 'failure'>>;

export type ScheduledStore = {
  /** Resolves to whether it was inserted: one that has this id stays as it is. */
  insert(scheduled: Scheduled): Promise<boolean>;
  byId(id: string): Promise<Scheduled | undefined>;
  /** Those of an author, by `at` and `id`, at most `limit` (≥ 1). */
  ofAuthor(author: UserId, limit: number): Promise<Scheduled[]>;
  count(author: UserId): Promise<number>;
  /** Those that have not failed, with `at` ≤ `now`, claimed or not, by `at` and `id`, after a place; at most `limit` (≥ 1). Cheap when there are none. */
  ready(now: number, limit: number, after?: ScheduledPlace): Promise<Scheduled[]>;
  /** The earliest `due` after `time`; undefined when there is none. */
  nextDue(time: number): Promise<number | undefined>;
  /** Compare-and-set: changes it and increments `rev`, if it is still `rev`. Of concurrent calls one succeeds. */
  update(id: string, rev: number, change: ScheduledChange): Promise<boolean>;
  /** Removes it if it still has this `rev`. */
  remove(id: string, rev: number): Promise<boolean>;
  removeOf(author: UserId): Promise<void>;
};
