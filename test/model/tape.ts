import fc from 'fast-check';

/** `seed`, and the number of random decisions; later decisions cause no fault. */
export type TapeSource = { readonly seed: number; readonly length: number };

/** Shrinking shortens the tape: after its end there are no faults and everything runs in order. */
export const anyTape = (most: number): fc.Arbitrary<TapeSource> =>
  fc.record({ seed: fc.noShrink(fc.integer()), length: fc.integer({ min: 0, max: most }) });

/**
 * The decisions of one run: who goes next, what gets lost. The same source always gives the same ones. Each purpose has a row of its own,
 * so that a change in one (a command less) leaves the others alone.
 */
export class Tape {
  readonly #source: TapeSource;
  readonly #uses = new Map<string, number>();
  #made = 0;
  #isStopped = false;

  constructor(source: TapeSource) {
    this.#source = source;
  }

  /** An integer from 0 to `bound` − 1; 0 after the end of the tape. */
  pick(purpose: string, bound: number): number {
    if (bound <= 1 || this.#isOver()) return 0;
    this.#made += 1;
    return this.#next(purpose) % bound;
  }

  /** True with this probability in percent; false after the end of the tape. */
  chance(purpose: string, percent: number): boolean {
    if (percent <= 0 || this.#isOver()) return false;
    this.#made += 1;
    return this.#next(purpose) % 100 < percent;
  }

  /** A random element; the first one after the end of the tape. */
  one<T>(purpose: string, first: T, ...others: readonly T[]): T {
    return [first, ...others][this.pick(purpose, others.length + 1)] ?? first;
  }

  /** Unique bytes for names and ids, also after the end of the tape. */
  bytes(purpose: string, count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#next(purpose) & 255);
  }

  /** A number in [0, 1) for jitter; not a decision of the tape. */
  fraction(purpose: string): number {
    return this.#next(purpose) / 2 ** 32;
  }

  /** Ends the tape: no more faults. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Number of decisions so far. */
  get made(): number {
    return this.#made;
  }

  #isOver(): boolean {
    return this.#isStopped || this.#made >= this.#source.length;
  }

  #next(purpose: string): number {
    const use = this.#uses.get(purpose) ?? 0;
    this.#uses.set(purpose, use + 1);
    return mixed(hash(purpose) ^ this.#source.seed, use);
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  return sum;
}

/** The finisher of MurmurHash3 over a counter. */
function mixed(seed: number, count: number): number {
  let h = (seed + Math.imul(count + 1, 0x9e3779b9)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
