import type { Core } from '../../core.ts';
import { randomId, type UserId } from '../../ids.ts';
import type { Cursor } from './cursor.ts';

/** The minimum interval between two sets stored for one stream. */
const SET_EVERY_MS = 10_000;
/** Rate limit of one user's sets: a burst of 100, then one per 10 s. Without a new set ids only grow longer. */
const [SETS_PER_SECOND, MAX_SETS_AT_ONCE] = [0.1, 100];

const DAY_MS = 24 * 3_600_000;
/** How long a set is kept after its last use; a replaced set is kept for a day. */
const [KEPT_MS, REPLACED_KEPT_MS] = [30 * DAY_MS, DAY_MS];

/** Removes expired sets. Errors: StoreUnavailable. */
export async function sweepCursors({ store, now }: Pick<Core, 'store' | 'now'>): Promise<void> {
  await store.cursors.sweep(now() - KEPT_MS, now() - REPLACED_KEPT_MS);
}

/** Keeps the ids of a multi-group stream short by storing its positions as a set. An id names a set only once the set is durable. */
export class CursorCheckpoint {
  readonly #core: Core;
  readonly #user: UserId;
  readonly #cursor: Cursor;
  #isStoring = false;
  #storedAt = Number.NEGATIVE_INFINITY;
  #usedAt: number;

  constructor(core: Core, user: UserId, cursor: Cursor) {
    this.#core = core;
    this.#user = user;
    this.#cursor = cursor;
    this.#usedAt = core.now();
  }

  /** Stores a set in the background when ids have become long. */
  moved(): void {
    const isDue = this.#cursor.isLong && !this.#isStoring && performance.now() - this.#storedAt > SET_EVERY_MS;
    if (!isDue || this.#core.rateLimiter.take(`cursors:${this.#user}`, SETS_PER_SECOND, MAX_SETS_AT_ONCE) > 0) return;
    this.#isStoring = true;
    this.#storedAt = performance.now();
    const done = this.#store().catch((error) => this.#core.logger.warn({ err: error }, 'storing stream positions failed; ids stay long'));
    void done.finally(() => {
      this.#isStoring = false;
    });
  }

  async #store(): Promise<void> {
    const { random, now, store } = this.#core;
    const set = { id: randomId(random), user: this.#user, positions: this.#cursor.snapshot() };
    await store.cursors.insert(set, now(), this.#cursor.set);
    this.#usedAt = now();
    this.#cursor.rebase(set.id, set.positions);
  }

  /** Records at most once a day that the set is in use. */
  use(): void {
    const { set } = this.#cursor;
    const now = this.#core.now();
    if (set === undefined || now - this.#usedAt < DAY_MS) return;
    this.#usedAt = now;
    this.#core.store.cursors
      .use(this.#user, set, now)
      .catch((error) => this.#core.logger.debug({ err: error }, 'recording the use of a cursor failed'));
  }
}
