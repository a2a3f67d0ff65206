import type { GroupId, UserId } from '../../ids.ts';

/** Calls at once of this process, and of these to one destination. */
export const MAX_AT_ONCE = 32;
export const MAX_PER_DESTINATION = 4;
/** After so many failures in a row a destination is only tried by one call at a time. */
export const FAILURES_TO_OPEN = 5;
/** A destination gets another place only while its group could have this many for each that it holds. */
const ROOM_PER_PLACE = 4;

/** What a call takes a place of. `origin`: the destination, which several bots may share. */
export type Call = { readonly origin: string; readonly bot: UserId; readonly group: GroupId };

type Destination = { running: number; failures: number; readonly bots: Set<UserId> };

/**
 * Who may be called now: bots that are slow or dead must not take the places of others, however many they are. A group may hold no more places than are
 * free, so that one group gets half of them and there is always one for another; within it, first calls to a destination go before further ones.
 */
export class Slots {
  readonly #destinations = new Map<string, Destination>();
  readonly #groups = new Map<GroupId, number>();
  #running = 0;

  /** How many more may be begun. */
  get free(): number {
    return MAX_AT_ONCE - this.#running;
  }

  /** Takes a place, or notes that the bot has to wait for one. */
  take({ origin, bot, group }: Call): boolean {
    const found = this.#destinations.get(origin) ?? { running: 0, failures: 0, bots: new Set() };
    this.#destinations.set(origin, found);
    found.bots.add(bot);
    if (!hasRoom(found) || found.running * ROOM_PER_PLACE >= this.#roomOf(group)) return false;
    found.running += 1;
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1);
    this.#running += 1;
    return true;
  }

  /** Gives it back. `isFailure`: whether the destination failed; undefined when it was not even tried. */
  release({ origin, group }: Call, isFailure: boolean | undefined): void {
    const found = this.#destinations.get(origin);
    if (!found) return;
    this.#running -= 1;
    const ofGroup = (this.#groups.get(group) ?? 1) - 1;
    if (ofGroup > 0) this.#groups.set(group, ofGroup);
    else this.#groups.delete(group);
    found.running -= 1;
    if (isFailure !== undefined) found.failures = isFailure ? found.failures + 1 : 0;
    if (found.running === 0 && found.failures === 0) this.#destinations.delete(origin);
  }

  /** Whose deliveries have to wait: bots whose destination is full, and groups that have all their places. */
  waiting(): { readonly bots: readonly UserId[]; readonly groups: readonly GroupId[] } {
    return {
      bots: [...this.#destinations.values()].flatMap((found) => (hasRoom(found) ? [] : [...found.bots])),
      groups: [...this.#groups.keys()].filter((group) => this.#roomOf(group) <= 0),
    };
  }

  /** How many more places a group may take, as things are. */
  #roomOf(group: GroupId): number {
    return this.free - (this.#groups.get(group) ?? 0);
  }
}

const hasRoom = ({ running, failures }: Destination): boolean => running < (failures >= FAILURES_TO_OPEN ? 1 : MAX_PER_DESTINATION);
