import type { BusEvent } from '../events.ts';
import type { GroupId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import { contiguous } from '../log/history.ts';
import type { Store } from '../store/port.ts';

const WINDOW = 200;

type Dependencies = {
  readonly store: Pick<Store, 'log'>;
  /** Called with consecutive entries: every seq once, in order, nothing left out. */
  readonly deliver: (entries: readonly Entry[]) => void;
  /** Told when a read found entries that no event had brought. */
  readonly onGap?: () => void;
  /** Told when the store cannot be read; the next event, retry or probe tries again. */
  readonly onError: (error: unknown) => void;
};

/**
 * Follows the end of one log. The next seq goes on at once with no read; a higher one makes it read the gap first,
 * one read at a time; a lower one is dropped. So a bell that rings twice, out of order, or not at all costs time, never an entry.
 */
export class Tail {
  readonly #group: GroupId;
  readonly #parts: Dependencies;
  #last: number;
  /** The highest seq heard of. */
  #heard: number;
  #isReading = false;

  constructor(group: GroupId, last: number, parts: Dependencies) {
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
    const next = this.#isReading
      ? []
      : contiguous(
          event.entries.filter((entry) => entry.seq > this.#last),
          this.#last,
        );
    if (next.length > 0) this.#deliver(next);
    this.reach(event.entries.at(-1)?.seq ?? 0);
  }

  /** The log is said to reach `seq`. */
  reach(seq: number): void {
    this.#heard = Math.max(this.#heard, seq);
    if (this.#heard > this.#last && !this.#isReading) void this.#read(false);
  }

  /** Tries again for what was heard of and could not be read. */
  retry(): void {
    this.reach(this.#heard);
  }

  /** Looks whether there is more than was heard of. */
  probe(): void {
    if (!this.#isReading) void this.#read(true);
  }

  async #read(isProbe: boolean): Promise<void> {
    this.#isReading = true;
    let again = isProbe;
    try {
      while (again || this.#last < this.#heard) {
        const heard = this.#heard;
        const size = this.#last < heard ? WINDOW : 1; // nearly every probe finds nothing
        const window = contiguous(await this.#parts.store.log.range(this.#group, this.#last + 1, this.#last + size), this.#last);
        // Heard of more than there is (a restored backup): wait for another bell. One that rang during the read is looked after at once.
        if (window.length === 0 && this.#heard === heard) break;
        if (window.length > 0) this.#parts.onGap?.();
        if (window.length > 0) this.#deliver(window);
        again = window.length === size;
      }
    } catch (error) {
      this.#parts.onError(error);
    } finally {
      this.#isReading = false;
    }
  }

  #deliver(entries: readonly Entry[]): void {
    this.#last = entries.at(-1)?.seq ?? this.#last;
    this.#heard = Math.max(this.#heard, this.#last);
    this.#parts.deliver(entries);
  }
}
