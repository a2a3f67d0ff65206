import type { Core } from '../core.ts';

/** More than clocks that are set by NTP move. */
const JUMP_MS = 3_600_000;
/** A server may be off for so long without its clock being in doubt. */
const AWAY_MS = 86_400_000;
/** So long a clock that jumped must run on before anything is erased by it: time for its operator to set it right. */
const DOUBT_MS = 3_600_000;
const NOTE_EVERY_MS = 300_000;

/** The setting with the last time seen (ms). */
const SEEN = 'clock-seen';

/** Tells whether the clock may be trusted with what cannot be undone. */
export class ClockWatch {
  readonly #core: Pick<Core, 'now' | 'store' | 'logger'>;
  readonly #elapsed: () => number;
  #last: { readonly wall: number; readonly elapsed: number } | undefined;
  #doubtedUntil = Number.NEGATIVE_INFINITY;
  #notedAt = Number.NEGATIVE_INFINITY;

  /** `elapsed`: a monotonic clock, ms. */
  constructor(core: Pick<Core, 'now' | 'store' | 'logger'>, elapsed: () => number) {
    this.#core = core;
    this.#elapsed = elapsed;
  }

  /** To be called at each sweep. False for an hour after the clock has jumped by more than an hour, or has gone on by more than a day without a server. Errors: StoreUnavailable. */
  async isTrusted(): Promise<boolean> {
    const now = { wall: this.#core.now(), elapsed: this.#elapsed() };
    const jumped = this.#last ? now.wall - this.#last.wall - (now.elapsed - this.#last.elapsed) : await this.#awayFor(now.wall);
    const limit = this.#last ? JUMP_MS : AWAY_MS;
    this.#last = now;
    if (Math.abs(jumped) > limit) this.#doubt(jumped, now.elapsed);
    if (now.elapsed < this.#doubtedUntil) return false;
    if (now.elapsed - this.#notedAt >= NOTE_EVERY_MS) {
      await this.#core.store.settings.put(SEEN, String(now.wall));
      this.#notedAt = now.elapsed;
    }
    return true;
  }

  /** Since the last time that any server has seen; 0 for a new store. */
  async #awayFor(wall: number): Promise<number> {
    const seen = Number((await this.#core.store.settings.get(SEEN)) ?? wall);
    return wall - seen;
  }

  #doubt(jumped: number, elapsed: number): void {
    this.#doubtedUntil = elapsed + DOUBT_MS;
    const minutes = Math.round(jumped / 60_000);
    this.#core.logger.warn({ minutes }, 'the clock jumped: nothing is erased by age for an hour; set the clock right if it is wrong');
  }
}
