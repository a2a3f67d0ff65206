import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '../../errors.ts';
import type { SignalStore } from '../port.ts';
import type { Connection } from './connection.ts';
import { lookupVersion } from './lookup-version.ts';
import type { WritesOf } from './writing/remote.ts';

const EMIT = 'INSERT INTO signals (origin, payload) VALUES (?, ?) RETURNING id';
const LAST = 'SELECT coalesce(max(id), 0) AS id FROM signals';
const SINCE = 'SELECT id, payload, origin FROM signals WHERE id > ? ORDER BY id';
const PRUNE = 'DELETE FROM signals WHERE at < unixepoch() - 60';

const POLL_MS = 100;
const PRUNE_EVERY = 64; // rows

type Signal = { readonly id: number; readonly payload: string; readonly origin: string };

export const signalWrites = (db: Connection) => ({
  emit(origin: string, payload: string): void {
    const id = db.one<{ id: number }>(EMIT, origin, payload)?.id ?? 0;
    if (id % PRUNE_EVERY === 0) db.run(PRUNE);
  },
});

/** Signals between processes that share one file. `stop` ends every listener; call it before closing the file. */
export function signalStore(db: Connection, writes: WritesOf<ReturnType<typeof signalWrites>>): SignalStore & { stop(): void } {
  const origin = randomUUID();
  const timers = new Set<NodeJS.Timeout>();

  function listen(listener: (payload: string) => void): () => void {
    const read = reader(db);
    const poll = () => {
      for (const signal of read()) if (signal.origin !== origin) listener(signal.payload);
    };
    const timer = setInterval(poll, POLL_MS).unref();
    timers.add(timer);
    return () => {
      timers.delete(timer);
      clearInterval(timer);
    };
  }

  return {
    emit: (payload) => writes.emit(origin, payload),
    listen,
    changed: watch(db),
    stop: () => timers.forEach((timer) => void clearInterval(timer)),
  };
}

/** SQLite counts the commits of other connections, the writing thread's included: https://www.sqlite.org/pragma.html#pragma_data_version */
const dataVersion = (db: Connection): number | undefined => db.one<{ data_version: number }>('PRAGMA data_version')?.data_version;

/** Costs 3 µs, and 6 µs after a commit of another connection: less than to ask for commits first. */
function watch(db: Connection): () => boolean {
  let version = lookupVersion(db);
  return () => {
    const known = version;
    version = lookupVersion(db);
    return version !== known;
  };
}

/** Returns what other connections added since the last call, at the cost of one PRAGMA (2 µs) when nothing was. */
function reader(db: Connection): () => Signal[] {
  let version = dataVersion(db);
  let last = db.one<{ id: number }>(LAST)?.id ?? 0;
  return () => {
    try {
      const current = dataVersion(db);
      if (current === version) return [];
      const signals = db.all<Signal>(SINCE, last);
      version = current;
      last = signals.at(-1)?.id ?? last;
      return signals;
    } catch (error) {
      if (error instanceof StoreUnavailable) return []; // the next poll tries again
      throw error;
    }
  };
}
