import type { GroupId, UserId } from './ids.ts';
import type { Entry } from './messages/entry.ts';

/**
 * What crosses the bus. None of it is believed over the store:
 * - `entries`: written to the group's log, consecutive, by seq; carried to spare a read.
 * - `head`: the log reaches `seq` now (an entry too large to carry, or many of them).
 * - `presence`: who has the group open changed; look it up.
 * - `typing`: `user` is writing in the group until `until` (ms since the epoch), unless their message comes before. It is nowhere else.
 */
export type BusEvent =
  | { readonly type: 'entries'; readonly group: GroupId; readonly entries: readonly Entry[] }
  | { readonly type: 'head'; readonly group: GroupId; readonly seq: number }
  | { readonly type: 'presence'; readonly group: GroupId }
  | TypingEvent;

export type TypingEvent = { readonly type: 'typing'; readonly group: GroupId; readonly user: UserId; readonly until: number };

/** How long somebody counts as writing after they were last seen to. */
export const TYPING_MS = 6000;
