import type { Attempt, Delivery, Outcome } from './deliveries-port.ts';

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

/** The delay before each retry; after one more failure the delivery has failed. */
export const RETRY_AFTER_MS: readonly number[] = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR];
const MAX_RETRY_AFTER_MS = 24 * HOUR;
/** A webhook is disabled after this long with failures only. */
export const DISABLE_AFTER_MS = 120 * HOUR;
/** How long finished deliveries are kept. */
export const KEPT_MS = 14 * 24 * HOUR;

/**
 * The result of an attempt.
 * - `refused`: not sent, for a permanent reason. `gone`: the URL responded 410.
 * - `dropped`: no longer to be sent. `stopped`: this server stopped during the attempt.
 */
export type Result =
  | { readonly kind: 'delivered'; readonly attempt: Attempt; readonly reply: number | null }
  | { readonly kind: 'failed' | 'gone' | 'refused'; readonly attempt: Attempt; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'dropped'; readonly reason: string }
  | { readonly kind: 'stopped' };

/** The outcome to store for a delivery after an attempt that ended at `now`. */
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

/** The delay of a Retry-After header in ms: seconds, or a date (RFC 9110, section 10.2.3); at most 24 h. Undefined when absent or invalid. */
export function retryAfterIn(header: string, now: number): number | undefined {
  const ms = /^\s*\d{1,12}\s*$/.test(header) ? Number(header) * SECOND : Date.parse(header) - now;
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}
