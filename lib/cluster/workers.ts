import cluster, { type Worker } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';
import { closeLostConnections } from './lost-connections.ts';

/** A worker that was told to stop must be gone by then, or it is killed: the whole stops within ten seconds. */
const STOP_WITHIN_MS = 9500;
/** The next worker is replaced once the one before is gone, or after this: then only requests that take long, such as uploads, keep that one. */
const NEXT_AFTER_MS = 15_000;
/** A worker that another has replaced may take as long as its last request, and this. */
const LEAVE_GRACE_MS = 30_000;
/** One that dies sooner than this after its start died at once. */
const SOON_MS = 10_000;
/** Between starts of workers that die at once. There is one supervisor, so nothing to spread. */
const BACKOFF = { firstMs: 50, maxMs: 5000, jitter: 0 };

/** From a worker: it accepts connections, and what there is to say about it. */
export type Listening = { readonly listening: readonly string[] };
/** From a worker: it accepts no more, and has no connection left. It waits for GO, since a connection may still be on its way to it. */
export const LEFT = 'left';
/** To a worker: another takes its place; it lets its clients go and ends. */
export const LEAVE = 'leave';
/** To a worker: no connection is on its way to it any more. */
export const GO = 'go';

type SuperviseOptions = {
  /** Says something to whoever started the server. */
  readonly say: (line: string) => void;
  readonly logger: Logger;
  /** How long a request may take, ms. */
  readonly requestMs: number;
  /** Resolves when all is to stop. */
  readonly stopped: Promise<unknown>;
};

/**
 * Runs `config.workers` processes of this program and puts a new one in the place of each that dies. Resolves to the exit status once
 * `stopped` has and all are gone; rejects when the first never comes up. Its `roll` replaces them one by one.
 */
export class Supervisor {
  readonly #config: Pick<Config, 'workers'>;
  readonly #options: SuperviseOptions;
  readonly #serving = new Set<Worker>();
  readonly #all = new Set<Worker>();
  readonly #stopping = new AbortController();
  #diedSoon = 0;
  #rolling: Promise<void> | undefined;
  #isRollWanted = false;
  #lines: readonly string[] = [];

  constructor(config: Pick<Config, 'workers'>, options: SuperviseOptions) {
    this.#config = config;
    this.#options = options;
    cluster.schedulingPolicy = cluster.SCHED_RR; // the only one by which the closing of a worker loses no connection that waits to be accepted
  }

  async run(): Promise<number> {
    const { say, logger, stopped } = this.#options;
    const stop = stopped.then(() => this.#stopping.abort());
    await Promise.race([this.#startAll(), stop]);
    if (!this.#isStopping) {
      for (const line of this.#lines) say(line);
      logger.info({ workers: this.#config.workers }, 'all workers listen');
      if (this.#isRollWanted) this.roll();
    }
    await stop;
    return this.#stopAll();
  }

  /** One worker at a time: a new one listens before the old one is told to leave. A wish while it is under way is granted after it. */
  roll(): void {
    this.#isRollWanted = true;
    if (this.#lines.length === 0) return; // still starting: `run` looks after it
    this.#rolling ??= this.#rollWhileWanted().finally(() => {
      this.#rolling = undefined;
    });
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** The first alone: what keeps it from coming up is said once, and what it sets up in the store the others find. */
  async #startAll(): Promise<void> {
    if (!(await this.#start()) && !this.#isStopping) throw new Error('No worker came up. What kept the first one from it is said above.');
    const others = Array.from({ length: this.#config.workers - 1 }, () => this.#keepStarting());
    await Promise.all(others);
  }

  async #rollWhileWanted(): Promise<void> {
    const { logger } = this.#options;
    while (this.#isRollWanted && !this.#isStopping) {
      this.#isRollWanted = false;
      logger.info({ workers: this.#serving.size }, 'replacing the workers one by one');
      const isDone = await this.#replaceEach([...this.#serving]);
      if (isDone) logger.info({}, 'all workers are replaced');
      else logger.error({}, 'a new worker did not come up: the old ones go on');
    }
  }

  async #replaceEach(workers: readonly Worker[]): Promise<boolean> {
    for (const old of workers) {
      if (this.#isStopping) return true;
      if (!this.#serving.has(old)) continue; // died meanwhile: what replaced it is new
      if (!(await this.#start())) return this.#isStopping;
      await this.#retire(old);
    }
    return true;
  }

  /** Resolves once it is gone, or finishes only requests that take long. */
  async #retire(worker: Worker): Promise<void> {
    this.#serving.delete(worker);
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.#options.requestMs + LEAVE_GRACE_MS);
    const gone = goneOf(worker).then(() => clearTimeout(timer));
    worker.send(LEAVE, () => {}); // one that hears nothing any more is dead, or ends by the clock
    await Promise.race([gone, delay(NEXT_AFTER_MS, undefined, { signal: this.#stopping.signal }).catch(() => {})]);
  }

  /** Resolves once one more worker listens, however many attempts it takes, or all is to stop. */
  async #keepStarting(): Promise<void> {
    do await this.#pause();
    while (!this.#isStopping && !(await this.#start()));
  }

  /** After one death none; longer and longer while workers die at once. */
  async #pause(): Promise<void> {
    if (this.#diedSoon < 2) return;
    await delay(backoffMs(BACKOFF, this.#diedSoon), undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  /** Resolves to whether the new worker came to listen. */
  #start(): Promise<boolean> {
    const worker = cluster.fork();
    const startedAt = performance.now();
    this.#all.add(worker);
    closeLostConnections(worker);
    worker.on('error', () => {}); // what cannot be sent to it any more; that it is gone is said by its `exit`
    return new Promise((resolve) => {
      worker.on('message', (message: unknown) => {
        if (message === LEFT) worker.send(GO, () => {});
        if (!isListening(message)) return;
        this.#lines = message.listening;
        this.#serving.add(worker);
        resolve(true);
      });
      worker.once('exit', (code, signal) => {
        this.#all.delete(worker);
        this.#diedSoon = performance.now() - startedAt < SOON_MS ? this.#diedSoon + 1 : 0;
        resolve(false);
        if (this.#serving.delete(worker) && !this.#isStopping) this.#replaceDead(worker, code, signal);
      });
    });
  }

  #replaceDead(worker: Worker, code: number | null, signal: string | null): void {
    this.#options.logger.error(
      { ended: worker.id, endedPid: worker.process.pid, status: code, signal },
      'a worker ended unasked; starting another',
    );
    void this.#keepStarting();
  }

  async #stopAll(): Promise<number> {
    const workers = [...this.#all];
    const stops = workers.map(async (worker) => {
      const isServing = this.#serving.has(worker);
      const gone = goneOf(worker);
      worker.process.kill('SIGTERM');
      return { isServing, ...(await gone) };
    });
    const timer = setTimeout(() => workers.forEach((worker) => void worker.process.kill('SIGKILL')), STOP_WITHIN_MS);
    const ends = await Promise.all(stops);
    clearTimeout(timer);
    return ends.every(({ isServing, code }) => code === 0 || !isServing) ? 0 : 1; // one that was starting or leaving has nothing to finish
  }
}

function goneOf(worker: Worker): Promise<{ readonly code: number | null }> {
  if (worker.isDead()) return Promise.resolve({ code: worker.process.exitCode });
  return new Promise((resolve) => worker.once('exit', (code) => resolve({ code })));
}

const isListening = (message: unknown): message is Listening =>
  typeof message === 'object' && message !== null && 'listening' in message && Array.isArray(message.listening);
