import cluster, { type Worker } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';
import { closeLostConnections } from './lost-connections.ts';
import { GO, LEAVE, LEFT, type Listening } from './messages.ts';

/** A worker that has not exited by then after SIGTERM is killed, so that everything stops within 10 s. */
const STOP_WITHIN_MS = 9500;
/** The next worker is replaced once the previous one has exited, or after this time: then only long requests, such as uploads, keep that one. */
const NEXT_AFTER_MS = 15_000;
/** How long a replaced worker may run beyond the maximum duration of a request. */
const LEAVE_GRACE_MS = 30_000;
/** A worker that dies sooner than this after its start counts as failed at start. */
const FAILED_START_MS = 10_000;
/** Between starts of workers that die at once. There is one supervisor, so nothing to spread. */
const BACKOFF = { firstMs: 50, maxMs: 5000, jitter: 0 };

type SuperviseOptions = {
  /** Prints a line for the person who started the server. */
  readonly print: (line: string) => void;
  readonly logger: Logger;
  /** The maximum duration of a request, ms. */
  readonly requestMs: number;
  /** Resolves when the server is to stop. */
  readonly stopped: Promise<unknown>;
};

/**
 * Runs `config.workers` processes of this program and replaces each that dies. `run` resolves to the exit status once `stopped` has resolved and
 * all workers have exited; it rejects when the first worker fails to start. `roll` replaces the workers one by one.
 */
export class Supervisor {
  readonly #config: Pick<Config, 'workers'>;
  readonly #options: SuperviseOptions;
  readonly #serving = new Set<Worker>();
  readonly #all = new Set<Worker>();
  readonly #stopping = new AbortController();
  #failedStarts = 0;
  #rolling: Promise<void> | undefined;
  #isRollWanted = false;
  #lines: readonly string[] = [];

  constructor(config: Pick<Config, 'workers'>, options: SuperviseOptions) {
    this.#config = config;
    this.#options = options;
    cluster.schedulingPolicy = cluster.SCHED_RR; // the only policy with which closing a worker loses no connection that waits to be accepted
  }

  async run(): Promise<number> {
    const { print, logger, stopped } = this.#options;
    const stop = stopped.then(() => this.#stopping.abort());
    await Promise.race([this.#startAll(), stop]);
    if (!this.#isStopping) {
      for (const line of this.#lines) print(line);
      logger.info({ workers: this.#config.workers }, 'all workers listen');
      if (this.#isRollWanted) this.roll();
    }
    await stop;
    return this.#stopAll();
  }

  /** Replaces one worker at a time: the new one listens before the old one is told to leave. A call during a roll starts another one after it. */
  roll(): void {
    this.#isRollWanted = true;
    if (this.#lines.length === 0) return; // still starting: `run` rolls afterwards
    this.#rolling ??= this.#rollWhileWanted().finally(() => {
      this.#rolling = undefined;
    });
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Starts the first worker alone: an error at start is printed once, and it prepares the store for the others. */
  async #startAll(): Promise<void> {
    if (!(await this.#start()) && !this.#isStopping) throw new Error('The first worker failed to start. The reason is printed above.');
    const others = Array.from({ length: this.#config.workers - 1 }, () => this.#keepStarting());
    await Promise.all(others);
  }

  async #rollWhileWanted(): Promise<void> {
    const { logger } = this.#options;
    while (this.#isRollWanted && !this.#isStopping) {
      this.#isRollWanted = false;
      logger.info({ workers: this.#serving.size }, 'replacing the workers one by one');
      const isDone = await this.#replaceEach([...this.#serving]);
      if (isDone) logger.info({}, 'all workers have been replaced');
      else logger.error({}, 'a new worker failed to start; the old ones keep running');
    }
  }

  async #replaceEach(workers: readonly Worker[]): Promise<boolean> {
    for (const old of workers) {
      if (this.#isStopping) return true;
      if (!this.#serving.has(old)) continue; // died meanwhile, so it has been replaced already
      if (!(await this.#start())) return this.#isStopping;
      await this.#retire(old);
    }
    return true;
  }

  /** Resolves once the worker has exited, or after NEXT_AFTER_MS. */
  async #retire(worker: Worker): Promise<void> {
    this.#serving.delete(worker);
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.#options.requestMs + LEAVE_GRACE_MS);
    const exited = exitOf(worker).then(() => clearTimeout(timer));
    worker.send(LEAVE, () => {}); // a worker that cannot receive it is dead, or is killed by the timer
    await Promise.race([exited, delay(NEXT_AFTER_MS, undefined, { signal: this.#stopping.signal }).catch(() => {})]);
  }

  /** Starts workers until one listens or the server is to stop. */
  async #keepStarting(): Promise<void> {
    do await this.#pause();
    while (!this.#isStopping && !(await this.#start()));
  }

  /** No pause after one failed start; exponential backoff from the second on. */
  async #pause(): Promise<void> {
    if (this.#failedStarts < 2) return;
    await delay(backoffMs(BACKOFF, this.#failedStarts), undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  /** Resolves to whether the new worker listens. */
  #start(): Promise<boolean> {
    const worker = cluster.fork();
    const startedAt = performance.now();
    this.#all.add(worker);
    closeLostConnections(worker);
    worker.on('error', () => {}); // a message could not be sent; `exit` reports that it is exited
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
        this.#failedStarts = performance.now() - startedAt < FAILED_START_MS ? this.#failedStarts + 1 : 0;
        resolve(false);
        if (this.#serving.delete(worker) && !this.#isStopping) this.#replaceDead(worker, code, signal);
      });
    });
  }

  #replaceDead(worker: Worker, code: number | null, signal: string | null): void {
    this.#options.logger.error(
      { ended: worker.id, endedPid: worker.process.pid, status: code, signal },
      'a worker exited unexpectedly; starting another',
    );
    void this.#keepStarting();
  }

  async #stopAll(): Promise<number> {
    const workers = [...this.#all];
    const stops = workers.map(async (worker) => {
      const isServing = this.#serving.has(worker);
      const exited = exitOf(worker);
      worker.process.kill('SIGTERM');
      return { isServing, ...(await exited) };
    });
    const timer = setTimeout(() => workers.forEach((worker) => void worker.process.kill('SIGKILL')), STOP_WITHIN_MS);
    const ends = await Promise.all(stops);
    clearTimeout(timer);
    return ends.every(({ isServing, code }) => code === 0 || !isServing) ? 0 : 1; // the status of a worker that was starting or leaving does not count
  }
}

function exitOf(worker: Worker): Promise<{ readonly code: number | null }> {
  if (worker.isDead()) return Promise.resolve({ code: worker.process.exitCode });
  return new Promise((resolve) => worker.once('exit', (code) => resolve({ code })));
}

const isListening = (message: unknown): message is Listening =>
  typeof message === 'object' && message !== null && 'listening' in message && Array.isArray(message.listening);
