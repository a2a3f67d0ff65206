import type { GroupId, UserId } from '../../ids.ts';

/** One request to a webhook. `at`: ms since the epoch. `status`: null without a response. `ms`: its duration. `answer`: the first 1 KiB of the response body. `answerBytes`: the length of the whole body. */
export type Attempt = {
  readonly at: number;
  readonly status: number | null;
  readonly ms: number;
  readonly error: string | null;
  readonly answer: string | null;
  readonly answerBytes?: number;
};

/**
 * The delivery of one log entry to one bot. The payload is not stored: it is built from the log at each attempt.
 * - `waiting`: to be sent at `due`, or being sent by a process whose claim ends at `due`.
 * - `done`: the bot responded 2xx. `failed`: no more retries. `dropped`: no longer to be sent.
 */
export type Delivery = {
  /** Derived from the entry and the bot, so that every process creates the same id. Sent as `webhook-id`. */
  readonly id: string;
  readonly bot: UserId;
  readonly group: GroupId;
  /** The seq of the entry; 0 for a test event. */
  readonly seq: number;
  /** The seq of the message that it is about; null for none. */
  readonly message: number | null;
  /** The seq of the message that was posted as the bot's reply; null for none. */
  readonly reply: number | null;
  readonly event: string;
  readonly state: 'waiting' | 'done' | 'failed' | 'dropped';
  /** Why it was dropped or has failed, as a sentence. */
  readonly reason: string | null;
  /** When it is to be sent (ms since the epoch). */
  readonly due: number;
  /** Failures since it was created or rescheduled. */
  readonly tries: number;
  /** Oldest first, at most `MAX_ATTEMPTS`. */
  readonly attempts: readonly Attempt[];
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** Incremented by each claim and outcome: a claim holds as long as this has not changed. */
  readonly rev: number;
};

/** How many attempts of one delivery are stored. */
export const MAX_ATTEMPTS = 20;

/** The outcome of a claimed delivery. */
export type Outcome = Pick<Delivery, 'state' | 'reason' | 'due' | 'tries' | 'finishedAt' | 'reply'> & { readonly attempt?: Attempt };

export type DueExcept = { readonly bots?: readonly UserId[]; readonly groups?: readonly GroupId[] };

export type DeliveryStore = {
  /** Inserts deliveries; existing ids stay unchanged. Idempotent. */
  insert(deliveries: readonly Delivery[]): Promise<void>;
  byId(id: string): Promise<Delivery | undefined>;
  /** Waiting deliveries with `due` ≤ `now`, except of these bots and groups, earliest `due` first, at most `limit` (≥ 1). */
  due(now: number, limit: number, except?: DueExcept): Promise<Delivery[]>;
  /** The earliest `due` after `after` of the waiting deliveries. */
  nextDue(after: number): Promise<number | undefined>;
  /** Compare-and-set: sets `due` to `until` and increments `rev` if it is waiting with this `rev`. Of concurrent claims one succeeds. */
  claim(id: string, rev: number, until: number): Promise<boolean>;
  /** Stores the outcome of the claim with this `rev`, and increments `rev`; false when another process has claimed it since. */
  recordOutcome(id: string, rev: number, outcome: Outcome): Promise<boolean>;
  /** Sets a finished delivery to waiting at `now`, with `tries` 0; false when it is not finished. */
  reschedule(id: string, now: number): Promise<boolean>;
  /** The deliveries of one bot, newest first (by createdAt, then id), at most `limit` (≥ 1), only those older than `before` if given. */
  ofBot(bot: UserId, options: { readonly limit: number; readonly before?: Pick<Delivery, 'createdAt' | 'id'> }): Promise<Delivery[]>;
  /** Removes the stored response bodies of deliveries about this message, or whose reply it is. */
  scrub(group: GroupId, message: number): Promise<void>;
  /** Removes deliveries finished before `before` (ms). */
  sweep(before: number): Promise<void>;
};
