import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Thumbnail, Thumbnailer } from '../core.ts';
import type { Logger } from '../logger.ts';
import { ANSWER_HEAD_BYTES, type Answer, askHead, readAnswer } from './thumbnail-protocol.ts';

type Worker = ChildProcessByStdio<Writable, Readable, null>;

/** A picture is looked at for so long at most, not counting what it waits for others. */
const TIME_MS = 10_000;
/** So many may wait; further ones are kept as plain files. */
const MAX_WAITING = 64;
/** A larger file is not looked at: the worker holds it whole. */
const MAX_BYTES = 64 * 1024 * 1024;
/** The worker ends when it has had nothing to do for so long. */
const IDLE_MS = 30_000;
/** Image libraries keep what they once needed; a worker that has grown so much is replaced by the next picture's. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;

const PROGRAM = join(import.meta.dirname, 'thumbnail-worker.ts');

/**
 * Looks at pictures in one process of its own, one at a time: what its libraries do with hostile files they do there, with a bound on time and memory,
 * and a crash is only a picture without a small copy. The process is started with the first picture.
 */
export function openThumbnailer(log: Logger): Thumbnailer {
  let worker: Worker | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let idle: NodeJS.Timeout | undefined;

  const end = (): void => {
    worker?.kill('SIGKILL');
    worker = undefined;
  };

  async function lookNow(source: AsyncIterable<Uint8Array>, bytes: number, type: string): Promise<Thumbnail | undefined> {
    clearTimeout(idle);
    worker ??= startWorker();
    const asked = worker;
    try {
      const answer = await ask(asked, source, bytes, type);
      if (answer.memory > MAX_MEMORY_BYTES) end();
      return answer.picture;
    } catch (error) {
      log.debug({ err: error, type, bytes }, 'a picture was not understood');
      if (worker === asked) end();
      return undefined;
    } finally {
      idle = setTimeout(end, IDLE_MS).unref();
    }
  }

  return {
    async create(source, bytes, type) {
      if (bytes > MAX_BYTES || waiting >= MAX_WAITING) return undefined;
      waiting += 1;
      const mine = turn.then(() => lookNow(source, bytes, type));
      turn = mine.catch(() => {});
      return mine.finally(() => {
        waiting -= 1;
      });
    },
    close() {
      clearTimeout(idle);
      end();
    },
  };
}

/** Without our environment, which has secrets in it, and with few memory pools, of which each thread would have its own. */
function startWorker(): Worker {
  const flags = ['--max-old-space-size=96', '--no-warnings', PROGRAM];
  const worker = spawn(process.execPath, flags, { env: { MALLOC_ARENA_MAX: '2' }, stdio: ['pipe', 'pipe', 'ignore'] });
  worker.unref();
  for (const pipe of [worker.stdin, worker.stdout]) {
    pipe.on('error', () => {}); // its end is noticed by its exit
    if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }
  return worker;
}

/** Rejects when the worker ends, or does not answer in time: then it is stuck, and of no more use. */
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
    over.abort(); // so that the file is closed, where nobody takes it any more
    worker.off('exit', leave).off('error', leave);
  }
}

async function send(to: Writable, head: Uint8Array, source: AsyncIterable<Uint8Array>, over: AbortSignal): Promise<void> {
  to.write(head);
  for await (const piece of source) if (!to.write(piece)) await once(to, 'drain', { signal: over });
}

/** One answer. Nothing follows it until the next question. */
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
