import type { GroupId, UserId } from '../ids.ts';
import type { Draft, Head } from '../log/entry.ts';
import type { Level } from '../push/port.ts';

export type Group = {
  readonly id: GroupId;
  /** `direct`: the direct messages of a fixed set of people. Its slug is derived from them; its name, topic and code mean nothing. */
  readonly kind: 'group' | 'direct';
  /** Whom direct messages are between, sorted by id; they never change. Null of a group. */
  readonly people: readonly UserId[] | null;
  /** 1, 2, 3 … in order of creation: a short alias for clients that want a number. */
  readonly number: number;
  readonly slug: string;
  readonly name: string;
  readonly topic: string;
  /** Open: anyone signed in may join without a code. */
  readonly open: boolean;
  readonly archived: boolean;
  /** HMAC of the join code (what a look-up compares) and the code sealed (what a moderator is shown). */
  readonly codeMac: string;
  readonly codeSealed: string;
  /** ms from when on the code lets nobody in; null: never. */
  readonly codeExpiresAt: number | null;
  /** How many more it lets in; null: any number. */
  readonly codeUsesLeft: number | null;
  readonly createdAt: number;
  /** Where the log was last seen to end. A hint: it may lag, never lead. Whoever shows a number asks `log.head` or `log.heads`. */
  readonly head: Head;
};

export type GroupPatch = Partial<
  Pick<Group, 'name' | 'slug' | 'topic' | 'open' | 'archived' | 'codeMac' | 'codeSealed' | 'codeExpiresAt' | 'codeUsesLeft'>
>;

/** A change of a group and the line of its log that is still to say so. `at`: ms. */
export type GroupChange = { readonly line: Draft & { readonly key: string }; readonly at: number };

export type GroupStore = {
  /** Allocates `number`. 'slug' when the slug is or ever was in use, 'code' when codeMac is (nothing written). */
  insert(group: Omit<Group, 'number' | 'head'>): Promise<Group | 'slug' | 'code'>;
  byId(id: GroupId): Promise<Group | undefined>;
  byIds(ids: readonly GroupId[]): Promise<Group[]>;
  /** By the present slug or an old one; compare `slug` to tell. */
  bySlug(slug: string): Promise<Group | undefined>;
  byNumber(number: number): Promise<Group | undefined>;
  byCodeMac(codeMac: string): Promise<Group | undefined>;
  /** By number; those of either kind unless one is asked for. */
  list(options: {
    /** 1 or more. */
    readonly limit: number;
    readonly open?: boolean;
    readonly kind?: Group['kind'];
    readonly afterNumber?: number;
  }): Promise<Group[]>;
  count(kind: Group['kind']): Promise<number>;
  /** With the `change`, if one is given, as one write. 'missing', 'slug' or 'code' when refused; a replaced slug stays reserved for this group. */
  update(id: GroupId, patch: GroupPatch, change?: GroupChange): Promise<'done' | 'missing' | 'slug' | 'code'>;
  /** Forgets the change whose line has this `uid`: the line is in the log. Repeats harmlessly. */
  announced(id: GroupId, uid: string): Promise<void>;
  /** Changes made before `before` (ms) whose line is not known to be in the log, in any order, `limit` (≥ 1) at most. Cheap when there are none. */
  unannounced(before: number, limit: number): Promise<{ readonly group: GroupId; readonly change: GroupChange }[]>;
  /** Takes one use of a code that is still the group's, has not expired at `now`, and has uses left. Resolves to whether there was one: of several at once no more get one than are left. */
  takeUse(id: GroupId, codeMac: string, now: number): Promise<boolean>;
  /** Puts one back that was taken for nothing; harmless when the code is another now, or has no count. */
  giveUseBack(id: GroupId, codeMac: string): Promise<void>;
};

/**
 * Whether a user is in a group. The record stays when the member leaves (`in: false`), so that `rev` keeps counting:
 * the log line of change number `rev` has a key derived from it, and `lined` says that the line is written.
 */
export type Membership = {
  readonly group: GroupId;
  readonly user: UserId;
  readonly in: boolean;
  readonly role: 'member' | 'moderator';
  readonly rev: number;
  /** Who made the last change. */
  readonly by: UserId;
  readonly lined: boolean;
  /** The seq of the last line that `lined` was told of: of a member who is in and has their line, where they came in. */
  readonly line?: number;
  /** ms of the last change. */
  readonly at: number;
  /** The last message number this member has read. */
  readonly mark: number;
  readonly level: Level;
  /** The message number up to which this member does not want to see the group listed: the next one brings it back. Null: listed. */
  readonly hidden: number | null;
  /** A moderator about to be none: not counted by others who step down meanwhile, so that one stays. Undone when it comes to nothing. */
  readonly ceding: boolean;
  /** ms when they last had the group open, within some minutes. Left out: never. */
  readonly seen?: number;
};

export type Preferences = Partial<Pick<Membership, 'level' | 'hidden'>>;

export type MembershipStore = {
  /** Present or past: look at `in`. */
  get(group: GroupId, user: UserId): Promise<Membership | undefined>;
  /** Compare-and-set: writes when what is stored has `rev` − 1 (1: nothing stored); false otherwise. `line`, `mark`, `level`, `hidden` and `seen` of a stored record are kept. */
  put(membership: Membership): Promise<boolean>;
  /** Sets `lined` and `line` where the stored rev is still `rev`. */
  markAnnounced(group: GroupId, user: UserId, rev: number, line: number): Promise<void>;
  /** Changes without their line in the log, made before `before` (ms), `limit` (≥ 1) at most. */
  listUnannounced(before: number, limit: number): Promise<Membership[]>;
  /** Those who are in, by when they came. */
  ofGroup(group: GroupId): Promise<Membership[]>;
  /** Those this user is in. */
  ofUser(user: UserId): Promise<Membership[]>;
  /** Changes what a member has chosen for themself; resolves to whether there is a record. */
  setPreferences(group: GroupId, user: UserId, preferences: Preferences): Promise<boolean>;
  /** Moves the read mark, only forward; resolves to whether it did. */
  advanceMark(group: GroupId, user: UserId, n: number): Promise<boolean>;
  /** Moves the read mark, only back: for a member who asks for it. Resolves to whether it did. */
  rewindMark(group: GroupId, user: UserId, n: number): Promise<boolean>;
  /** Notes that a member had the group open at `at` (ms); only forward, and only where there is a record. */
  setLastSeen(group: GroupId, user: UserId, at: number): Promise<void>;
};
