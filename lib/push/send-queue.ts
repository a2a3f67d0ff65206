/** At once, of all push services, and of one: so that one which is slow leaves places for the others. */
export const [MOST_AT_ONCE, MOST_PER_SERVICE] = [8, 5];

type Job = { readonly service: string; readonly run: () => Promise<void> };

/** Work that waits for a place; of too much the oldest is dropped. `run` never rejects. */
export class WaitingLine {
  readonly #most: number;
  readonly #onDrop: () => void;
  readonly #running = new Map<string, number>();
  #jobs: Job[] = [];
  #count = 0;
  #idle: (() => void)[] = [];

  constructor(most: number, onDrop: () => void) {
    this.#most = most;
    this.#onDrop = onDrop;
  }

  add(job: Job): void {
    if (this.#jobs.length >= this.#most) {
      this.#jobs.shift();
      this.#onDrop();
    }
    this.#jobs.push(job);
    this.#fill();
  }

  clear(): void {
    this.#jobs = [];
  }

  /** Resolves when nothing waits or runs. */
  async idle(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #fill(): void {
    while (this.#count < MOST_AT_ONCE) {
      const index = this.#jobs.findIndex(({ service }) => (this.#running.get(service) ?? 0) < MOST_PER_SERVICE);
      const [job] = index === -1 ? [] : this.#jobs.splice(index, 1);
      if (!job) break;
      this.#begin(job);
    }
    if (this.#count === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #begin({ service, run }: Job): void {
    this.#count += 1;
    this.#running.set(service, (this.#running.get(service) ?? 0) + 1);
    void run().finally(() => {
      const left = (this.#running.get(service) ?? 1) - 1;
      if (left > 0) this.#running.set(service, left);
      else this.#running.delete(service);
      this.#count -= 1;
      this.#fill();
    });
  }
}
