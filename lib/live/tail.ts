import type { BusEvent } from '../events.ts';
import type { GroupId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import { contiguous } from '../log/history.ts';
import type { Store } from '../store/port.ts';

const WINDOW = 200;

type Dependencies = {
  readonly store: Pick<Store, 'log'>;
  /** Called with consecutive entries: every seq once, in order, without gaps. */
  readonly deliver: (entries: readonly Entry[]) => void;
  /** Called when a read found entries that no event carried. */
  readonly onGap?: () => void;
  /** Called when the store cannot be read; the next event, retry or probe reads again. */
  readonly onError: (error: unknown) => void;
};

/**
 * Follows the end of one log. The next seq is delivered at once without a read; a higher one makes it read the gap first,
 * one read at a time; a lower one is dropped. So duplicate, reordered or lost bus events cost time, but never an entry.
 */
export class Tail {
  readonly #group: GroupId;
  readonly #parts: Dependencies;
  #last: number;
  /** The highest seq that an event or a comparison has announced. */
  #announced: number;
  #isReading = false;

  constructor(group: GroupId, last: number, parts: Dependencies) {
    this.#group = group;
    this.#parts = parts;
    this.#last = last;
    this.#announced = last;
  }

  /** The last seq delivered. */
  get last(): number {
    return this.#last;
  }

  onEvent(event: BusEvent): void {
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

  /** Announces that the log reaches `seq`; reads what is missing. */
  reach(seq: number): void {
    this.#announced = Math.max(this.#announced, seq);
    if (this.#announced > this.#last && !this.#isReading) void this.#read(false);
  }

  /** Reads announced entries that an earlier read failed to get. */
  retry(): void {
    this.reach(this.#announced);
  }

  /** Reads whether the log has entries that were not announced. */
  probe(): void {
    if (!this.#isReading) void this.#read(true);
  }

  async #read(isProbe: boolean): Promise<void> {
    this.#isReading = true;
    let again = isProbe;
    try {
      while (again || this.#last < this.#announced) {
        const announced = this.#announced;
        const size = this.#last < announced ? WINDOW : 1; // almost all probes find nothing
        const window = contiguous(await this.#parts.store.log.range(this.#group, this.#last + 1, this.#last + size), this.#last);
        // More was announced than exists (a restored backup): wait for the next event, unless one arrived during the read.
        if (window.length === 0 && this.#announced === announced) break;
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
    this.#announced = Math.max(this.#announced, this.#last);
    this.#parts.deliver(entries);
  }
}
