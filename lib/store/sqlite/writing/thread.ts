import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type OnFault, StoreUnavailable } from '../../../errors.ts';
import type { Job } from './remote.ts';
import { CLOSE, deserialize, READY, type SerializedCommit } from './thread-messages.ts';
import type { Commit, Committed } from './transaction.ts';
import type { Writer } from './writer.ts';

/** MB of heap. Without a limit V8 reserves as much for young objects as on the main thread. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };
const RESTART_MS = 1000;

type Thread = { readonly commit: Commit; close(): void; readonly ended: Promise<void> };

/** `started`: resolves once it writes, or could not be started. `close`: ends it, after the writer is closed; resolves when it has ended. */
export type WriterThread = { readonly started: Promise<void>; close(): Promise<void> };

type Options = { readonly file: string; readonly writer: Writer; readonly here: Commit; readonly onFault: OnFault };

/**
 * Moves the writing to a thread with a connection of its own to the file, which has the present schema, so that nothing else waits for the disk. Until
 * the thread is ready, and for a second after it has failed, `here` writes.
 */
export function writeOnThread({ file, writer, here, onFault }: Options): WriterThread {
  const closing = new AbortController();
  const { promise: started, resolve: noteStart } = Promise.withResolvers<void>();
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await useThread().catch((error: unknown) => onFault(error instanceof StoreUnavailable ? error : failed(file, error)));
      noteStart();
      await delay(RESTART_MS, undefined, { ref: false, signal: closing.signal }).catch(() => {});
    }
  };
  const useThread = async (): Promise<void> => {
    const thread = await startThread(file, onFault);
    closing.signal.addEventListener('abort', thread.close);
    if (closing.signal.aborted) thread.close();
    else writer.commitBy(thread.commit);
    noteStart();
    await thread.ended.finally(() => writer.commitBy(here));
  };
  const running = run();
  return {
    started,
    close() {
      closing.abort();
      return running;
    },
  };
}

const failed = (file: string, error: unknown): StoreUnavailable =>
  new StoreUnavailable(`The thread that writes to ${file} has ended: ${error instanceof Error ? error.message : error}`, { cause: error });

/** `ended` resolves once it has ended as asked; otherwise it rejects, and so does every job that the thread has not answered. */
async function startThread(file: string, onFault: OnFault): Promise<Thread> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { name: 'sqlite', workerData: file, resourceLimits: LIMITS });
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let asked: { readonly jobs: readonly Job[]; readonly resolve: (committed: Committed) => void } | undefined;
  let error: unknown;
  let hasEnded = false;

  worker.on('message', (message: typeof READY | SerializedCommit) => {
    if (message === READY) return ready.resolve();
    const { committed, faults } = deserialize(message);
    for (const fault of faults) onFault(fault);
    answer(committed);
  });
  worker.on('error', (thrown: unknown) => {
    error = thrown;
  });
  worker.once('exit', (code) => {
    hasEnded = true;
    const reason = failed(file, error ?? `exit status ${code}`);
    ready.reject(reason);
    if (code === 0) ended.resolve();
    else ended.reject(reason);
    if (asked) answer(unanswered(asked.jobs, reason));
  });

  function answer(committed: Committed): void {
    worker.unref(); // an idle thread keeps no process running
    asked?.resolve(committed);
    asked = undefined;
  }

  const commit: Commit = (jobs) =>
    new Promise((resolve) => {
      if (hasEnded) return resolve(unanswered(jobs, failed(file, error)));
      worker.postMessage(jobs); // throws, which rejects, when a value cannot be cloned
      worker.ref();
      asked = { jobs, resolve };
    });
  const close = (): void => {
    worker.ref();
    worker.postMessage(CLOSE);
  };
  ended.promise.catch(() => {}); // reported by `ready` when it has not begun
  await ready.promise;
  worker.unref();
  return { commit, close, ended: ended.promise };
}

const unanswered = (jobs: readonly Job[], error: StoreUnavailable): Committed => ({ outcomes: jobs.map(() => ({ error })), diskMs: 0 });
