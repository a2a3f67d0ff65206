import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';

const KEPT_MS = 1000;
/** Cached answers; past this the least recently used go. */
export const MAX_KEPT = 20_000;

/** Results by key, for 1 s. A write invalidates all of them. */
export class QueryCache {
  /** Made with the first lookup: it allocates all of its places, which a short command need not wait for. */
  #kept: LRUCache<string, Promise<unknown>> | undefined;
  /** Whether another process has written since the last call; undefined where the store cannot tell. */
  readonly #changed: (() => boolean) | undefined;
  #isChecked = false;
  #turn: Promise<void> | undefined;

  constructor(changed: (() => boolean) | undefined) {
    this.#changed = changed;
  }

  /** Incremented by each invalidation. */
  stamp = 0;

  forget(): void {
    this.stamp += 1;
    this.#kept?.clear();
  }

  /** One promise for all callers of this turn. */
  afterThisTurn(): Promise<void> {
    this.#turn ??= nextTurn().then(() => {
      this.#turn = undefined;
    });
    return this.#turn;
  }

  stands(stamp: number): boolean {
    this.#check();
    return this.#changed !== undefined && this.stamp === stamp;
  }

  /** Whether the cache is now as new as the store. */
  refresh(): boolean {
    this.#isChecked = false;
    this.#check();
    return this.#changed !== undefined;
  }

  /** Once per turn of the event loop, for all requests of that turn. */
  #check(): void {
    if (this.#isChecked || !this.#changed) return;
    this.#isChecked = true;
    setImmediate(() => {
      this.#isChecked = false;
    });
    if (this.#changed()) this.forget();
  }

  recall<T>(key: string, load: () => Promise<T | undefined>, isYes: (value: T) => boolean): Promise<T | undefined> {
    this.#check();
    this.#kept ??= new LRUCache({ max: MAX_KEPT, ttl: KEPT_MS });
    const cached = this.#kept;
    const known = cached.get(key);
    if (known) return known as Promise<T | undefined>;
    const found = load();
    cached.set(key, found);
    const drop = (): void => {
      if (cached.peek(key) === found) cached.delete(key);
    };
    found.then((value) => (value !== undefined && isYes(value) === true) || drop(), drop);
    return found;
  }
}
