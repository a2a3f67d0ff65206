import { coalesce } from '../../coalesce.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { Connection } from './connection.ts';

/**
 * Group commit: works given in one turn of the event loop, by whichever nouns and groups, share one transaction and so one fsync.
 * Without it each write pays its own, and a disk does a few thousand of those a second.
 */
export type Writer = {
  /**
   * Runs `work` inside a write transaction, works in the order given; resolves to its result once that is durable. When `work` throws, what it
   * wrote is undone and only its own promise rejects; when the file does not answer, every work of the transaction rejects with StoreUnavailable.
   */
  write<T>(work: () => T): Promise<T>;
  /** Writes now what was gathered. */
  flush(): void;
};

/** `run` does the work and returns what settles its promise, to be called after the commit. */
type Job = { run(): () => void; reject(error: unknown): void };

// A transaction takes no further work after this, so that neither another process nor the event loop waits much longer.
const TRANSACTION_MS = 25;

/** `busyTimeoutMs`: how long the connection waits for a locked file. Found locked for so long, it is not waited for again until it could be written. */
export function createWriter(db: Connection, busyTimeoutMs: number): Writer {
  let gathered: Job[] = [];
  let isLocked = false;

  /** During the wait the event loop stands still: of many writes that follow each other into a locked file only the first may cost that. */
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
      // Not a microtask: all requests that one poll of the sockets brought should meet here.
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

// All that wait, not only those tried: each further try could block the event loop for the whole busy timeout again.
function rejectFrom(jobs: readonly Job[], first: number, error: unknown): number {
  const failed = jobs.slice(first);
  for (const job of failed) job.reject(error);
  return failed.length;
}
