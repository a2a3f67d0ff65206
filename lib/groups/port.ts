import type { GroupId, UserId } from '../ids.ts';
import type { Draft, Head } from '../log/entry.ts';
import type { Level } from '../push/port.ts';

export type Group = {
  readonly id: GroupId;
  /** `direct`: the direct messages of a fixed set of people. Its slug is derived from them; its name, topic and code are not used. */
  readonly kind: 'group' | 'direct';
  /** The members of direct messages, sorted by id; they never change. Null for a group. */
  readonly people: readonly UserId[] | null;
  /** 1, 2, 3, … in order of creation: an alias for clients that need a number. */
  readonly number: number;
  readonly slug: string;
  readonly name: string;
  readonly topic: string;
  /** Open: anyone signed in may join without a code. */
  readonly open: boolean;
  readonly archived: boolean;
  /** HMAC of the join code (for look-ups) and the encrypted code (shown to moderators). */
  readonly codeMac: string;
  readonly codeSealed: string;
  /** ms at which the code expires; null: never. */
  readonly codeExpiresAt: number | null;
  /** Remaining uses of the code; null: unlimited. */
  readonly codeUsesLeft: number | null;
  readonly createdAt: number;
  /** Days after which its messages are erased, 0: never; absent: as the site has it (RETENTION_DAYS). */
  readonly retentionDays?: number;
  /** On legal hold: nothing in it is erased by retention or by operators, and no erased text is removed. */
  readonly held?: true;
  /** Last known end of the log. A hint that may lag, never lead: use `log.head` or `log.heads` for numbers that are shown. */
  readonly head: Head;
};

export type GroupPatch = Partial<
  Pick<Group, 'name' | 'slug' | 'topic' | 'open' | 'archived' | 'codeMac' | 'codeSealed' | 'codeExpiresAt' | 'codeUsesLeft'>
> & { readonly retentionDays?: number | null; readonly held?: boolean };

/** A change of a group whose entry is not in its log yet. `line`: that entry. `at`: ms of the change. */
export type GroupChange = { readonly line: Draft & { readonly key: string }; readonly at: number };

export type GroupStore = {
  /** Allocates `number`. 'slug' when the slug is or was in use, 'code' when codeMac is in use; then nothing is written. */
  insert(group: Omit<Group, 'number' | 'head'>): Promise<Group | 'slug' | 'code'>;
  byId(id: GroupId): Promise<Group | undefined>;
  byIds(ids: readonly GroupId[]): Promise<Group[]>;
  /** By the current or a former slug; compare `slug` to distinguish. */
  bySlug(slug: string): Promise<Group | undefined>;
  byNumber(number: number): Promise<Group | undefined>;
  byCodeMac(codeMac: string): Promise<Group | undefined>;
  /** Sorted by number; of both kinds unless `kind` is given. */
  list(options: {
    /** 1 or more. */
    readonly limit: number;
    readonly open?: boolean;
    readonly kind?: Group['kind'];
    readonly afterNumber?: number;
  }): Promise<Group[]>;
  count(kind: Group['kind']): Promise<number>;
  /** The groups on legal hold. */
  held(): Promise<GroupId[]>;
  /** Writes `patch` and `change` atomically. 'missing', 'slug' or 'code' when refused; a replaced slug stays reserved for this group. */
  update(id: GroupId, patch: GroupPatch, change?: GroupChange): Promise<'done' | 'missing' | 'slug' | 'code'>;
  /** Removes the stored change whose entry has this `uid`, after the entry was appended. Idempotent. */
  markAnnounced(id: GroupId, uid: string): Promise<void>;
  /** Changes made before `before` (ms) whose entry may not be in the log, in any order, `limit` (≥ 1) at most (sparse index). */
  listUnannounced(before: number, limit: number): Promise<{ readonly group: GroupId; readonly change: GroupChange }[]>;
  /** Atomically takes one use of the code, if it is the group's current one, has not expired at `now`, and has uses left. Resolves to whether it did. */
  takeUse(id: GroupId, codeMac: string, now: number): Promise<boolean>;
  /** Returns one use; has no effect when the code was replaced or has no limit. */
  returnUse(id: GroupId, codeMac: string): Promise<void>;
};

/** A group that is being removed. `at`: ms when it was marked. */
export type Removal = { readonly id: GroupId; readonly at: number };

/**
 * Removing groups with everything in them: first the mark, by which a group is gone for every method of GroupStore and its slugs are free, then the rest,
 * in steps that may be repeated after a crash and run in several processes at once.
 */
export type RemovalStore = {
  /** Marks a group. Resolves to whether it was there. */
  mark(id: GroupId, at: number): Promise<boolean>;
  /** The marked groups, in any order. */
  marked(): Promise<Removal[]>;
  /**
   * Removes up to `limit` (≥ 1) entries, and as many records of each other kind, of a marked group: mentions, memberships, saved and scheduled messages, followed threads, deliveries,
   * webhook tokens, search terms. Not its files. Resolves to whether nothing is left.
   */
  purge(id: GroupId, limit: number): Promise<boolean>;
  /** Removes the record of a marked group. Its number is never given again. Idempotent. */
  remove(id: GroupId): Promise<void>;
};

/**
 * The membership of a user in a group. The record stays when the member leaves (`in: false`), so that `rev` keeps increasing:
 * the key of the entry about change `rev` is derived from it; `lined`: whether that entry is in the log.
 */
export type Membership = {
  readonly group: GroupId;
  readonly user: UserId;
  readonly in: boolean;
  readonly role: 'member' | 'moderator';
  readonly rev: number;
  /** The user who made the last change. */
  readonly by: UserId;
  readonly lined: boolean;
  /** The seq of the last entry recorded by markAnnounced: for a member with `lined`, their `join`. */
  readonly line?: number;
  /** ms of the last change. */
  readonly at: number;
  /** The last message number this member has read. */
  readonly mark: number;
  readonly level: Level;
  /** The group is hidden from the list of this member while it has no message with a higher number. Null: listed. */
  readonly hidden: number | null;
  /** A moderator who is stepping down: others who step down concurrently do not count this one as remaining. Reset when the step-down is withdrawn. */
  readonly ceding: boolean;
  /** Whether it is in the section Favourites of this member's list. */
  readonly favourite?: boolean;
  /** ms when the member last had the group open, accurate to some minutes. Absent: never. */
  readonly seen?: number;
};

export type Preferences = Partial<Pick<Membership, 'level' | 'hidden' | 'favourite'>>;

export type MembershipStore = {
  /** Also of former members: check `in`. */
  get(group: GroupId, user: UserId): Promise<Membership | undefined>;
  /** Compare-and-set: writes when the stored record has `rev` − 1 (for rev 1: no record); otherwise resolves to false. Keeps `line`, `mark`, `level`, `hidden`, `favourite` and `seen` of a stored record. */
  put(membership: Membership): Promise<boolean>;
  /** Sets `lined` and `line`, if the stored rev is still `rev`. */
  markAnnounced(group: GroupId, user: UserId, rev: number, line: number): Promise<void>;
  /** Changes made before `before` (ms) whose entry may not be in the log, `limit` (≥ 1) at most. */
  listUnannounced(before: number, limit: number): Promise<Membership[]>;
  /** Current members, in order of joining. */
  ofGroup(group: GroupId): Promise<Membership[]>;
  /** The ids of current members, in any order, `limit` (≥ 1) at most: reads no more, however large the group. */
  someOf(group: GroupId, limit: number): Promise<UserId[]>;
  /** Current memberships of this user. */
  ofUser(user: UserId): Promise<Membership[]>;
  /** Changes the preferences of a member. Resolves to whether there is a record. */
  setPreferences(group: GroupId, user: UserId, preferences: Preferences): Promise<boolean>;
  /** Moves the read mark forward, never back. Resolves to whether it moved. */
  advanceMark(group: GroupId, user: UserId, n: number): Promise<boolean>;
  /** Moves the read mark back, never forward. Resolves to whether it moved. */
  rewindMark(group: GroupId, user: UserId, n: number): Promise<boolean>;
  /** Records that a member had the group open at `at` (ms); only forward, and only if there is a record. */
  setLastSeen(group: GroupId, user: UserId, at: number): Promise<void>;
};
