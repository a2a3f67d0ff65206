import type { Core } from '../core.ts';
import { StoreUnavailable } from '../errors.ts';

type Dependencies = Pick<Core, 'bus' | 'logger'> & {
  /** How often `look` is called, ms. */
  readonly everyMs: number;
  /** Compares where the logs end with where the streams are. Errors: StoreUnavailable. */
  readonly compare: () => Promise<void>;
};

/**
 * Decides when streams are compared with the store because events of the bus may have been missed. From a lost ping or a reconnect on they are
 * compared at each look, until a comparison succeeds that began `everyMs` after it: other processes may reconnect, and the store may be back, later.
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
  async look(): Promise<void> {
    if (!this.#parts.bus.isUp()) this.#suspect(); // known to be silent: not only once the ping has failed again
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
      if (error instanceof StoreUnavailable) this.#parts.logger.debug({ err: error }, 'streams wait for the store to be compared with it');
      else this.#parts.logger.error({ err: error }, 'streams could not be compared with the store; trying again');
    } finally {
      this.#isComparing = false;
    }
  }
}
