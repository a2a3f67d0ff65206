/** Of the time that the last write took: a wait of this share costs less than writing twice. */
const SHARE = 0.4;
const MAX_MS = 10;

/** What was written last: how many items, how many were waiting by then, how long it took (ms), and when it ended (`performance.now()`). */
export type LastWrite = { readonly written: number; readonly waiting: number; readonly tookMs: number; readonly endedAt: number };

export const NOTHING_WRITTEN: LastWrite = { written: 0, waiting: 0, tookMs: 0, endedAt: 0 };

/**
 * Waits for those who wait for one write before they ask for the next one. While a batch is on the disk the next one collects, and those whose items
 * were written come back a moment later: without a wait they would always miss it, and half of the items would be written at a time.
 */
export type BatchDelay = {
  /**
   * Resolves when as many items are there as were written and waiting last, or after a part of the time that the write took. A write that took less than
   * 3 ms is not worth a wait, and neither is one that nobody else was waiting for.
   */
  wait(last: LastWrite): Promise<void>;
  /** An item was added. */
  note(): void;
};

/** `count`: the number of items so far. */
export function openBatchDelay(count: () => number): BatchDelay {
  let wanted = 0;
  let wake: (() => void) | undefined;
  return {
    async wait({ written, waiting, tookMs, endedAt }) {
      const ms = endedAt + Math.min(tookMs * SHARE, MAX_MS) - performance.now();
      wanted = written + waiting;
      if (ms < 1 || count() >= wanted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
      wake = undefined;
    },
    note() {
      if (count() >= wanted) wake?.();
    },
  };
}
