import { LONGEST_DELAY_MS, LONGEST_WAIT_MS } from './bounds.ts';

/** A message that a server said is there. A webhook is not told where. */
export type Acknowledged = { readonly text: string; readonly author: string; readonly seq: number | undefined; readonly at: number };

/** How a message should look in the end, after what its author did to it. */
export type Fate = { body: string; erased: boolean; readonly reactions: Set<string> };

/** What clients were told, and what the run is waiting for. The first thing that goes wrong ends it. */
export class Ledger {
  readonly acknowledged = new Map<string, Acknowledged>();
  /** What was written where, as far as writers were told. */
  readonly texts = new Map<number, string>();
  /** By seq; only messages that something was done to. */
  readonly fates = new Map<number, Fate>();
  /** Messages that somebody has tried to erase: from then on their text may be gone. */
  readonly mayBeErased = new Set<number>();
  /** Counts by name, for the report. */
  readonly counts = new Map<string, number>();
  refusals = 0;
  /** The highest seq that a writer was told. */
  highest = 0;
  isOver = false;
  /** Rejects with the first failure; never resolves. */
  readonly failed: Promise<never>;
  readonly #fail: (error: unknown) => void;
  #floodedUntil = 0;
  #waiting: { readonly isDone: () => boolean; readonly resolve: () => void }[] = [];

  constructor() {
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.failed.catch(() => {});
    this.#fail = reject;
  }

  fail(error: unknown): void {
    this.#fail(error);
  }

  /** Rejects when anything has gone wrong so far. */
  async sound(): Promise<void> {
    await Promise.race([this.failed, Promise.resolve()]);
  }

  /** Fails the run unless something holds. */
  expect(holds: boolean, message: () => string): void {
    if (!holds) this.#fail(new Error(message()));
  }

  count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  /** Keeps the largest value seen under a name. */
  most(name: string, value: number): void {
    this.counts.set(name, Math.max(this.counts.get(name) ?? 0, Math.round(value)));
  }

  acknowledge(one: Omit<Acknowledged, 'at'>): void {
    this.expect(!this.acknowledged.has(one.text), () => `"${one.text}" was acknowledged before`);
    this.acknowledged.set(one.text, { ...one, at: performance.now() });
    if (one.seq !== undefined) this.texts.set(one.seq, one.text);
    this.highest = Math.max(this.highest, one.seq ?? 0);
    this.#wake();
  }

  refuse(): void {
    this.refusals += 1;
    this.#wake();
  }

  fateOf(seq: number, body: string): Fate {
    const fate = this.fates.get(seq) ?? { body, erased: false, reactions: new Set<string>() };
    this.fates.set(seq, fate);
    return fate;
  }

  /** Whether so much is being sent that everything takes its time, or was at any time since then, ms of performance.now(). */
  isFlooded(since = performance.now()): boolean {
    return since <= this.#floodedUntil;
  }

  flood(isFlooded: boolean): void {
    this.#floodedUntil = isFlooded ? Number.POSITIVE_INFINITY : performance.now() + LONGEST_DELAY_MS;
  }

  /** Writers finish what they have begun; readers stop waiting for more. */
  end(): void {
    this.isOver = true;
    this.#wake();
  }

  /** Resolves after so many further messages, or when all is over. */
  messages(count: number): Promise<void> {
    const target = this.acknowledged.size + count;
    return this.until(`${count} further messages to be acknowledged`, () => this.acknowledged.size >= target || this.isOver);
  }

  /** Resolves after so many further refusals. */
  refused(count: number): Promise<void> {
    const target = this.refusals + count;
    return this.until(`${count} further refusals`, () => this.refusals >= target);
  }

  /** Resolves once `isDone` says so, asked after each acknowledgement and refusal. What takes too long fails the run. */
  async until(what: string, isDone: () => boolean): Promise<void> {
    if (isDone()) return;
    await this.inTime(what, new Promise<void>((resolve) => this.#waiting.push({ isDone, resolve })));
  }

  /** The same promise; what takes too long fails the run. */
  async inTime<T>(what: string, promise: Promise<T>, ms = LONGEST_WAIT_MS, more = () => ''): Promise<T> {
    const giveUp = (): void => this.#fail(new Error(`waited ${Math.round(ms / 1000)} s in vain for ${what} ${more()}`));
    const timer = setTimeout(giveUp, ms);
    try {
      return await Promise.race([promise, this.failed]);
    } finally {
      clearTimeout(timer);
    }
  }

  #wake(): void {
    for (const { isDone, resolve } of this.#waiting) if (isDone()) resolve();
    this.#waiting = this.#waiting.filter(({ isDone }) => !isDone());
  }
}
