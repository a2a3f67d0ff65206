import { LRUCache } from 'lru-cache';
import type { GroupId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import { type Position, positionOf } from './position.ts';

/** Many clients come back at once with the same cursors. */
const [MAX_KEPT, KEPT_MS] = [64, 1000];

/** Resolves to the position at a seq, with its tag where the log has an entry there. Errors: StoreUnavailable. */
export async function positionAt(store: Pick<Store, 'log'>, group: GroupId, seq: number): Promise<Position> {
  const [entry] = seq === 0 ? [] : await store.log.range(group, seq, seq);
  return entry ? positionOf(entry) : { seq };
}

/** Tells whether a cursor is from one log, or from a log that was replaced by a backup; reads an entry once per second at most. */
export class LogIdentity {
  readonly #read: (seq: number) => Promise<Position>;
  readonly #kept = new LRUCache<number, Promise<Position>>({ max: MAX_KEPT, ttl: KEPT_MS });

  constructor(store: Pick<Store, 'log'>, group: GroupId) {
    this.#read = (seq) => positionAt(store, group, seq);
  }

  /** `last`: the position that the caller has sent last. A cursor without a tag is not compared. Errors: StoreUnavailable. */
  async has(cursor: Position, last: Position): Promise<boolean> {
    if (cursor.tag === undefined) return true;
    const present = cursor.seq === last.seq ? last : await this.#at(cursor.seq);
    return present.tag === undefined || present.tag === cursor.tag;
  }

  #at(seq: number): Promise<Position> {
    const known = this.#kept.get(seq);
    if (known) return known;
    const read = this.#read(seq);
    this.#kept.set(seq, read);
    read.catch(() => this.#kept.delete(seq));
    return read;
  }
}
