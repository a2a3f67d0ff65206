import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Batch } from './batch.ts';

/** How many entries a replay reads at a time. */
export const REPLAY_WINDOW = 200;
const MAX_WINDOWS = 16;
/** Long enough for many clients that reconnect at once, short enough that erased text is soon gone from memory. */
const WINDOW_KEPT_MS = 1000;

/** `check`: a check that has not begun yet, for all that ask in this turn of the event loop. */
type Window = { readonly batch: Promise<Batch>; check?: Promise<boolean> | undefined };

/** Windows of one group's log, shared by all streams that replay the same entries. One that has changed since is read again. */
export class ReplayCache {
  readonly #read: (after: number, to: number) => Promise<Batch>;
  readonly #isCurrent: (batch: Batch) => Promise<boolean>;
  readonly #kept = new LRUCache<string, Window>({ max: MAX_WINDOWS });

  /** `isCurrent`: whether a batch that was read may still be sent. */
  constructor(read: (after: number, to: number) => Promise<Batch>, isCurrent: (batch: Batch) => Promise<boolean>) {
    this.#read = read;
    this.#isCurrent = isCurrent;
  }

  /** The entries with a seq in (`after`, `to`], as they may be read at a moment after this call. */
  async get(after: number, to: number): Promise<Batch> {
    const key = `${after}-${to}`;
    for (let known = this.#kept.get(key); known; known = this.#kept.get(key)) {
      if (await this.#stands(known)) return known.batch;
      this.#forget(key, known);
    }
    const window: Window = { batch: this.#read(after, to) };
    this.#kept.set(key, window);
    const forget = (): void => this.#forget(key, window);
    window.batch.then(() => setTimeout(forget, WINDOW_KEPT_MS).unref(), forget);
    return window.batch;
  }

  #forget(key: string, window: Window): void {
    if (this.#kept.get(key) === window) this.#kept.delete(key);
  }

  #stands(window: Window): Promise<boolean> {
    window.check ??= Promise.all([window.batch, nextTurn()]).then(([batch]) => {
      window.check = undefined;
      return this.#isCurrent(batch);
    });
    return window.check;
  }
}
