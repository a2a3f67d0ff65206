/** Work of one turn of the event loop: afterwards other requests are read and answered. */
const TURN_MS = 10;

/**
 * Shares the thread between requests: long synchronous work is split into pieces, of which those of one turn of the event loop take about TURN_MS together,
 * or one piece that takes longer. Pieces run in the order of their calls.
 */
export class Scheduler {
  readonly #waiting: (() => void)[] = [];
  #until: number | undefined;

  /** Runs a piece of work: at once when this turn has time left, otherwise in one of the next turns. Rejects with what it throws. */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const piece = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#waiting.length === 0 && this.#hasTime()) piece();
      else this.#waiting.push(piece);
    });
  }

  /** Resolves when there is time for more: call it before work that cannot be a piece, such as a large read. */
  turn(): Promise<void> {
    return this.run(() => {});
  }

  #hasTime(): boolean {
    const now = performance.now();
    if (this.#until === undefined) {
      this.#until = now + TURN_MS;
      setImmediate(() => setImmediate(this.#next)); // the first may run before sockets are read again
    }
    return now < this.#until;
  }

  readonly #next = (): void => {
    this.#until = this.#waiting.length > 0 ? performance.now() + TURN_MS : undefined;
    if (this.#until === undefined) return;
    do this.#waiting.shift()?.();
    while (this.#waiting.length > 0 && performance.now() < this.#until);
    setImmediate(this.#next);
  };
}
