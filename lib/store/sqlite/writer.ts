import { coalesce } from '../../coalesce.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { Connection } from './connection.ts';

/**
 * Group commit: writes queued in one turn of the event loop share one transaction and so one fsync.
 * Without it each write needs its own fsync, and a disk does a few thousand per second.
 */
export type Writer = {
  /**
   * Runs `work` inside a write transaction, in the order of calls; resolves to its result once that is durable. When `work` throws, what it
   * wrote is rolled back and only its own promise rejects; when the file fails, everything in the transaction rejects with StoreUnavailable.
   */
  write<T>(work: () => T): Promise<T>;
  /** Writes the queue now. */
  flush(): void;
};

/** `run` does the work and returns a function that resolves or rejects its promise, to be called after the commit. */
type Job = { run(): () => void; reject(error: unknown): void };

// A transaction takes no further work after this time, to bound the wait of other processes and of the event loop.
const TRANSACTION_MS = 25;

/** `busyTimeoutMs`: how long the connection waits for a locked file. After one such timeout it does not wait again until a write succeeded. */
export function createWriter(db: Connection, busyTimeoutMs: number): Writer {
  let gathered: Job[] = [];
  let isLocked = false;

  /** The wait blocks the event loop, so of many writes to a locked file only the first may wait. */
  function noteLock(now: boolean): void {
    if (now === isLocked) return;
    isLocked = now;
    db.exec(`PRAGMA busy_timeout = ${now ? 0 : busyTimeoutMs}`);
  }

  function flush(): void {
    const jobs = gathered;
    gathered = [];
    let done = 0;
    while (done < jobs.length) done += commitSome(db, jobs, done, noteLock);
  }

  function write<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const value = work();
        return () => resolve(value);
      };
      // Not a microtask: all requests of one poll of the sockets should share the transaction.
      if (gathered.push({ run, reject }) === 1) void coalesce(() => gathered.length).then(flush);
    });
  }

  return { write, flush };
}

/** Commits the jobs from `first` on that fit in one transaction; returns how many were settled. `noteLock` is told whether the file was locked. */
function commitSome(db: Connection, jobs: readonly Job[], first: number, noteLock: (isLocked: boolean) => void): number {
  const settle: (() => void)[] = [];
  try {
    db.run('BEGIN IMMEDIATE');
    const until = performance.now() + TRANSACTION_MS;
    for (const job of jobs.slice(first)) {
      settle.push(attempt(db, job));
      if (performance.now() > until) break;
    }
    db.run('COMMIT');
    noteLock(false);
  } catch (error) {
    if (db.inTransaction()) db.run('ROLLBACK');
    if (error instanceof StoreUnavailable && error.fault === 'locked') noteLock(true);
    return rejectFrom(jobs, first, error);
  }
  for (const call of settle) call();
  return settle.length;
}

function attempt(db: Connection, job: Job): () => void {
  db.run('SAVEPOINT job');
  try {
    const settle = job.run();
    db.run('RELEASE job');
    return settle;
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    db.run('ROLLBACK TO job');
    db.run('RELEASE job');
    return () => job.reject(error);
  }
}

// Rejects everything that waits, not only what was tried: each further try could block the event loop for the whole busy timeout.
function rejectFrom(jobs: readonly Job[], first: number, error: unknown): number {
  const failed = jobs.slice(first);
  for (const job of failed) job.reject(error);
  return failed.length;
}
