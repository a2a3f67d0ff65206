import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import pLimit from 'p-limit';
import type { Thumbnail, Thumbnailer } from '../core.ts';
import type { Logger } from '../logger.ts';
import { ANSWER_HEAD_BYTES, type Answer, askHead, readAnswer } from './thumbnail-protocol.ts';

type Worker = ChildProcessByStdio<Writable, Readable, null>;

/** Time limit per image, not counting time in the queue. */
const TIME_MS = 10_000;
/** Images in work and in the queue; further images get no thumbnail. */
const MAX_QUEUED = 64;
/** Larger files get no thumbnail, because the worker holds the whole file in memory. */
const MAX_BYTES = 64 * 1024 * 1024;
/** An idle worker is ended after this time. */
const IDLE_MS = 30_000;
/** Image libraries do not return memory; a worker larger than this is ended after its response. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;

const PROGRAM = join(import.meta.dirname, 'thumbnail-worker.ts');

/**
 * Creates thumbnails in a separate process, one at a time, with limits on time and memory: hostile files meet the image libraries only there, and a
 * crash only means an image without a thumbnail. The process starts with the first image.
 */
export function openThumbnailer(log: Logger): Thumbnailer {
  let worker: Worker | undefined;
  const limit = pLimit(1);
  let idle: NodeJS.Timeout | undefined;

  const end = (): void => {
    worker?.kill('SIGKILL');
    worker = undefined;
  };

  async function createNow(source: AsyncIterable<Uint8Array>, bytes: number, type: string): Promise<Thumbnail | undefined> {
    clearTimeout(idle);
    worker ??= startWorker();
    const asked = worker;
    try {
      const answer = await ask(asked, source, bytes, type);
      if (answer.memory > MAX_MEMORY_BYTES) end();
      return answer.picture;
    } catch (error) {
      log.debug({ err: error, type, bytes }, 'creating a thumbnail failed');
      if (worker === asked) end();
      return undefined;
    } finally {
      idle = setTimeout(end, IDLE_MS).unref();
    }
  }

  return {
    async create(source, bytes, type) {
      if (bytes > MAX_BYTES || limit.activeCount + limit.pendingCount >= MAX_QUEUED) return undefined;
      return limit(() => createNow(source, bytes, type));
    },
    close() {
      clearTimeout(idle);
      end();
    },
  };
}

/** Starts without the environment, which contains secrets, and with few malloc arenas (the default is several per core). */
function startWorker(): Worker {
  const flags = ['--max-old-space-size=96', '--no-warnings', PROGRAM];
  const worker = spawn(process.execPath, flags, { env: { MALLOC_ARENA_MAX: '2' }, stdio: ['pipe', 'pipe', 'ignore'] });
  worker.unref();
  for (const pipe of [worker.stdin, worker.stdout]) {
    pipe.on('error', () => {}); // 'exit' reports the end of the worker
    if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }
  return worker;
}

/** Rejects if the worker exits or does not respond in time. The caller then ends it. */
async function ask(worker: Worker, source: AsyncIterable<Uint8Array>, bytes: number, type: string): Promise<Answer> {
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => {});
  const over = new AbortController();
  const leave = (): void => gone.reject(new Error('the worker ended'));
  const timer = setTimeout(() => gone.reject(new Error(`no answer within ${TIME_MS} ms`)), TIME_MS);
  worker.once('exit', leave).once('error', leave);
  try {
    const sent = send(worker.stdin, askHead(bytes, type), source, over.signal);
    const [answer] = await Promise.race([Promise.all([receive(worker.stdout), sent]), gone.promise]);
    return answer;
  } finally {
    clearTimeout(timer);
    over.abort(); // stops sending, which closes the file
    worker.off('exit', leave).off('error', leave);
  }
}

async function send(to: Writable, head: Uint8Array, source: AsyncIterable<Uint8Array>, over: AbortSignal): Promise<void> {
  to.write(head);
  for await (const piece of source) if (!to.write(piece)) await once(to, 'drain', { signal: over });
}

/** Reads one response. */
function receive(from: Readable): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let got = Buffer.alloc(0);
  const take = (piece: Buffer): void => {
    got = Buffer.concat([got, piece]);
    try {
      const answer = got.length < ANSWER_HEAD_BYTES ? undefined : readAnswer(got);
      if (answer) resolve(answer);
    } catch (error) {
      reject(error);
    }
  };
  from.on('data', take);
  return promise.finally(() => from.off('data', take));
}
