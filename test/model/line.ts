import { StoreUnavailable } from '../../lib/errors.ts';
import type { Disk, Weathered } from './disk.ts';
import type { Change, State } from './state.ts';

/** The effect of a write on this state: the caller's result, and the change, if any. */
type Attempt<T> = (state: State) => { readonly result: T; readonly change?: Change };

/** Maximum delays of a request without a response until it is executed (mostly short), and of the caller until it gives up. */
const LATE_MS = [3, 30, 300, 3000] as const;
/** After this time no abandoned request is still in progress, ms. */
export const LATEST_MS = 3100;
const [PROMPT_MS, LONG_MS] = [0, 2500];

/** The connection from one process to one disk; requests and responses may be lost. Each message is one step. */
export class Line {
  readonly disk: Disk;
  readonly #world: Weathered;
  readonly #name: string;
  #isCut = false;

  constructor(world: Weathered, disk: Disk, name: string) {
    this.#world = world;
    this.disk = disk;
    this.#name = name;
  }

  /** The process has died: its requests are not executed and it gets no response. */
  cut(): void {
    this.#isCut = true;
  }

  /** Whether a fault occurs now. */
  chance(what: string, percent = this.#world.weather.unanswered): boolean {
    return this.#world.tape.chance(`${this.#name} ${what}`, percent);
  }

  /** Reads the majority state. Errors: StoreUnavailable. */
  async read<T>(label: string, select: (state: State) => T): Promise<T> {
    await this.travel(`${label} →`);
    const seen = select(this.disk.committed);
    await this.travel(`${label} ←`);
    return seen;
  }

  /** Errors: StoreUnavailable: the write was executed, will be, or never will. */
  async write<T>(label: string, attempt: Attempt<T>): Promise<T> {
    await this.travel(`${label} →`);
    if (this.chance('late')) {
      void this.#later(label, attempt);
      throw await this.lost(label);
    }
    const { result, change } = attempt(this.disk.primary);
    if (change && !(await this.disk.write(change))) throw await this.lost(label);
    await this.travel(`${label} ←`);
    return result;
  }

  /** Transmits one message. Errors: StoreUnavailable. */
  async travel(label: string): Promise<void> {
    await this.#step(label);
    if (this.disk.isAway || this.chance('loss')) throw await this.lost(label);
  }

  /** The caller's time-out: at once, or after a long wait. */
  async lost(label: string): Promise<StoreUnavailable> {
    const ms = this.chance('long wait', 10) ? LONG_MS : PROMPT_MS;
    this.#world.note(`${this.#name} ${label} is lost${ms > 0 ? `, known in ${ms} ms` : ''}`);
    if (ms > 0) await this.#world.time.after(ms);
    await this.#step(`${label} unavailable`);
    return new StoreUnavailable('lost, as the model wants it');
  }

  /** Runs later, whether or not a caller waits for it. */
  async delay(): Promise<void> {
    const { tape, time } = this.#world;
    const most = LATE_MS[tape.pick(`${this.#name} how late`, LATE_MS.length)] ?? 0;
    await time.after(tape.pick(`${this.#name} late`, most));
  }

  async #later<T>(label: string, attempt: Attempt<T>): Promise<void> {
    await this.delay();
    await this.#world.step(`${this.#name} ${label}, late`);
    if (this.disk.isAway) return;
    const { change } = attempt(this.disk.primary);
    if (change) await this.disk.write(change);
  }

  async #step(label: string): Promise<void> {
    await this.#world.step(`${this.#name} ${label}`);
    if (this.#isCut) await new Promise(() => {});
  }
}
