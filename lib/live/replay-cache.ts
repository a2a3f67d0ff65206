import { LRUCache } from 'lru-cache';
import type { Batch } from './batch.ts';

/** How many entries a replay reads at a time. */
export const REPLAY_WINDOW = 200;
const MAX_WINDOWS = 16;
/** Long enough for many clients that reconnect at once, short enough that erased text is soon gone. */
const WINDOW_KEPT_MS = 1000;

/** Windows of one group's log, shared by all streams that replay the same entries. */
export class ReplayCache {
  readonly #read: (after: number, to: number) => Promise<Batch>;
  readonly #kept = new LRUCache<string, Promise<Batch>>({ max: MAX_WINDOWS });

  constructor(read: (after: number, to: number) => Promise<Batch>) {
    this.#read = read;
  }

  /** The entries with a seq in (`after`, `to`]. */
  get(after: number, to: number): Promise<Batch> {
    const key = `${after}-${to}`;
    const known = this.#kept.get(key);
    if (known) return known;
    const read = this.#read(after, to);
    this.#kept.set(key, read);
    const forget = (): void => {
      if (this.#kept.get(key) === read) this.#kept.delete(key);
    };
    read.then(() => setTimeout(forget, WINDOW_KEPT_MS).unref(), forget);
    return read;
  }

  clear(): void {
    this.#kept.clear();
  }
}
