import { LRUCache } from 'lru-cache';
import type { Batch } from './batch.ts';

/** Entries that are read and prepared at a time. */
export const REPLAY_WINDOW = 200;
const MAX_WINDOWS = 16;
/** Long enough for a crowd that comes back at once, short enough that nothing erased lingers. */
const WINDOW_KEPT_MS = 1000;

/** Windows of one log being replayed, shared by all that ask for the same one. */
export class ReplayCache {
  readonly #read: (after: number, to: number) => Promise<Batch>;
  readonly #kept = new LRUCache<string, Promise<Batch>>({ max: MAX_WINDOWS });

  constructor(read: (after: number, to: number) => Promise<Batch>) {
    this.#read = read;
  }

  /** The entries after seq `after`, up to and including `to`. */
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
