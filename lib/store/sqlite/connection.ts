import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { OnFault, StoreUnavailable } from '../../errors.ts';
import { unavailableBy } from './faults.ts';

/** Of each connection. */
// synchronous FULL: an acknowledged write survives a power failure. secure_delete: a scrubbed text leaves no trace in free pages.
// wal_autocheckpoint (pages): with many busy groups, a checkpoint every 16 MB instead of 4 MB gave a third more messages per second.
export const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32768;
  PRAGMA wal_autocheckpoint = 4000;
`;

/** The version of a file after all steps of schema.ts, which are loaded only for a file that has another one. */
export const NEWEST_SCHEMA = 33;

/** How long one statement waits for a lock, ms. It blocks the thread: longer waits are many of these (writing/writer.ts). */
export const LOCK_MS = 25;

/**
 * One open SQLite file. Statements are prepared once per text, so texts must come from a fixed set; values are always bound.
 * Every method throws StoreUnavailable when the file cannot answer (locked past the timeout, disk trouble, closed), which names the cause; any
 * other error is a bug.
 */
export type Connection = {
  /** The first row, read as `T`. */
  one<T extends object>(sql: string, ...values: SQLInputValue[]): T | undefined;
  all<T extends object>(sql: string, ...values: SQLInputValue[]): T[];
  /** The rows one by one. The statement must not run again before the last one was read. */
  each<T extends object>(sql: string, ...values: SQLInputValue[]): IterableIterator<T>;
  /** Resolves to the number of rows inserted, changed or deleted. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** Several statements at once, not cached. */
  exec(sql: string): void;
  /** Begins a write transaction. Returns the error when another connection holds the lock, which is no failure of the file yet. */
  begin(): StoreUnavailable | undefined;
  /** False once SQLite has rolled a transaction back by itself, as it may on disk trouble. */
  inTransaction(): boolean;
  /** Closing twice is harmless. */
  close(): void;
};

/** Opens or creates the file. Waits `busyTimeoutMs` for a locked file, which blocks the thread. Calls `onFault` for each failure. */
export function connect(file: string, busyTimeoutMs: number, onFault: OnFault = () => {}): Connection {
  const guard = guardOf(file, onFault);
  const db = guard(() => new DatabaseSync(file, { timeout: busyTimeoutMs }));
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    one: <T>(sql: string, ...values: SQLInputValue[]) => guard(() => prepare(sql).get(...values) as T | undefined),
    all: <T>(sql: string, ...values: SQLInputValue[]) => guard(() => prepare(sql).all(...values) as T[]),
    *each<T>(sql: string, ...values: SQLInputValue[]) {
      const rows = guard(() => prepare(sql).iterate(...values));
      for (let row = guard(() => rows.next()); !row.done; row = guard(() => rows.next())) yield row.value as T;
    },
    run: (sql, ...values) => guard(() => Number(prepare(sql).run(...values).changes)),
    exec: (sql) => guard(() => db.exec(sql)),
    begin: () => guard(() => beginOn(prepare('BEGIN IMMEDIATE'), file)),
    inTransaction: () => db.isOpen && db.isTransaction,
    close() {
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
}

function beginOn(statement: StatementSync, file: string): StoreUnavailable | undefined {
  try {
    statement.run();
    return undefined;
  } catch (error) {
    const unavailable = unavailableBy(error, file);
    if (unavailable?.fault === 'locked') return unavailable;
    throw error;
  }
}

function guardOf(file: string, onFault: OnFault): <T>(work: () => T) => T {
  return (work) => {
    try {
      return work();
    } catch (error) {
      const unavailable = unavailableBy(error, file);
      if (!unavailable) throw error;
      onFault(unavailable);
      throw unavailable;
    }
  };
}
