type Backoff = {
  /** The wait (ms) after no failure; it doubles with each failure. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** The share of the wait that is random, 0 to 1: so that processes do not all retry at the same moment. 0.5 unless given. */
  readonly jitter?: number;
};

/** How long (ms) to wait before the next attempt, after so many failures: exponential backoff with jitter, between `1 - jitter` and all of the full wait. */
export const backoffMs = ({ firstMs, maxMs, jitter = 0.5 }: Backoff, failures: number): number =>
  Math.min(firstMs * 2 ** failures, maxMs) * (1 - jitter * Math.random());
