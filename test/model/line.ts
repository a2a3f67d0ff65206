import { StoreUnavailable } from '../../lib/errors.ts';
import type { Disk, Weathered } from './disk.ts';
import type { Change, State } from './state.ts';

/** What a write would do to this state: what the caller is told, and the change, if any. */
export type Attempt<T> = (state: State) => { readonly result: T; readonly change?: Change };

/** How late what was not answered may still be carried out: mostly soon. And how long a caller may wait before it knows that no answer comes. */
const LATE_MS = [3, 30, 300, 3000] as const;
/** After so long nothing is under way that nobody waits for. */
export const LATEST_MS = 3100;
const [PROMPT_MS, LONG_MS] = [0, 2500];

/** The way from one process to one disk, where questions and answers get lost. Each message on it is a step of its own. */
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

  /** The process has died: nothing it asks for happens, and no answer reaches it. */
  cut(): void {
    this.#isCut = true;
  }

  /** Whether something bad happens now. */
  chance(what: string, percent = this.#world.weather.unanswered): boolean {
    return this.#world.tape.chance(`${this.#name} ${what}`, percent);
  }

  /** Reads what counts. Errors: StoreUnavailable. */
  async read<T>(label: string, look: (state: State) => T): Promise<T> {
    await this.travel(`${label} →`);
    const seen = look(this.disk.committed);
    await this.travel(`${label} ←`);
    return seen;
  }

  /** Errors: StoreUnavailable, after which it has happened, will happen, or will never. */
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

  /** One message on its way. Errors: StoreUnavailable. */
  async travel(label: string): Promise<void> {
    await this.#step(label);
    if (this.disk.isAway || this.chance('loss')) throw await this.lost(label);
  }

  /** How the caller learns that no answer comes: at once, or after a long wait. */
  async lost(label: string): Promise<StoreUnavailable> {
    const ms = this.chance('long wait', 10) ? LONG_MS : PROMPT_MS;
    this.#world.note(`${this.#name} ${label} is lost${ms > 0 ? `, known in ${ms} ms` : ''}`);
    if (ms > 0) await this.#world.time.after(ms);
    await this.#step(`${label} unavailable`);
    return new StoreUnavailable('lost, as the model wants it');
  }

  /** Some time from now, whether or not anybody waits for it. */
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
