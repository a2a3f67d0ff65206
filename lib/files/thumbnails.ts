import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { Thumbnailer } from '../core.ts';
import type { Logger } from '../logger.ts';

/** What the worker is sent first; then the file (`bytes` long) in pieces, as Uint8Array. `shape`: what to make of it. */
export type ThumbnailRequest = { readonly bytes: number; readonly type: string; readonly shape: 'thumbnail' | 'square' };

/** Larger than any thumbnail. */
const MAX_THUMB_BYTES = 4 * 1024 * 1024;
const picture = z.instanceof(Buffer).refine(({ length }) => length > 0 && length <= MAX_THUMB_BYTES);

const responseSchema = z.object({
  /** The memory of the worker, bytes. */
  memory: z.number(),
  /** Absent when the file is not an image that can be shown. */
  thumbnail: z.object({ width: z.int().positive(), height: z.int().positive(), thumb: picture }).optional(),
  square: z.object({ large: picture, small: picture }).optional(),
});

/** What the worker sends for each file. */
export type ThumbnailResponse = z.infer<typeof responseSchema>;

/** For one image, not counting the time in the queue. */
const TIME_MS = 10_000;
/** Images in work and in the queue; further images get no thumbnail. */
const MAX_QUEUED = 64;
/** Larger files get no thumbnail, since the worker holds the whole file in memory. */
const MAX_BYTES = 64 * 1024 * 1024;
/** The worker is killed after this time without work. */
const IDLE_MS = 30_000;
/** Image libraries do not return memory; above this the worker is replaced. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;

const PROGRAM = join(import.meta.dirname, 'thumbnail-worker.ts');

/**
 * Makes thumbnails in a separate process, one at a time, with limits on time and memory: a hostile file that crashes the image library costs only
 * its own thumbnail. The process is started with the first image.
 */
export function openThumbnailer(log: Logger): Thumbnailer {
  let worker: ChildProcess | undefined;
  const limit = pLimit(1);
  let idle: NodeJS.Timeout | undefined;

  const end = (): void => {
    worker?.kill('SIGKILL');
    worker = undefined;
  };

  async function requestNow(source: AsyncIterable<Uint8Array>, head: ThumbnailRequest): Promise<ThumbnailResponse | undefined> {
    clearTimeout(idle);
    worker ??= startWorker();
    const used = worker;
    try {
      const response = await request(used, source, head);
      if (response.memory > MAX_MEMORY_BYTES) end();
      return response;
    } catch (error) {
      log.debug({ err: error, ...head }, 'creating a thumbnail failed');
      if (worker === used) end();
      return undefined;
    } finally {
      idle = setTimeout(end, IDLE_MS).unref();
    }
  }

  async function requestInTurn(source: AsyncIterable<Uint8Array>, head: ThumbnailRequest): Promise<ThumbnailResponse | undefined> {
    if (head.bytes > MAX_BYTES || limit.activeCount + limit.pendingCount >= MAX_QUEUED) return undefined;
    return limit(() => requestNow(source, head));
  }

  return {
    create: async (source, bytes, type) => (await requestInTurn(source, { bytes, type, shape: 'thumbnail' }))?.thumbnail,
    square: async (source, bytes, type) => (await requestInTurn(source, { bytes, type, shape: 'square' }))?.square,
    close() {
      clearTimeout(idle);
      end();
    },
  };
}

/** Its environment is empty, since ours contains secrets, but for the number of memory pools: by default each thread has its own. */
function startWorker(): ChildProcess {
  const worker = fork(PROGRAM, [], {
    execArgv: ['--max-old-space-size=96', '--no-warnings'],
    env: { MALLOC_ARENA_MAX: '2' },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  worker.on('error', () => {}); // without it an error between two requests would be an uncaught exception
  worker.unref();
  worker.channel?.unref();
  return worker;
}

/** Rejects when the worker exits, when it does not respond within TIME_MS, or when the response is not a ThumbnailResponse. */
async function request(worker: ChildProcess, source: AsyncIterable<Uint8Array>, head: ThumbnailRequest): Promise<ThumbnailResponse> {
  const over = new AbortController();
  const { signal } = over;
  // Not AbortSignal.timeout, whose timer does not keep this process alive while it waits.
  const timer = setTimeout(() => over.abort(new Error(`no response within ${TIME_MS} ms`)), TIME_MS);
  try {
    const exited = once(worker, 'exit', { signal }).then(() => Promise.reject(new Error('the worker exited')));
    const response = Promise.all([once(worker, 'message', { signal }), send(worker, head, source, signal)]);
    const [[message]] = await Promise.race([response, exited]);
    return responseSchema.parse(message);
  } finally {
    clearTimeout(timer);
    over.abort(); // the source is read no further, and its file is closed
  }
}

/** Sends a piece once the one before it is written, so that this process holds only one. */
async function send(worker: ChildProcess, head: ThumbnailRequest, source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const write = (message: ThumbnailRequest | Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      worker.send(message, (error) => (error ? reject(error) : resolve()));
    });
  await write(head);
  for await (const piece of source) {
    signal.throwIfAborted();
    await write(piece);
  }
}
