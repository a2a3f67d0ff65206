/** Not from test/helpers: here the store, the bus, the sockets and the clock are simulated, so that a seed repeats a run. */
import { Tape, type TapeSource } from './tape.ts';
import { settled, VirtualTime } from './time.ts';

/** Fault rates in percent. */
export type Weather = {
  /** Reads and writes without a response; the writes were executed, will be, or never will. */
  readonly unanswered: number;
  /** Appends without a response that are executed now or later. */
  readonly cutAppends: number;
  /** Bus events that are lost; the same rate for events that arrive twice. */
  readonly lostEvents: number;
  /** Stalls: a distant timer fires while other steps are pending. */
  readonly stalls: number;
  /** Head hints that are lost. */
  readonly lostHints: number;
};

export const FAIR: Weather = { unanswered: 0, cutAppends: 0, lostEvents: 0, stalls: 0, lostHints: 0 };

type Step = { readonly label: string; readonly go: () => void };

const TRACE_KEPT = 400;
/** Timers within this time fire before pending steps more often than later ones, ms. */
const SOON_MS = 60;

/**
 * Everything that happens in one run, one step at a time, in an order that the tape decides: a step of a store, an event that arrives, a
 * timer, a turn of the event loop. Between two steps all that follows from the first has happened.
 */
export class World {
  readonly time = new VirtualTime();
  readonly tape: Tape;
  weather: Weather;
  /** A violated invariant. */
  readonly violations: string[] = [];
  readonly #trace: string[] = [];
  readonly #steps: Step[] = [];
  #taken = 0;

  constructor(source: TapeSource, weather: Weather) {
    this.tape = new Tape(source);
    this.weather = weather;
  }

  /** Steps so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Resolves when the scheduler chooses this step. */
  step(label: string): Promise<void> {
    return new Promise((go) => this.#steps.push({ label, go }));
  }

  note(text: string): void {
    this.#trace.push(`${String(this.time.ms).padStart(6)} ${text}`);
    if (this.#trace.length > TRACE_KEPT) this.#trace.shift();
  }

  /** The last steps, for the report of a counterexample. */
  get trace(): string {
    return this.#trace.join('\n');
  }

  /** Ends all faults; steps run in order. */
  calm(): void {
    this.weather = FAIR;
    this.tape.stop();
    this.note('— calm —');
  }

  /** Runs steps until `isDone`; throws after `maxSteps` or `maxMs` of the clock, or when no step is left. */
  async until(isDone: () => boolean, { maxSteps = 20_000, maxMs = 60_000, what = 'the end' } = {}): Promise<void> {
    const [steps, ms] = [this.#taken + maxSteps, this.time.ms + maxMs];
    for (await settled(); !isDone(); await settled()) {
      if (this.#taken >= steps || this.time.ms > ms) throw new Error(`waited too long for ${what}`);
      if (!this.#advance()) throw new Error(`nothing is left to happen before ${what}`);
    }
  }

  /** Runs this number of steps, or fewer if none is left. */
  async steps(count: number): Promise<void> {
    const last = this.#taken + count;
    for (await settled(); this.#taken < last; await settled()) if (!this.#advance()) return;
  }

  #advance(): boolean {
    this.#taken += 1;
    const ready = this.#steps.length + (this.time.hasImmediates ? 1 : 0);
    if (ready > 0 && !this.#mayTimePass()) return this.#take(this.tape.pick('order', ready));
    if (this.time.nextIn() === undefined) return ready > 0 && this.#take(0);
    this.time.fireNext();
    this.note('timer');
    return true;
  }

  #mayTimePass(): boolean {
    const next = this.time.nextIn();
    if (next === undefined) return false;
    return next === 0 ? this.tape.chance('timer now', 40) : this.tape.chance('timer', next <= SOON_MS ? 8 : this.weather.stalls);
  }

  #take(index: number): true {
    this.time.ms += this.tape.pick('ms', 3);
    const [step] = this.#steps.splice(this.time.hasImmediates ? index - 1 : index, index === 0 && this.time.hasImmediates ? 0 : 1);
    if (!step) this.time.runImmediates();
    else {
      this.note(step.label);
      step.go();
    }
    return true;
  }
}
