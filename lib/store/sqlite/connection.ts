import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { OnFault } from '../../errors.ts';
import { unavailableBy } from './faults.ts';

/**
 * One open SQLite file. Statements are prepared once per text, so texts must come from a fixed set; values are always bound.
 * Every method throws StoreUnavailable when the file cannot answer (locked past the timeout, disk trouble, closed), which names the cause; any
 * other error is a bug.
 */
export type Connection = {
  /** The first row, read as `T`. */
  one<T extends object>(sql: string, ...values: SQLInputValue[]): T | undefined;
  all<T extends object>(sql: string, ...values: SQLInputValue[]): T[];
  /** Resolves to the number of rows inserted, changed or deleted. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** Several statements at once, not cached. */
  exec(sql: string): void;
  /** False once SQLite has rolled a transaction back by itself, as it may on disk trouble. */
  inTransaction(): boolean;
  /** Closing twice is harmless. */
  close(): void;
};

/** Opens or creates the file. Waits `busyTimeoutMs` for a locked file, which blocks the event loop. Calls `onFault` for each failure. */
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
    run: (sql, ...values) => guard(() => Number(prepare(sql).run(...values).changes)),
    exec: (sql) => guard(() => db.exec(sql)),
    inTransaction: () => db.isOpen && db.isTransaction,
    close() {
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
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
