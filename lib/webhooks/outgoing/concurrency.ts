import type { UserId } from '../../ids.ts';

/** So many calls at once of this process, and of them so many to one destination. */
export const MOST_AT_ONCE = 32;
export const MOST_PER_DESTINATION = 4;
/** After so many failures in a row a destination is only tried by one call at a time. */
export const FAILURES_TO_OPEN = 5;

type Destination = { running: number; failures: number; readonly bots: Set<UserId> };

/** Who may be called now: a bot that is slow or dead must not take the place of others. A destination is an origin, which several bots may share. */
export class Slots {
  readonly #destinations = new Map<string, Destination>();
  #running = 0;

  /** How many more may be begun. */
  get free(): number {
    return MOST_AT_ONCE - this.#running;
  }

  /** Takes a place, or notes that the bot has to wait for one. */
  take(origin: string, bot: UserId): boolean {
    const found = this.#destinations.get(origin) ?? { running: 0, failures: 0, bots: new Set() };
    this.#destinations.set(origin, found);
    found.bots.add(bot);
    if (this.free === 0 || !hasRoom(found)) return false;
    found.running += 1;
    this.#running += 1;
    return true;
  }

  /** Gives it back. `isFailure`: whether the destination failed; undefined when it was not even tried. */
  release(origin: string, isFailure: boolean | undefined): void {
    const found = this.#destinations.get(origin);
    if (!found) return;
    this.#running -= 1;
    found.running -= 1;
    if (isFailure !== undefined) found.failures = isFailure ? found.failures + 1 : 0;
    if (found.running === 0 && found.failures === 0) this.#destinations.delete(origin);
  }

  /** The bots that have to wait for a place at their destination. */
  waiting(): UserId[] {
    return [...this.#destinations.values()].flatMap((found) => (hasRoom(found) ? [] : [...found.bots]));
  }
}

const hasRoom = ({ running, failures }: Destination): boolean => running < (failures >= FAILURES_TO_OPEN ? 1 : MOST_PER_DESTINATION);
