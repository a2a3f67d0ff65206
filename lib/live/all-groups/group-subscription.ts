import type { Batch } from '../batch.ts';
import type { Feed, FeedGroup } from '../feed.ts';
import type { Listener, Subscriber } from '../follower.ts';

/** What a part asks of the stream it belongs to. */
export type MultiGroupStream = {
  readonly isOpen: boolean;
  readonly isStarted: boolean;
  drained(): Promise<void>;
  write(bytes: Buffer | string): void;
  /** Whether it may be written for this part right now; if not, the part will be brought up to date in its turn. */
  mayTake(part: GroupSubscription): boolean;
  writeEntries(part: GroupSubscription, batch: Batch, upTo: number): void;
  /** The user has left the part's group: the part is over. */
  left(part: GroupSubscription): void;
  reset(): void;
  end(): void;
};

/** One group's part of a stream of many groups. */
export class GroupSubscription implements Subscriber {
  readonly group: FeedGroup & { readonly number: number };
  readonly listener: Listener;
  readonly #whole: MultiGroupStream;
  readonly #endings: (() => void)[] = [];
  /** Once it has entered it. */
  feed: Feed | undefined;
  cursor = 0;
  authorisedAt = 0;
  #isOver = false;

  constructor(group: FeedGroup & { readonly number: number }, listener: Listener, whole: MultiGroupStream) {
    this.group = group;
    this.listener = listener;
    this.#whole = whole;
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#whole.isOpen;
  }

  get isStarted(): boolean {
    return this.#whole.isStarted;
  }

  atEnd(ending: () => void): void {
    if (this.#isOver) ending();
    else this.#endings.push(ending);
  }

  /** Ends this part alone. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const ending of this.#endings.splice(0)) ending();
  }

  drained(): Promise<void> {
    return this.#whole.drained();
  }

  take(batch: Batch, upTo: number, isOut: boolean): boolean {
    if (!this.#whole.mayTake(this)) return false;
    this.#whole.writeEntries(this, batch, upTo);
    this.cursor = upTo;
    if (isOut) this.#whole.left(this);
    return true;
  }

  /** What is no entry of the group's log: who is typing. */
  write(bytes: Buffer | string): void {
    if (!this.#isOver) this.#whole.write(bytes);
  }

  reset(): void {
    this.#whole.reset();
  }

  end(): void {
    this.#whole.end();
  }
}
