import type { GroupId, UserId } from './ids.ts';
import type { Entry } from './log/entry.ts';

/**
 * Events on the bus. The store is the source of truth; an event is a notification:
 * - `entries`: entries of the group's log, consecutive, by seq; included to save a read.
 * - `head`: the log now ends at `seq` (the entries are too large or too many to include).
 * - `presence`: the set of users who have the group open changed; read it from the store.
 * - `typing`: `user` is typing in the group until `until` (ms since the epoch) or their next message. It is not stored.
 * - `draft`: the open draft `id` of `user` in the group was begun, changed or ended; read it from the texts of the bus. It is not stored.
 * - `ephemeral`: the ephemeral message `id` for `user` in the group was sent or removed; read it from the store.
 * On the channel PROFILES_CHANNEL:
 * - `profile`: the profile of `user` changed; read it from the store.
 * On the channel SCHEDULED_CHANNEL:
 * - `scheduled`: a message was scheduled, or has another time; read the next one from the store.
 * On a user's own channel (`channelOf`, in the field `group`):
 * - `mine`: the user's memberships or their settings changed; read them from the store.
 * - `mark`: the user has read group `of` up to message number `n`.
 */
export type BusEvent =
  | { readonly type: 'entries'; readonly group: GroupId; readonly entries: readonly Entry[] }
  | { readonly type: 'head'; readonly group: GroupId; readonly seq: number }
  | { readonly type: 'presence'; readonly group: GroupId }
  | ProfileEvent
  | { readonly type: 'scheduled'; readonly group: GroupId }
  | TypingEvent
  | DraftEvent
  | EphemeralEvent
  | PersonalEvent;

export type ProfileEvent = { readonly type: 'profile'; readonly group: GroupId; readonly user: UserId };

export type PersonalEvent =
  | { readonly type: 'mine'; readonly group: GroupId }
  | { readonly type: 'mark'; readonly group: GroupId; readonly of: GroupId; readonly n: number };

export type TypingEvent = { readonly type: 'typing'; readonly group: GroupId; readonly user: UserId; readonly until: number };

export type DraftEvent = { readonly type: 'draft'; readonly group: GroupId; readonly user: UserId; readonly id: string };

export type EphemeralEvent = { readonly type: 'ephemeral'; readonly group: GroupId; readonly user: UserId; readonly id: string };

/** How long a typing notification is valid. */
export const TYPING_MS = 6000;
