import { LONGEST_DELAY_MS, LONGEST_WAIT_MS } from './bounds.ts';

/** An acknowledged message. The response of a webhook has no seq. */
type Acknowledged = { readonly text: string; readonly author: string; readonly seq: number | undefined; readonly at: number };

/** The files of a message: their URLs and contents. */
export type Uploaded = { readonly seq: number; readonly files: readonly { readonly url: string; readonly content: string }[] };

/** The expected final state of a message after its author's changes. */
type Fate = { body: string; erased: boolean; readonly reactions: Set<string> };

/** All acknowledgements, and the conditions that the run waits for. The first failure ends the run. */
export class Ledger {
  readonly acknowledged = new Map<string, Acknowledged>();
  /** The acknowledged texts by seq. */
  readonly texts = new Map<number, string>();
  /** By seq; only messages that were changed. */
  readonly fates = new Map<number, Fate>();
  /** By seq, whose press of a button was acknowledged. */
  readonly pressed = new Map<number, string>();
  /** Messages with an attempted erasure: their text may be gone from then on. */
  readonly mayBeErased = new Set<number>();
  /** Messages with files that were acknowledged, by their keys. */
  readonly uploads = new Map<string, Uploaded>();
  /** Groups that were changed once each, by a server that was killed: what was changed, by slug. */
  readonly changed = new Map<string, string>();
  /** Counts by name, for the report. */
  readonly counts = new Map<string, number>();
  refusals = 0;
  /** The highest acknowledged seq. */
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

  /** Throws when a failure was recorded before. */
  async sound(): Promise<void> {
    await Promise.race([this.failed, Promise.resolve()]);
  }

  /** Fails the run unless the condition holds. */
  expect(holds: boolean, message: () => string): void {
    if (!holds) this.#fail(new Error(message()));
  }

  count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  /** Keeps the maximum of a value by name. */
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

  /** Whether the server is flooded now, or was since this time, ms of performance.now(). */
  isFlooded(since = performance.now()): boolean {
    return since <= this.#floodedUntil;
  }

  flood(isFlooded: boolean): void {
    this.#floodedUntil = isFlooded ? Number.POSITIVE_INFINITY : performance.now() + LONGEST_DELAY_MS;
  }

  /** Ends the run: writers finish their current message; waiting readers resolve. */
  end(): void {
    this.isOver = true;
    this.#wake();
  }

  /** Resolves after this number of further messages, or at the end of the run. */
  messages(count: number): Promise<void> {
    const target = this.acknowledged.size + count;
    return this.until(`${count} further messages to be acknowledged`, () => this.acknowledged.size >= target || this.isOver);
  }

  /** Resolves after this number of further refusals. */
  refused(count: number): Promise<void> {
    const target = this.refusals + count;
    return this.until(`${count} further refusals`, () => this.refusals >= target);
  }

  /** Resolves once `isDone` is true, checked after each acknowledgement and refusal. A time-out fails the run. */
  async until(what: string, isDone: () => boolean): Promise<void> {
    if (isDone()) return;
    await this.inTime(what, new Promise<void>((resolve) => this.#waiting.push({ isDone, resolve })));
  }

  /** Returns the promise; a time-out fails the run. */
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
