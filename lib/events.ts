import type { GroupId, UserId } from './ids.ts';
import type { Entry } from './log/entry.ts';

/**
 * What crosses the bus. None of it is believed over the store:
 * - `entries`: written to the group's log, consecutive, by seq; carried to spare a read.
 * - `head`: the log reaches `seq` now (an entry too large to carry, or many of them).
 * - `presence`: who has the group open changed; look it up.
 * - `typing`: `user` is writing in the group until `until` (ms since the epoch), unless their message comes before. It is nowhere else.
 * On a person's own channel (`channelOf`), which stands where the group does:
 * - `mine`: which groups they are in, or how they stand to one, changed; look it up.
 * - `mark`: they have read group `of` up to message number `n`.
 */
export type BusEvent =
  | { readonly type: 'entries'; readonly group: GroupId; readonly entries: readonly Entry[] }
  | { readonly type: 'head'; readonly group: GroupId; readonly seq: number }
  | { readonly type: 'presence'; readonly group: GroupId }
  | TypingEvent
  | PersonalEvent;

export type PersonalEvent =
  | { readonly type: 'mine'; readonly group: GroupId }
  | { readonly type: 'mark'; readonly group: GroupId; readonly of: GroupId; readonly n: number };

export type TypingEvent = { readonly type: 'typing'; readonly group: GroupId; readonly user: UserId; readonly until: number };

/** How long somebody counts as writing after they were last seen to. */
export const TYPING_MS = 6000;
