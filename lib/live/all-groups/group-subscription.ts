import type { Batch } from '../batch.ts';
import type { Feed, FeedGroup } from '../feed.ts';
import type { Subscriber } from '../follower.ts';
import { GroupPart } from '../group-part.ts';

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
export class GroupSubscription extends GroupPart<FeedGroup & { readonly number: number }, MultiGroupStream> implements Subscriber {
  /** Set once it has entered its group's feed. */
  feed: Feed | undefined;

  take(batch: Batch, upTo: number, isOut: boolean): boolean {
    if (!this.stream.mayTake(this)) return false;
    this.stream.writeEntries(this, batch, upTo);
    this.cursor = upTo;
    if (isOut) this.stream.left(this);
    return true;
  }

  /** Writes an event that is not a log entry: typing. */
  write(bytes: Buffer | string): void {
    if (!this.isOver) this.stream.write(bytes);
  }

  reset(): void {
    this.stream.reset();
  }

  expel(): void {
    this.stream.left(this);
  }

  end(): void {
    this.stream.end();
  }
}
