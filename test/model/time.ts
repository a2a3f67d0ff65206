import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';

type Timer = { readonly at: number; readonly order: number; readonly work: () => void; readonly everyMs: number | undefined };

const real = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, now: Date.now };
const realPromises = { setTimeout: timersPromises.setTimeout, setImmediate: timersPromises.setImmediate };
const realPerformanceNow = performance.now;
const realRandom = Math.random;

/** Resolves when all pending microtasks and their consequences have run. */
export const settled = (): Promise<void> => new Promise((resolve) => real.setImmediate(() => resolve()));

/** The return value of setTimeout, an argument of clearTimeout. */
class Handle {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

/**
 * A clock that moves only when told to, in the place of the process's timers, `performance.now` and `Math.random` while it is installed.
 * Node's own streams and HTTP keep theirs.
 */
export class VirtualTime {
  /** ms since the run began. */
  ms = 0;
  #nextId = 1;
  #timers = new Map<number, Timer>();
  #immediates = new Map<number, () => void>();

  install(random: () => number): void {
    Object.assign(globalThis, {
      setTimeout: (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => this.#add(() => work(...args), ms),
      setInterval: (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => this.#add(() => work(...args), ms, ms),
      setImmediate: (work: (...args: unknown[]) => void, ...args: unknown[]) => this.#addImmediate(() => work(...args)),
      clearTimeout: (handle: NodeJS.Timeout | Handle | undefined) => this.#clear(handle, real.clearTimeout),
      clearInterval: (handle: NodeJS.Timeout | Handle | undefined) => this.#clear(handle, real.clearInterval),
      clearImmediate: (handle: NodeJS.Immediate | Handle | undefined) => this.#clear(handle, real.clearImmediate),
    });
    Object.assign(timersPromises, {
      setTimeout: (ms: number, value?: unknown) => new Promise((resolve) => this.#add(() => resolve(value), ms)),
      setImmediate: (value?: unknown) => new Promise((resolve) => this.#addImmediate(() => resolve(value))),
    });
    Object.assign(performance, { now: () => this.ms });
    Object.assign(Math, { random });
    syncBuiltinESMExports();
  }

  uninstall(): void {
    const { now: _, ...timers } = real;
    Object.assign(globalThis, timers);
    Object.assign(timersPromises, realPromises);
    Object.assign(performance, { now: realPerformanceNow });
    Object.assign(Math, { random: realRandom });
    syncBuiltinESMExports();
  }

  /** Resolves after this time of the simulated clock, ms. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => this.#add(resolve, ms));
  }

  /** ms until the next timer; undefined when there is none. */
  nextIn(): number | undefined {
    const next = this.#next();
    return next && Math.max(0, next[1].at - this.ms);
  }

  /** Advances the clock to the next timer and fires it. */
  fireNext(): void {
    const next = this.#next();
    if (!next) return;
    const [id, timer] = next;
    this.ms = Math.max(this.ms, timer.at);
    if (timer.everyMs === undefined) this.#timers.delete(id);
    else this.#timers.set(id, { ...timer, at: this.ms + Math.max(1, timer.everyMs), order: this.#nextId++ });
    timer.work();
  }

  get hasImmediates(): boolean {
    return this.#immediates.size > 0;
  }

  /** One turn of the event loop; callbacks scheduled in it run in the next turn. */
  runImmediates(): void {
    const now = this.#immediates;
    this.#immediates = new Map();
    for (const work of now.values()) work();
  }

  #next(): [number, Timer] | undefined {
    let next: [number, Timer] | undefined;
    for (const one of this.#timers) if (!next || isSooner(one[1], next[1])) next = one;
    return next;
  }

  #add(work: () => void, ms: number, everyMs?: number): Handle {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.ms + Math.max(0, ms), order: id, work, everyMs });
    return new Handle(id);
  }

  #addImmediate(work: () => void): Handle {
    const id = this.#nextId++;
    this.#immediates.set(id, work);
    return new Handle(id);
  }

  /** Timers that were set before the installation of this clock are real ones. */
  #clear<T>(handle: T | Handle, otherwise: (handle: T) => void): void {
    if (!(handle instanceof Handle)) otherwise(handle);
    else if (!this.#timers.delete(handle.id)) this.#immediates.delete(handle.id);
  }
}

const isSooner = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
