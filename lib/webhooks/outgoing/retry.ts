import type { Attempt, Delivery, Outcome } from './deliveries-port.ts';

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

/** How long after each failure it is tried again; after one more it is given up. */
export const RETRY_AFTER_MS: readonly number[] = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR];
const MAX_RETRY_AFTER_MS = 24 * HOUR;
/** So long nothing but failures, and the webhook is disabled. */
export const DISABLE_AFTER_MS = 120 * HOUR;
/** Finished deliveries are kept so long. */
export const KEPT_MS = 14 * 24 * HOUR;

/**
 * What came of calling a bot.
 * - `refused`: it was not called, for a reason that will not go away. `gone`: it said that it does not want to be called any more (410).
 * - `dropped`: there was no reason to call it any more. `stopped`: this server ended meanwhile.
 */
export type Result =
  | { readonly kind: 'delivered'; readonly attempt: Attempt; readonly reply: number | null }
  | { readonly kind: 'failed' | 'gone' | 'refused'; readonly attempt: Attempt; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'dropped'; readonly reason: string }
  | { readonly kind: 'stopped' };

/** What is to be written of a delivery after a call, at `now`. */
export function outcomeOf(delivery: Delivery, result: Result, now: number): Outcome {
  const same = { reason: null, due: now, tries: delivery.tries, finishedAt: now, reply: delivery.reply };
  switch (result.kind) {
    case 'delivered':
      return { ...same, state: 'done', reply: result.reply ?? delivery.reply, attempt: result.attempt };
    case 'gone':
    case 'refused':
      return { ...same, state: 'failed', reason: result.attempt.error, tries: delivery.tries + 1, attempt: result.attempt };
    case 'failed':
      return afterFailure(delivery, result, now);
    case 'dropped':
      return { ...same, state: 'dropped', reason: result.reason };
    case 'stopped':
      return { ...same, state: 'waiting', finishedAt: null };
    default:
      throw result satisfies never;
  }
}

function afterFailure(
  delivery: Delivery,
  { attempt, retryAfterMs = 0 }: Result & { kind: 'failed' | 'gone' | 'refused' },
  now: number,
): Outcome {
  const { tries, reply } = delivery;
  const waitMs = RETRY_AFTER_MS[tries];
  const counted = { tries: tries + 1, reply, attempt };
  if (waitMs === undefined)
    return { ...counted, state: 'failed', reason: `Given up after ${tries + 1} attempts.`, due: now, finishedAt: now };
  return { ...counted, state: 'waiting', reason: null, due: now + Math.max(waitMs, retryAfterMs), finishedAt: null };
}

/** The ms that a Retry-After header asks for: seconds, or a date (RFC 9110, section 10.2.3); 24 h at most. Undefined for none that can be read. */
export function retryAfterIn(header: string, now: number): number | undefined {
  const ms = /^\s*\d{1,12}\s*$/.test(header) ? Number(header) * SECOND : Date.parse(header) - now;
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}
