import type { Core } from '../core.ts';
import { StoreUnavailable } from '../errors.ts';

type Dependencies = Pick<Core, 'bus' | 'logger'> & {
  /** How often `check` is called, ms. */
  readonly everyMs: number;
  /** Compares the heads of the logs with the last seq sent. Errors: StoreUnavailable. */
  readonly compare: () => Promise<void>;
};

/**
 * Decides when streams are compared with the store because bus events may have been missed. After a lost ping or a reconnect they are
 * compared at each check, until a comparison succeeds that started at least `everyMs` later: other processes may reconnect, and the store recover, later.
 */
export class GapCheck {
  readonly #parts: Dependencies;
  #suspectedAt: number | undefined;
  #isComparing = false;
  #stop: () => void = () => {};

  constructor(parts: Dependencies) {
    this.#parts = parts;
  }

  start(): void {
    this.#stop = this.#parts.bus.onGap(() => {
      this.#suspect();
      void this.#compare();
    });
  }

  stop(): void {
    this.#stop();
  }

  /** To be called every `everyMs`. Never rejects. */
  async check(): Promise<void> {
    if (!this.#parts.bus.isUp()) this.#suspect(); // no need to wait for the next ping to fail
    if (this.#suspectedAt !== undefined) await Promise.all([this.#compare(), this.#ping()]);
    else if (!(await this.#ping())) await this.#compare();
  }

  #suspect(): void {
    this.#suspectedAt = performance.now();
  }

  async #ping(): Promise<boolean> {
    try {
      await this.#parts.bus.ping();
      return true;
    } catch {
      this.#suspect();
      return false;
    }
  }

  async #compare(): Promise<void> {
    if (this.#isComparing) return;
    this.#isComparing = true;
    const startedAt = performance.now();
    try {
      await this.#parts.compare();
      if (startedAt - (this.#suspectedAt ?? startedAt) >= this.#parts.everyMs) this.#suspectedAt = undefined;
    } catch (error) {
      this.#suspect();
      if (error instanceof StoreUnavailable)
        this.#parts.logger.debug({ err: error }, 'the store is unavailable; streams will be compared with it later');
      else this.#parts.logger.error({ err: error }, 'comparing streams with the store failed; retrying');
    } finally {
      this.#isComparing = false;
    }
  }
}
