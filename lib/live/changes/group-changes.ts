import type { Entry } from '../../log/entry.ts';
import type { Batch } from '../batch.ts';
import type { Connection } from '../connection.ts';
import type { FeedGroup } from '../feed.ts';
import type { Listener, Subscriber } from '../follower.ts';

/** The subscription of a stream of changes to one group: it is told of new entries, and writes none. */
export class GroupChanges implements Subscriber {
  readonly group: FeedGroup;
  readonly listener: Listener;
  readonly #connection: Connection;
  readonly #onEntries: (entries: readonly Entry[]) => void;
  readonly #endings: (() => void)[] = [];
  cursor = 0;
  tag: string | undefined;
  authorisedAt = 0;
  #isOver = false;

  constructor(group: FeedGroup, connection: Connection, onEntries: (entries: readonly Entry[]) => void) {
    this.group = group;
    this.listener = connection.listener;
    this.#connection = connection;
    this.#onEntries = onEntries;
    connection.atEnd(() => this.leave());
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#connection.isOpen;
  }

  get isStarted(): boolean {
    return this.#connection.isStarted;
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
    return this.#connection.drained();
  }

  take(batch: Batch, upTo: number, isOut: boolean): boolean {
    const after = this.cursor;
    this.#onEntries(batch.entries.filter(({ seq }) => seq > after && seq <= upTo));
    this.cursor = upTo;
    if (isOut) this.leave();
    return true;
  }

  /** Events that are no entries, such as typing, change nothing. */
  write(): void {}

  /** Its group is being removed: the others go on. */
  expel(): void {
    this.leave();
  }

  reset(): void {
    this.#connection.end();
  }

  end(): void {
    this.#connection.end();
  }
}
