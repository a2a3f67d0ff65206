import type { FileId, GroupId, UserId } from '../ids.ts';

/** How a body is written: `text` as typed, `markdown`, or `model` (a bot's cards as JSON). */
export type Format = 'text' | 'markdown' | 'model';

/** Where a group's log ends: the last seq, the messages so far, and the last `at`. An empty log is all zeroes. */
export type Head = { readonly seq: number; readonly n: number; readonly at: number };

export const EMPTY_HEAD: Head = { seq: 0, n: 0, at: 0 };

/** What a follow-up made of its target by `upto` (a seq), kept in the target so that a fold stays short. */
export type Folded = {
  readonly upto: number;
  readonly body: string;
  readonly format: Format;
  readonly editedAt?: number;
  readonly erasedBy?: { readonly seq: number; readonly author: UserId; readonly at: number; readonly undoUntil: number };
  readonly mentions?: readonly UserId[];
  /** By the pin with this seq. */
  readonly pinned?: { readonly seq: number; readonly by: UserId; readonly at: number };
  /** Emoji in order of first use, each with its users in order of reacting. */
  readonly reactions: readonly Reaction[];
};

export type Reaction = { readonly emoji: string; readonly by: readonly UserId[] };

/** What every entry has. `seq` is dense per group; `n` counts messages up to and including this entry; `at` is ms since the epoch and never falls. */
export type EntryCommon = {
  readonly group: GroupId;
  readonly seq: number;
  readonly n: number;
  readonly at: number;
  readonly author: UserId;
  /** Minted before the first write attempt: finding it in the log means this very attempt succeeded. */
  readonly uid: string;
  /** Idempotency key, unique per (group, author) for ever. */
  readonly key?: string;
  /** HMAC of what was posted under `key`; outlives an erasure. */
  readonly mac?: string;
  /** Bots whose webhook is to be called for this entry and has no delivery yet; unset once each has (sparse index). Never an empty list. */
  readonly pending?: readonly UserId[];
};

/**
 * A file of a message, with all that showing it needs. `type`: what its content is (MIME, without parameters). `width` and `height` (px): of a picture,
 * upright; one without them was not understood as a picture. `thumb`: whether there is a small copy.
 */
export type Attached = {
  readonly id: FileId;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly width?: number;
  readonly height?: number;
  readonly thumb?: true;
};

/** So many files a message may have. */
export const MAX_FILES = 10;

export type Posted = {
  readonly kind: 'message';
  readonly body: string;
  readonly format: Format;
  /** A sender name that a webhook gave, shown beside the bot's own. */
  readonly as?: string;
  /** Members whom the body names with @. */
  readonly mentions?: readonly UserId[];
  /** In the order in which they were given. Gone, with their content, once it is scrubbed. */
  readonly attachments?: readonly Attached[];
  /** The sweep has removed the text for good. */
  readonly scrubbed?: true;
  readonly folded?: Folded;
};
export type Edited = {
  readonly kind: 'edit';
  readonly target: number;
  readonly body: string;
  readonly format: Format;
  readonly mentions?: readonly UserId[];
  readonly scrubbed?: true;
};
/** `undoUntil`: the last ms at which the author may take it back. `due`: when the sweep scrubs; unset once it has (sparse index). */
export type Erased = { readonly kind: 'erase'; readonly target: number; readonly undoUntil: number; readonly due?: number };
type Unerased = { readonly kind: 'unerase'; readonly target: number };
/** `stands`: until an `unpin` follows; then it is unset (partial index). */
export type Pinned = { readonly kind: 'pin'; readonly target: number; readonly stands?: true };
type Unpinned = { readonly kind: 'unpin'; readonly target: number };
type Reacted = { readonly kind: 'react' | 'unreact'; readonly target: number; readonly emoji: string };
/** `author` did it, `member` came or went. */
type MembershipChanged = { readonly kind: 'join' | 'leave'; readonly member: UserId };
export type Renamed = { readonly kind: 'rename'; readonly name: string; readonly slug: string };
export type TopicChanged = { readonly kind: 'topic'; readonly topic: string };
export type Archived = { readonly kind: 'archive'; readonly on: boolean };
/** Only in the system log: everything of `member` (scope `account`), or what `ref` names (a session's or token's hash), may no longer be heard. */
export type Revoked = {
  readonly kind: 'revoke';
  readonly member: UserId;
  readonly scope: 'account' | 'session' | 'token';
  readonly ref?: string;
};

export type FollowUpBody = Edited | Erased | Unerased | Pinned | Unpinned | Reacted;
export type EntryBody = Posted | FollowUpBody | MembershipChanged | Renamed | TopicChanged | Archived | Revoked;

/** One line of a group's log. */
export type Entry = EntryCommon & EntryBody;
export type Message = EntryCommon & Posted;
/** An entry that changes an earlier message of the same group, named by its seq in `target`. */
export type FollowUp = EntryCommon & FollowUpBody;
export type Kind = EntryBody['kind'];

/** An entry before the log has given it group, seq, n and at. `pending` is for the log to say too, unless it is `[]`: then it calls no bot. */
export type Draft = Pick<EntryCommon, 'author' | 'uid' | 'key' | 'mac' | 'pending'> & EntryBody;

export const isMessage = (entry: Entry): entry is Message => entry.kind === 'message';

export function isFollowUp(entry: Entry): entry is FollowUp {
  return 'target' in entry;
}

/** The entry a draft becomes right after `head`. `called`: the bots that it calls. */
export function entryAfter(
  { pending: _, ...draft }: Draft,
  group: GroupId,
  head: Head,
  now: number,
  called: readonly UserId[] = [],
): Entry {
  return {
    ...draft,
    ...(called.length > 0 ? { pending: called } : {}),
    group,
    seq: head.seq + 1,
    n: head.n + (draft.kind === 'message' ? 1 : 0),
    at: Math.max(now, head.at),
  };
}

const CLOCKS_DIFFER_MS = 60_000;

/**
 * Whether a log ends so far in the future that a clock must have been wrong. New entries then take the time of the last one, since times never go
 * back within a group, until `now` has caught up.
 */
export const isAhead = ({ at }: Pick<Head, 'at'>, now: number): boolean => at > now + CLOCKS_DIFFER_MS;

/** The head once `entry` is the last. */
export const headAfter = (entry: EntryCommon): Head => ({ seq: entry.seq, n: entry.n, at: entry.at });
