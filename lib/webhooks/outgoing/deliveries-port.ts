import type { GroupId, UserId } from '../../ids.ts';

/** One call of a webhook. `status`: null when no answer came. `ms`: how long it took. `answer`: the beginning of what was answered, 1 KiB at most. `answerBytes`: how long it was in all. */
export type Attempt = {
  readonly at: number;
  readonly status: number | null;
  readonly ms: number;
  readonly error: string | null;
  readonly answer: string | null;
  readonly answerBytes?: number;
};

/**
 * That one bot is to be told of one entry. What it is told is not here: it is made of the log at each attempt.
 * - `waiting`: to be sent at `due`, or being sent by who has claimed it, who must be done by then.
 * - `done`: the bot answered 2xx. `failed`: it is not tried any more. `dropped`: there was no reason to send it any more.
 */
export type Delivery = {
  /** Derived from the entry and the bot, so that it is the same whoever makes it. What the bot knows it by. */
  readonly id: string;
  readonly bot: UserId;
  readonly group: GroupId;
  /** Of the entry; 0 for a test event. */
  readonly seq: number;
  /** The message that it is about, by seq; null when it is about none. */
  readonly message: number | null;
  /** The message that was posted as the bot's answer, by seq. */
  readonly reply: number | null;
  readonly event: string;
  readonly state: 'waiting' | 'done' | 'failed' | 'dropped';
  /** Why it was dropped or has failed, in words. */
  readonly reason: string | null;
  /** ms. */
  readonly due: number;
  /** Failures since it was made or sent again. */
  readonly tries: number;
  /** The newest last, `MAX_ATTEMPTS` at most. */
  readonly attempts: readonly Attempt[];
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** Counts claims and what came of them: whoever has claimed it owns it as long as this has not changed. */
  readonly rev: number;
};

/** More attempts of one delivery than this are not kept. */
export const MAX_ATTEMPTS = 20;

/** What came of a claim. */
export type Outcome = Pick<Delivery, 'state' | 'reason' | 'due' | 'tries' | 'finishedAt' | 'reply'> & { readonly attempt?: Attempt };

export type DueExcept = { readonly bots?: readonly UserId[]; readonly groups?: readonly GroupId[] };

export type DeliveryStore = {
  /** Those whose id is there already stay as they are. Each is one record; repeats harmlessly. */
  insert(deliveries: readonly Delivery[]): Promise<void>;
  byId(id: string): Promise<Delivery | undefined>;
  /** Those waiting with `due` ≤ `now`, of other bots and other groups than these, the longest due first, `limit` (≥ 1) at most. */
  due(now: number, limit: number, except?: DueExcept): Promise<Delivery[]>;
  /** The first `due` after `after` of those waiting. */
  nextDue(after: number): Promise<number | undefined>;
  /** Compare-and-set: puts `due` off to `until` and counts `rev` up where it is waiting and `rev` is still this one. Of several who try one succeeds. */
  claim(id: string, rev: number, until: number): Promise<boolean>;
  /** Writes what came of the claim that made `rev` what it is, and counts it up; false when somebody else has claimed it since. */
  recordOutcome(id: string, rev: number, outcome: Outcome): Promise<boolean>;
  /** A finished one waits again from `now` on, with all its tries before it; false when it is none. */
  reschedule(id: string, now: number): Promise<boolean>;
  /** Of one bot, the newest first (by createdAt, then id), `limit` (≥ 1) at most, those older than `before` when it is given. */
  ofBot(bot: UserId, options: { readonly limit: number; readonly before?: Pick<Delivery, 'createdAt' | 'id'> }): Promise<Delivery[]>;
  /** Removes the answers kept of deliveries that are about this message, or whose reply it is. */
  scrub(group: GroupId, message: number): Promise<void>;
  /** Removes those finished before `before`. */
  sweep(before: number): Promise<void>;
};
