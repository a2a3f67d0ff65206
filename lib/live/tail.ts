import type { BusEvent } from '../events.ts';
import type { GroupId } from '../ids.ts';
import type { Entry } from '../messages/entry.ts';
import type { Store } from '../store/port.ts';

const WINDOW = 200;

type Parts = {
  readonly store: Pick<Store, 'log'>;
  /** Called with consecutive entries: every seq once, in order, nothing left out. */
  readonly deliver: (entries: readonly Entry[]) => void;
  /** Told when the store cannot be read; the next event or probe tries again. */
  readonly onError: (error: unknown) => void;
};

/**
 * Follows the end of one log. The next seq goes on at once with no read; a higher one makes it read the gap first,
 * one read at a time; a lower one is dropped. So a bell that rings twice, out of order, or not at all costs time, never an entry.
 */
export class Tail {
  readonly #group: GroupId;
  readonly #parts: Parts;
  #last: number;
  /** The highest seq heard of. */
  #heard: number;
  #reading = false;

  constructor(group: GroupId, last: number, parts: Parts) {
    this.#group = group;
    this.#parts = parts;
    this.#last = last;
    this.#heard = last;
  }

  /** The last seq delivered. */
  get last(): number {
    return this.#last;
  }

  hear(event: BusEvent): void {
    if (event.type === 'head') this.reach(event.seq);
    if (event.type !== 'entries') return;
    const fresh = event.entries.filter((entry) => entry.seq > this.#last);
    const [first] = fresh;
    if (first && first.seq === this.#last + 1 && !this.#reading && isConsecutive(fresh)) this.#deliver(fresh);
    else this.reach(event.entries.at(-1)?.seq ?? 0);
  }

  /** The log is said to reach `seq`. */
  reach(seq: number): void {
    this.#heard = Math.max(this.#heard, seq);
    if (this.#heard > this.#last && !this.#reading) void this.#read(() => this.#last < this.#heard);
  }

  /** Reads on from the last seq whatever was heard. */
  probe(): void {
    let isFirst = true;
    if (this.#reading) return;
    void this.#read(() => {
      const again = isFirst || this.#last < this.#heard;
      isFirst = false;
      return again;
    });
  }

  async #read(wanted: () => boolean): Promise<void> {
    this.#reading = true;
    try {
      while (wanted()) {
        const heard = this.#heard;
        const window = await this.#parts.store.log.range(this.#group, this.#last + 1, this.#last + WINDOW);
        // Heard of more than there is (a restored backup): wait for another bell. One that rang during the read is looked after at once.
        if (window.length === 0 && this.#heard === heard) break;
        this.#deliver(window);
        if (window.length === WINDOW) this.#heard = Math.max(this.#heard, this.#last + 1);
      }
    } catch (error) {
      this.#parts.onError(error);
    } finally {
      this.#reading = false;
    }
  }

  #deliver(entries: readonly Entry[]): void {
    this.#last = entries.at(-1)?.seq ?? this.#last;
    this.#heard = Math.max(this.#heard, this.#last);
    this.#parts.deliver(entries);
  }
}

const isConsecutive = (entries: readonly Entry[]): boolean => entries.every((entry, index) => entry.seq === (entries[0]?.seq ?? 0) + index);
