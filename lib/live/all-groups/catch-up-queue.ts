import type { GroupSubscription } from './group-subscription.ts';

/**
 * Replays the subscriptions of one stream one after the other. Entries for the others that arrive meanwhile are not kept in memory: each
 * subscription reads them from the store in its turn.
 */
export class CatchUpQueue {
  readonly #waiting = new Set<GroupSubscription>();
  readonly #onError: (error: unknown) => void;
  #current: GroupSubscription | undefined;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(part: GroupSubscription): void {
    this.#waiting.add(part);
  }

  /** Whether a subscription may write now; if not, it is queued. */
  mayTake(part: GroupSubscription): boolean {
    if (this.#current === undefined || this.#current === part) return true;
    this.#waiting.add(part);
    return false;
  }

  /** Replays all queued subscriptions. */
  go(): void {
    if (!this.#current) void this.#all().catch(this.#onError);
  }

  async #all(): Promise<void> {
    for (const part of this.#waiting) {
      this.#waiting.delete(part);
      this.#current = part;
      await part.feed?.join(part);
    }
    this.#current = undefined;
  }
}
