import type { GroupId } from './ids.ts';
import type { Entry } from './messages/entry.ts';

/**
 * What crosses the bus. None of it is believed over the store:
 * - `entries`: written to the group's log, consecutive, by seq; carried to spare a read.
 * - `head`: the log reaches `seq` now (an entry too large to carry, or many of them).
 * - `presence`: who has the group open changed; look it up.
 */
export type BusEvent =
  | { readonly type: 'entries'; readonly group: GroupId; readonly entries: readonly Entry[] }
  | { readonly type: 'head'; readonly group: GroupId; readonly seq: number }
  | { readonly type: 'presence'; readonly group: GroupId };
