import type { Entry } from '../../log/entry.ts';
import type { Batch } from '../batch.ts';
import type { Connection } from '../connection.ts';
import type { FeedGroup } from '../feed.ts';
import type { Subscriber } from '../follower.ts';
import { GroupPart } from '../group-part.ts';

/** The subscription of a stream of changes to one group: it is told of new entries, and writes none. */
export class GroupChanges extends GroupPart<FeedGroup, Connection> implements Subscriber {
  readonly #onEntries: (entries: readonly Entry[]) => void;

  constructor(group: FeedGroup, connection: Connection, onEntries: (entries: readonly Entry[]) => void) {
    super(group, connection.listener, connection);
    this.#onEntries = onEntries;
    connection.atEnd(() => this.leave());
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
    this.stream.end();
  }

  end(): void {
    this.stream.end();
  }
}
