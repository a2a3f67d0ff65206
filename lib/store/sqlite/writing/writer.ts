import { setTimeout as delay } from 'node:timers/promises';
import { NOTHING_WRITTEN, openBatchDelay } from '../../../batch-delay.ts';
import { coalesce } from '../../../coalesce.ts';
import { type OnFault, StoreUnavailable } from '../../../errors.ts';
import { runOutsideRequest } from '../../../request-scope.ts';
import type { Job } from './remote.ts';
import type { Commit, Committed, Outcome } from './transaction.ts';

/**
 * Group commit: writes of one turn of the event loop, and those that come while a transaction is written, share the next transaction and so one fsync.
 * Without it each write needs its own fsync, and a disk does a few thousand per second at best.
 */
export type Writer = {
  /**
   * Runs the job inside a write transaction, in the order of calls; resolves to its result once that is durable. When the job throws, what it wrote is
   * rolled back and only its own promise rejects; when the file fails, everything in the transaction rejects with StoreUnavailable.
   */
  write(job: Job): Promise<unknown>;
  /** From the next transaction on, `commit` writes. */
  commitBy(commit: Commit): void;
  /** How long the last commit took, ms. */
  commitMs(): number;
  /** Rejects further writes; resolves when those before are settled. */
  close(): Promise<void>;
};

type Waiting = {
  readonly job: Job;
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** It has waited too long. If it is not being written, it must not be written later. */
  isRejected: boolean;
};

type Options = {
  /** How long a write waits for a file that another process has locked, ms. */
  readonly busyTimeoutMs: number;
  /** How long a write waits for the disk, ms. */
  readonly diskWaitMs: number;
  /** Called once for each time that one of the two was too long. */
  readonly onFault: OnFault;
};

/** Bounds what passes to another thread again when it did not fit into one transaction. */
const MAX_JOBS = 1000;
const CHECK_MS = 250;
/** Between two attempts to get the lock of the file, each of which waits for some ms itself. */
const LOCK_PAUSE_MS = 5;

/**
 * When the file is locked for too long, everything that waits is rejected, and nothing waits again until the lock is free. When the disk takes too
 * long, what has waited so long is rejected; what is being written then may or may not be stored.
 */
export function createWriter(first: Commit, { busyTimeoutMs, diskWaitMs, onFault }: Options): Writer {
  let commit = first;
  let queue: Waiting[] = [];
  let inFlight: readonly Waiting[] = [];
  let checks: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isLocked = false;
  let isClosed = false;
  let last = NOTHING_WRITTEN;
  const batchDelay = openBatchDelay(() => queue.length);

  /** Writes until the queue is empty. Never rejects. */
  async function run(): Promise<void> {
    while (queue.length > 0) {
      // Not a microtask: all requests of one poll of the sockets should share the transaction.
      await coalesce(() => queue.length);
      await batchDelay.wait(last);
      await writeSome();
    }
    running = undefined;
  }

  async function writeSome(): Promise<void> {
    const batch = queue.splice(0, MAX_JOBS);
    inFlight = batch;
    const { outcomes, locked, diskMs } = await commit(batch.map(({ job }) => job)).catch((error: unknown) => failedBy(error, batch));
    inFlight = [];
    queue = [...batch.slice(outcomes.length).filter(({ isRejected }) => !isRejected), ...queue];
    if (locked) return waitOrReject(locked);
    isLocked = false;
    last = { written: outcomes.length, waiting: queue.length, tookMs: diskMs, endedAt: performance.now() };
    for (const [index, outcome] of outcomes.entries()) settle(batch[index], outcome);
  }

  /** Rejects, while the disk is at it, what has waited too long. */
  function rejectLate(): void {
    const since = performance.now() - diskWaitMs;
    const late = [...inFlight, ...queue].filter((waiting) => !waiting.isRejected && waiting.since < since);
    if (late.length === 0) return;
    const error = new StoreUnavailable(`The disk has not written for ${diskWaitMs} ms.`, { fault: 'io' });
    onFault(error);
    for (const waiting of late) {
      waiting.isRejected = true;
      waiting.reject(error);
    }
    queue = queue.filter(({ isRejected }) => !isRejected);
  }

  async function waitOrReject(locked: StoreUnavailable): Promise<void> {
    const waitedMs = performance.now() - (queue[0]?.since ?? 0);
    if (!isLocked && waitedMs < busyTimeoutMs) return delay(LOCK_PAUSE_MS);
    isLocked = true;
    onFault(locked);
    for (const { reject } of queue.splice(0)) reject(locked);
  }

  function write(job: Job): Promise<unknown> {
    if (isClosed) return Promise.reject(new StoreUnavailable('The database is closed.', { fault: 'closed' }));
    return new Promise((resolve, reject) => {
      queue.push({ job, since: performance.now(), resolve, reject, isRejected: false });
      batchDelay.note();
      running ??= runOutsideRequest(run); // it also writes for other requests
    });
  }

  return {
    write,
    commitBy(next) {
      commit = next;
      checks ??= setInterval(rejectLate, CHECK_MS).unref();
    },
    commitMs: () => last.tookMs,
    async close() {
      isClosed = true;
      await running;
      clearInterval(checks);
    },
  };
}

function settle(waiting: Waiting | undefined, outcome: Outcome): void {
  if ('value' in outcome) waiting?.resolve(outcome.value);
  else waiting?.reject(outcome.error);
}

const failedBy = (error: unknown, batch: readonly Waiting[]): Committed => ({ outcomes: batch.map(() => ({ error })), diskMs: 0 });
