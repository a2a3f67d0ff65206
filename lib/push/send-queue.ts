/** Concurrency limits: in total, per push service and per user, so that a slow service or host name does not block the others. */
export const [MAX_AT_ONCE, MAX_PER_SERVICE, MAX_PER_USER] = [8, 5, 6];

type Job = { readonly service: string; readonly user: string; readonly run: () => Promise<void> };

/** A bounded queue of sends; when full, the oldest is dropped. `run` must never reject. */
export class SendQueue {
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

  /** Resolves when nothing is queued or running. */
  async idle(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #fill(): void {
    while (this.#count < MAX_AT_ONCE) {
      const index = this.#jobs.findIndex((job) => this.#hasRoom(job));
      const [job] = index === -1 ? [] : this.#jobs.splice(index, 1);
      if (!job) break;
      this.#begin(job);
    }
    if (this.#count === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #hasRoom({ service, user }: Job): boolean {
    const running = (key: string): number => this.#running.get(key) ?? 0;
    return running(`service ${service}`) < MAX_PER_SERVICE && running(`user ${user}`) < MAX_PER_USER;
  }

  #begin({ service, user, run }: Job): void {
    const keys = [`service ${service}`, `user ${user}`];
    this.#count += 1;
    for (const key of keys) this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
    void run().finally(() => {
      for (const key of keys) {
        const left = (this.#running.get(key) ?? 1) - 1;
        if (left > 0) this.#running.set(key, left);
        else this.#running.delete(key);
      }
      this.#count -= 1;
      this.#fill();
    });
  }
}
