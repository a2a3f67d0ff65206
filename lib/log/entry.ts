import type { AuditRecord } from '../audit/act.ts';
import type { FileId, GroupId, UserId } from '../ids.ts';
import type { Acknowledged, Acted, Action, ActionUses } from './action.ts';

/** The format of a body: plain `text`, `markdown`, or `model` (rich content of a bot, as JSON). */
export type Format = 'text' | 'markdown' | 'model';

/** The end of a group's log: the last seq, the number of messages, and the last `at`. All 0 for an empty log. */
export type Head = { readonly seq: number; readonly n: number; readonly at: number };

export const EMPTY_HEAD: Head = { seq: 0, n: 0, at: 0 };

/** Snapshot: the state of a message after its follow-ups up to seq `upto`, stored in the message so that folding stays cheap. */
export type Folded = {
  readonly upto: number;
  readonly body: string;
  readonly format: Format;
  readonly editedAt?: number;
  readonly erasedBy?: { readonly seq: number; readonly author: UserId; readonly at: number; readonly undoUntil: number };
  /** Set once an edit has replaced the files of the message. */
  readonly attachments?: readonly Attached[];
  readonly mentions?: readonly UserId[];
  /** The `pin` entry in effect. */
  readonly pinned?: { readonly seq: number; readonly by: UserId; readonly at: number };
  /** Emoji in order of first use, each with its users in order of their reactions. */
  readonly reactions: readonly Reaction[];
  /** Set once an edit has replaced the actions of the message. */
  readonly actions?: readonly Action[];
  /** Of the actions that were used. */
  readonly uses?: readonly ActionUses[];
};

export type Reaction = { readonly emoji: string; readonly by: readonly UserId[] };

/** Fields of every entry. `seq` is dense per group; `n` counts messages up to and including this entry; `at` is ms since the epoch and never decreases. */
export type EntryCommon = {
  readonly group: GroupId;
  readonly seq: number;
  readonly n: number;
  readonly at: number;
  readonly author: UserId;
  /** Generated before the first write attempt: finding it in the log means that the attempt succeeded. */
  readonly uid: string;
  /** Idempotency key, unique per (group, author) for ever. */
  readonly key?: string;
  /** HMAC of what was posted with `key`; kept after an erasure. */
  readonly mac?: string;
  /** Bots to be called for this entry whose deliveries are not stored yet; unset afterwards (sparse index). Never empty. */
  readonly pending?: readonly UserId[];
};

/**
 * A file of a message, with what is needed to show it. `type`: MIME type of the content, without parameters. `width` and `height` (px, orientation
 * applied): only of images that could be decoded. `thumb`: whether there is a thumbnail. `alt`: what the author says that a picture shows.
 */
export type Attached = {
  readonly id: FileId;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly width?: number;
  readonly height?: number;
  readonly thumb?: true;
  readonly alt?: string;
};

/** Maximum number of files of a message. */
export const MAX_FILES = 10;

type Posted = {
  readonly kind: 'message';
  readonly body: string;
  readonly format: Format;
  /** A sender name given by a webhook, shown beside the bot's own name. */
  readonly as?: string;
  /** The seq of the message that it answers. */
  readonly replyTo?: number;
  /** Set with `replyTo`: the seq of the root of its thread, the first message that it answers, directly or over others. */
  readonly thread?: number;
  /** Members whom it notifies: those whom the body mentions with @, the author of the message that it answers, and the followers of its thread. */
  readonly mentions?: readonly UserId[];
  /** In upload order. Removed, with their content, by scrubbing. */
  readonly attachments?: readonly Attached[];
  /** Of a bot: its buttons and forms. Removed by scrubbing. */
  readonly actions?: readonly Action[];
  /** The text is a command to a bot: `/name` and what follows. */
  readonly command?: { readonly name: string; readonly bot: UserId };
  /** The text was permanently removed. */
  readonly scrubbed?: true;
  readonly folded?: Folded;
};
export type Edited = {
  readonly kind: 'edit';
  readonly target: number;
  readonly body: string;
  readonly format: Format;
  readonly mentions?: readonly UserId[];
  /** Replace the files of the message. Absent: the files stay as they are. Removed by the scrub. */
  readonly attachments?: readonly Attached[];
  /** By a bot that writes on: it has no mentions (those of the message stay), calls no bot, and the message does not count as edited. */
  readonly quiet?: true;
  /** Replace the actions of the message, in the same way. */
  readonly actions?: readonly Action[];
  readonly scrubbed?: true;
};
/** `undoUntil`: the last ms at which the author may undo it. `due`: ms from which it is scrubbed; unset afterwards (sparse index). */
type Erased = { readonly kind: 'erase'; readonly target: number; readonly undoUntil: number; readonly due?: number };
/** The other fields are not stored: they are the text that it brought back, added for readers (lib/log/withhold.ts). */
export type Unerased = {
  readonly kind: 'unerase';
  readonly target: number;
  readonly body?: string;
  readonly format?: Format;
  readonly mentions?: readonly UserId[];
  readonly scrubbed?: true;
};
/** `stands`: set while the pin is in effect (partial index). */
type Pinned = { readonly kind: 'pin'; readonly target: number; readonly stands?: true };
type Unpinned = { readonly kind: 'unpin'; readonly target: number };
type Reacted = { readonly kind: 'react' | 'unreact'; readonly target: number; readonly emoji: string };
/**
 * A command to a bot that is not shown in the group: what somebody typed after `/name` is for the bot and that person only. `due`: ms from which the text
 * is scrubbed; unset afterwards (sparse index).
 */
export type Commanded = {
  readonly kind: 'command';
  readonly bot: UserId;
  readonly name: string;
  readonly text: string;
  readonly due?: number;
  readonly scrubbed?: true;
};
/** `member` joined or left; `author` did it. */
type MembershipChanged = { readonly kind: 'join' | 'leave'; readonly member: UserId };
export type Renamed = { readonly kind: 'rename'; readonly name: string; readonly slug: string };
export type TopicChanged = { readonly kind: 'topic'; readonly topic: string };
export type Archived = { readonly kind: 'archive'; readonly on: boolean };
/**
 * Only in the system log: ends all access of `member` (scope `account`), or the session or token whose hash is `ref`, or the streams of the group `of`,
 * which is being removed.
 */
export type Revoked =
  | { readonly kind: 'revoke'; readonly scope: 'account' | 'session' | 'token'; readonly member: UserId; readonly ref?: string }
  | { readonly kind: 'revoke'; readonly scope: 'group'; readonly of: GroupId };

/** Only in the log of reports: a member reports message `seq` of group `of`. `key` is derived from both: one member reports a message once. */
export type Reported = { readonly kind: 'report'; readonly of: GroupId; readonly seqOf: number; readonly reason: string };
/** An administrator has decided about the report with seq `closes`. */
export type ReportClosed = { readonly kind: 'closeReport'; readonly closes: number; readonly outcome: 'erased' | 'kept' };

/** Only in the audit log. */
type AuditBody = AuditRecord;

export type FollowUpBody = Edited | Erased | Unerased | Pinned | Unpinned | Reacted | Acted | Acknowledged;
export type EntryBody =
  | Posted
  | FollowUpBody
  | Commanded
  | MembershipChanged
  | Renamed
  | TopicChanged
  | Archived
  | Revoked
  | Reported
  | ReportClosed
  | AuditBody;

/** One entry of a group's log. */
export type Entry = EntryCommon & EntryBody;
export type Message = EntryCommon & Posted;
/** An entry that changes an earlier message of the same group; `target` is its seq. */
export type FollowUp = EntryCommon & FollowUpBody;
export type Kind = EntryBody['kind'];

/**
 * An entry before the log has assigned group, seq, n and at. The log also assigns `pending`, unless it is `[]`: then no bot is called. `at` (ms): only of
 * an import, the time when it happened elsewhere; the entry has it unless the log has a later entry.
 */
export type Draft = Pick<EntryCommon, 'author' | 'uid' | 'key' | 'mac' | 'pending'> & { readonly at?: number } & EntryBody;

export const isMessage = (entry: Entry): entry is Message => entry.kind === 'message';

export function isFollowUp(entry: Entry): entry is FollowUp {
  return 'target' in entry;
}

/** The entry that a draft becomes directly after `head`. `called`: the bots that it calls. */
export function entryAfter(
  { pending: _, at = Number.POSITIVE_INFINITY, ...draft }: Draft,
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
    at: Math.max(Math.min(at, now), head.at),
  };
}

const CLOCKS_DIFFER_MS = 60_000;

/**
 * Whether the last entry is more than 60 s in the future, so a clock was wrong. Since `at` never decreases in a group, new entries have the time of
 * that entry until `now` reaches it.
 */
export const isAhead = ({ at }: Pick<Head, 'at'>, now: number): boolean => at > now + CLOCKS_DIFFER_MS;

/** The head after `entry`. */
export const headAfter = (entry: EntryCommon): Head => ({ seq: entry.seq, n: entry.n, at: entry.at });
