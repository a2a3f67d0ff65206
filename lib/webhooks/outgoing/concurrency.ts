import type { GroupId, UserId } from '../../ids.ts';

/** The maximum number of concurrent requests of this process, and of these to one destination. */
export const MAX_AT_ONCE = 32;
export const MAX_PER_DESTINATION = 4;
/** After this many consecutive failures a destination gets one request at a time. */
export const FAILURES_TO_OPEN = 5;
/** A destination gets another slot only while its group could take this many for each slot that it holds. */
const ROOM_PER_SLOT = 4;

/** A request that needs a slot. `origin`: the destination, which several bots may share. */
export type Call = { readonly origin: string; readonly bot: UserId; readonly group: GroupId };

type Destination = { running: number; failures: number; readonly bots: Set<UserId> };

/**
 * Limits concurrent requests so that slow or dead bots cannot block others. A group may hold no more slots than are free, so that one group gets
 * at most half of them and one is always left for another group; within a group, destinations without a request in progress go first.
 */
export class Slots {
  readonly #destinations = new Map<string, Destination>();
  readonly #groups = new Map<GroupId, number>();
  #running = 0;

  /** The number of free slots. */
  get free(): number {
    return MAX_AT_ONCE - this.#running;
  }

  /** Takes a slot; returns false when the bot has to wait for one. */
  take({ origin, bot, group }: Call): boolean {
    const found = this.#destinations.get(origin) ?? { running: 0, failures: 0, bots: new Set() };
    this.#destinations.set(origin, found);
    found.bots.add(bot);
    if (!hasRoom(found) || found.running * ROOM_PER_SLOT >= this.#roomOf(group)) return false;
    found.running += 1;
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1);
    this.#running += 1;
    return true;
  }

  /** Releases a slot. `isFailure`: whether the destination failed; undefined when no request was made. */
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

  /** The bots whose destination is at its limit, and the groups at theirs: their deliveries have to wait. */
  waiting(): { readonly bots: readonly UserId[]; readonly groups: readonly GroupId[] } {
    return {
      bots: [...this.#destinations.values()].flatMap((found) => (hasRoom(found) ? [] : [...found.bots])),
      groups: [...this.#groups.keys()].filter((group) => this.#roomOf(group) <= 0),
    };
  }

  /** How many more slots a group may take now. */
  #roomOf(group: GroupId): number {
    return this.free - (this.#groups.get(group) ?? 0);
  }
}

const hasRoom = ({ running, failures }: Destination): boolean => running < (failures >= FAILURES_TO_OPEN ? 1 : MAX_PER_DESTINATION);
