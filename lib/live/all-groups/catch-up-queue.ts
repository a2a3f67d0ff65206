import type { GroupSubscription } from './group-subscription.ts';

/**
 * Brings the parts of one stream up to date, one after the other: whatever comes for the others while one of them waits for the store or the reader
 * is left to their turns, so that what waits is in the store and not here.
 */
export class CatchUpQueue {
  readonly #waiting = new Set<GroupSubscription>();
  readonly #onError: (error: unknown) => void;
  #present: GroupSubscription | undefined;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(part: GroupSubscription): void {
    this.#waiting.add(part);
  }

  /** Whether a part may be written for right now; if not, it gets a turn. */
  mayTake(part: GroupSubscription): boolean {
    if (this.#present === undefined || this.#present === part) return true;
    this.#waiting.add(part);
    return false;
  }

  /** Gives everybody who waits a turn. */
  go(): void {
    if (!this.#present) void this.#all().catch(this.#onError);
  }

  async #all(): Promise<void> {
    for (const part of this.#waiting) {
      this.#waiting.delete(part);
      this.#present = part;
      await part.feed?.join(part);
    }
    this.#present = undefined;
  }
}
