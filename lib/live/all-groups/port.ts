import type { UserId } from '../../ids.ts';

/** A stored position of a multi-group stream: the last seq of each group, by group number. Immutable. */
export type CursorSet = {
  /** 16 random characters of [0-9a-z]. */
  readonly id: string;
  readonly user: UserId;
  readonly positions: ReadonlyMap<number, number>;
};

/** Sets of positions, so that the ids of events stay short. The promises of the store (lib/store/port.ts) hold. */
export type CursorStore = {
  /** Stores a new set, last used at `now` (ms). `instead`: the set that it replaces. */
  insert(set: CursorSet, now: number, instead?: string): Promise<void>;
  /** The positions of this user's set; undefined when there is none. Records its use at `now`, also of a replaced set. */
  use(user: UserId, id: string, now: number): Promise<ReadonlyMap<number, number> | undefined>;
  /** Removes sets last used before `unused` (ms), and replaced sets last used before `replaced` (ms). */
  sweep(unused: number, replaced: number): Promise<void>;
};
