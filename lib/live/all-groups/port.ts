import type { UserId } from '../../ids.ts';

/** Where a stream of many groups stood once: the last seq of each group, by the group's number. It never changes. */
export type CursorSet = {
  /** 16 random characters of [0-9a-z]. */
  readonly id: string;
  readonly user: UserId;
  readonly positions: ReadonlyMap<number, number>;
};

/** Sets of positions, so that the ids of events stay short. The promises of the store (lib/store/port.ts) hold. */
export type CursorStore = {
  /** A new set, used at `now` (ms). `instead` names the one that its stream no longer builds on. */
  insert(set: CursorSet, now: number, instead?: string): Promise<void>;
  /** The positions of a set of this very user; notes that it is in use at `now`, whatever replaced it. */
  use(user: UserId, id: string, now: number): Promise<ReadonlyMap<number, number> | undefined>;
  /** Removes those not used since `unused` (ms), and those replaced that were not used since `replaced`. */
  sweep(unused: number, replaced: number): Promise<void>;
};
