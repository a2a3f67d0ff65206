/** The thread that writes to an SQLite file, whose path is its `workerData`: see thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import type { StoreUnavailable } from '../../../errors.ts';
import { connect, LOCK_MS, PRAGMAS } from '../connection.ts';
import { seldomWritesOn } from '../seldom/stores.ts';
import { type Job, runnerOf } from './remote.ts';
import { CLOSE, READY, serialize } from './thread-messages.ts';
import { commit } from './transaction.ts';
import { writesOn } from './writes.ts';

const faults: StoreUnavailable[] = [];
const db = connect(workerData, LOCK_MS, (fault) => faults.push(fault));
db.exec(PRAGMAS);
const run = runnerOf({ ...writesOn(db), ...seldomWritesOn(db) });

parentPort?.on('message', (message: typeof CLOSE | readonly Job[]) => {
  if (message !== CLOSE) return parentPort?.postMessage(serialize(commit(db, run, message), faults.splice(0)));
  db.close();
  parentPort?.close();
});
parentPort?.postMessage(READY);
