import { StoreUnavailable } from '../../../errors.ts';
import type { Connection } from '../connection.ts';
import type { Job } from './remote.ts';
import { OUTSIDE } from './writes.ts';

/** What became of a job. With an `error`, nothing of it is stored. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

export type Committed = {
  /** Of the first jobs, in their order; of none when the file is locked. The others were not begun. */
  readonly outcomes: readonly Outcome[];
  /** Another connection holds the lock. */
  readonly locked?: StoreUnavailable;
  /** How long the commit took, nearly all of it the disk's time, ms. */
  readonly diskMs: number;
};

/** Writes the first of these jobs durably, as many as fit in one transaction. Resolves to what became of them; rejects only by a bug. */
export type Commit = (jobs: readonly Job[]) => Promise<Committed>;

// A transaction takes no further work after this time, to bound the wait of other processes.
const TRANSACTION_MS = 25;

/**
 * Runs jobs within one transaction, the lock of which is waited for as long as the connection's timeout says. When a job throws, what it wrote is
 * rolled back and only its own outcome is the error; when the file fails, everything has that outcome.
 */
export function commit(db: Connection, run: (job: Job) => unknown, jobs: readonly Job[]): Committed {
  const outcomes: Outcome[] = [];
  try {
    if (isOutside(jobs[0])) return { outcomes: [outcomeOf(run, jobs[0])], diskMs: 0 };
    const locked = db.begin();
    if (locked) return { outcomes, locked, diskMs: 0 };
    const until = performance.now() + TRANSACTION_MS;
    for (const job of jobs) {
      if (isOutside(job)) break;
      outcomes.push(attempt(db, run, job));
      if (performance.now() > until) break;
    }
    const startedAt = performance.now();
    db.run('COMMIT');
    return { outcomes, diskMs: performance.now() - startedAt };
  } catch (error) {
    rollBack(db);
    return { outcomes: jobs.map(() => ({ error })), diskMs: 0 };
  }
}

const isOutside = (job: Job | undefined): job is Job => job?.[0] === OUTSIDE;

function attempt(db: Connection, run: (job: Job) => unknown, job: Job): Outcome {
  db.run('SAVEPOINT job');
  const outcome = outcomeOf(run, job);
  if ('error' in outcome) db.run('ROLLBACK TO job');
  db.run('RELEASE job');
  return outcome;
}

function outcomeOf(run: (job: Job) => unknown, job: Job): Outcome {
  try {
    return { value: run(job) };
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error; // the file, not the job
    return { error };
  }
}

/** SQLite may have rolled back by itself. */
function rollBack(db: Connection): void {
  try {
    if (db.inTransaction()) db.run('ROLLBACK');
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
}
