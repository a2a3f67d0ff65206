import type { Batch } from '../batch.ts';
import type { Feed, FeedGroup } from '../feed.ts';
import type { Listener, Subscriber } from '../follower.ts';

/** What a subscription needs of the stream that it belongs to. */
export type MultiGroupStream = {
  readonly isOpen: boolean;
  readonly isStarted: boolean;
  drained(): Promise<void>;
  write(bytes: Buffer | string): void;
  /** Whether this subscription may write now; if not, it is queued and replays in its turn. */
  mayTake(part: GroupSubscription): boolean;
  writeEntries(part: GroupSubscription, batch: Batch, upTo: number): void;
  /** Ends the subscription, since the user has left its group. */
  left(part: GroupSubscription): void;
  reset(): void;
  end(): void;
};

/** The subscription of a multi-group stream to one group. */
export class GroupSubscription implements Subscriber {
  readonly group: FeedGroup & { readonly number: number };
  readonly listener: Listener;
  readonly #stream: MultiGroupStream;
  readonly #endings: (() => void)[] = [];
  /** Set once it has entered its group's feed. */
  feed: Feed | undefined;
  cursor = 0;
  tag: string | undefined;
  authorisedAt = 0;
  #isOver = false;

  constructor(group: FeedGroup & { readonly number: number }, listener: Listener, stream: MultiGroupStream) {
    this.group = group;
    this.listener = listener;
    this.#stream = stream;
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#stream.isOpen;
  }

  get isStarted(): boolean {
    return this.#stream.isStarted;
  }

  atEnd(ending: () => void): void {
    if (this.#isOver) ending();
    else this.#endings.push(ending);
  }

  /** Ends this subscription only. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const ending of this.#endings.splice(0)) ending();
  }

  drained(): Promise<void> {
    return this.#stream.drained();
  }

  take(batch: Batch, upTo: number, isOut: boolean): boolean {
    if (!this.#stream.mayTake(this)) return false;
    this.#stream.writeEntries(this, batch, upTo);
    this.cursor = upTo;
    if (isOut) this.#stream.left(this);
    return true;
  }

  /** Writes an event that is not a log entry: typing. */
  write(bytes: Buffer | string): void {
    if (!this.#isOver) this.#stream.write(bytes);
  }

  reset(): void {
    this.#stream.reset();
  }

  expel(): void {
    this.#stream.left(this);
  }

  end(): void {
    this.#stream.end();
  }
}
