import { MongoClient } from 'mongodb';
import type { Service } from './services.ts';

/** A write is tried so often; after so long without one that succeeded, the server counts as hung. */
const EVERY_MS = 10_000;
const HUNG_AFTER_MS = 90_000;

/** Lets Python print the stacks of all threads when it is aborted (https://docs.python.org/3/library/faulthandler.html). Set it before the server starts. */
export const PYTHON_STACKS = { PYTHONFAULTHANDLER: '1' } as const;

export type MongoWatch = {
  /** When a write last succeeded, ms of performance.now(). */
  lastWriteAt(): number;
  stop(): void;
};

/**
 * Watches a MongoDB server of ours: calls `onHung` once, when no write of one small document has succeeded for 90 s.
 * `onWrite`: called after each that did. On a machine however busy a write takes seconds, not minutes.
 */
export function watchMongo(
  { url }: Service,
  onHung: () => void,
  { everyMs = EVERY_MS, hungAfterMs = HUNG_AFTER_MS, onWrite = () => {} } = {},
): MongoWatch {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: everyMs,
    connectTimeoutMS: everyMs,
    socketTimeoutMS: everyMs,
    retryWrites: false,
    maxPoolSize: 2,
  });
  let lastWriteAt = performance.now();
  let underWay = false;
  const timer = setInterval(async () => {
    if (performance.now() - lastWriteAt > hungAfterMs) {
      clearInterval(timer);
      onHung();
    }
    if (underWay) return;
    underWay = true;
    await client
      .db('parley-watch')
      .collection<{ _id: string; at: number }>('writes')
      .replaceOne({ _id: 'last' }, { at: Date.now() }, { upsert: true })
      .then(
        () => {
          lastWriteAt = performance.now();
          onWrite();
        },
        () => {},
      );
    underWay = false;
  }, everyMs);
  return {
    lastWriteAt: () => lastWriteAt,
    stop() {
      clearInterval(timer);
      client.close(true).catch(() => {});
    },
  };
}
