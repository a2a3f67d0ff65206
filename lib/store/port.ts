import type { FileStore } from '../files/port.ts';
import type { GroupId, UserId } from '../ids.ts';
import type { CursorStore } from '../live/all-groups/port.ts';
import type { Draft, Entry, Folded, FollowUp, Head, Message } from '../log/entry.ts';
import type { SavedStore } from '../messages/port.ts';
import type { Level, PushStore } from '../push/port.ts';
import type { SearchStore } from '../search/port.ts';
import type { DeliveryStore } from '../webhooks/outgoing/deliveries-port.ts';
import type { WebhookStore } from '../webhooks/outgoing/port.ts';

/**
 * The store is the truth. One contract suite (test/contract/store.ts) holds for every adapter.
 *
 * Promises of every method:
 * - A write that resolves is durable (SQLite: WAL, synchronous=FULL; MongoDB: w majority, j true).
 * - A write changes one record atomically; nothing needs a transaction over several records.
 * - Values go in as typed values, never as query syntax.
 * - A store that does not answer rejects with StoreUnavailable, and with nothing else.
 */
export type Store = {
  readonly kind: 'sqlite' | 'mongo';
  readonly settings: SettingStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens: TokenStore;
  readonly groups: GroupStore;
  readonly memberships: MembershipStore;
  readonly log: LogStore;
  readonly files: FileStore;
  readonly cursors: CursorStore;
  readonly saved: SavedStore;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly search: SearchStore;
  readonly push: PushStore;
  /** Only where other processes on this machine share the store without a bus of their own (SQLite). */
  readonly signals?: SignalStore;
  /** Resolves when the store answers a trivial read. */
  ping(): Promise<void>;
  /** Reads all that is stored and resolves to what is damaged, in the words of the store. Only where the store is a file of ours (SQLite). */
  inspect?(): Promise<readonly string[]>;
  close(): Promise<void>;
};

export type SettingStore = {
  get(key: string): Promise<string | undefined>;
  /** Writes `value` only if the key is free; resolves to what is stored now: of several callers all get the same value. */
  putIfAbsent(key: string, value: string): Promise<string>;
  /** Writes `value` whatever was there. */
  put(key: string, value: string): Promise<void>;
};

/** A person or a bot. */
export type User = {
  readonly id: UserId;
  /** As typed, NFKC-normalised, 1–32 characters. */
  readonly name: string;
  /** The name folded for comparison; unique. */
  readonly nameKey: string;
  /** Index of one of the fixed colour classes. */
  readonly color: number;
  /** bcrypt; null for one who cannot log in with a password. */
  readonly passwordHash: string | null;
  readonly admin: boolean;
  readonly bot: boolean;
  readonly disabled: boolean;
  /** Counts rotations of a bot's derived keys; 1 at first. */
  readonly keyVersion: number;
  readonly createdAt: number;
};

export type UserPatch = Partial<Pick<User, 'passwordHash' | 'admin' | 'disabled' | 'keyVersion' | 'color'>>;

export type UserStore = {
  /** False when the nameKey is taken (nothing written). */
  insert(user: User): Promise<boolean>;
  byId(id: UserId): Promise<User | undefined>;
  /** Those that exist, in any order. */
  byIds(ids: readonly UserId[]): Promise<User[]>;
  byNameKey(nameKey: string): Promise<User | undefined>;
  /** False when there is no such user. */
  update(id: UserId, patch: UserPatch): Promise<boolean>;
  /**
   * As `update`, unless it would leave nobody who is an administrator and not disabled: 'last' then, and nothing written. Of several who step
   * down at once one at least stays; where only they are left, all may be refused.
   */
  stepDown(id: UserId, patch: { readonly admin: false } | { readonly disabled: true }): Promise<'done' | 'missing' | 'last'>;
  /** All, by createdAt then id, `limit` at most, after the given user when `after` is set. */
  list(options: { readonly limit: number; readonly after?: User }): Promise<User[]>;
};

/** `hash`: SHA-256 of the cookie's id, hex. `data`: what koa-session keeps, as JSON. */
export type SessionRecord = { readonly hash: string; readonly userId: UserId | null; readonly data: string; readonly expiresAt: number };

export type SessionStore = {
  /** Undefined when absent or past `expiresAt` at `now`. */
  get(hash: string, now: number): Promise<SessionRecord | undefined>;
  set(record: SessionRecord): Promise<void>;
  destroy(hash: string): Promise<void>;
  /** Ends every session of a user but the one named; resolves to the hashes ended. */
  destroyOf(user: UserId, except?: string): Promise<string[]>;
  /** Removes what expired before `now`. */
  sweep(now: number): Promise<void>;
};

/** A bearer token (`api`) or an incoming webhook's (`hook`, bound to one group). `hash`: SHA-256, hex. */
export type Token = {
  readonly hash: string;
  readonly kind: 'api' | 'hook';
  readonly user: UserId;
  readonly group: GroupId | null;
  /** First characters, to tell tokens apart in a list. */
  readonly prefix: string;
  /** What its owner calls it, 1–40 characters. */
  readonly name?: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** Of a hook whose deliveries must be signed: the secrets, newest first, as JSON, sealed. */
  readonly secrets?: string;
  /** ms from when on it is good for nothing; absent: never. Whoever looks a token up asks `stillHolds`. */
  readonly expiresAt?: number;
};

/** Whether a token that was found is good at `now` (ms). */
export const stillHolds = ({ expiresAt }: Pick<Token, 'expiresAt'>, now: number): boolean => expiresAt === undefined || now < expiresAt;

export type TokenStore = {
  insert(token: Token): Promise<void>;
  byHash(hash: string): Promise<Token | undefined>;
  /** By createdAt. */
  listOf(user: UserId): Promise<Token[]>;
  touch(hash: string, now: number): Promise<void>;
  /** Replaces the sealed secrets; undefined removes them. Resolves to whether the token exists. */
  setSecrets(hash: string, secrets: string | undefined): Promise<boolean>;
  /** Sets `expiresAt`, some seconds ahead at least: `core.recent` may not know it at once. Resolves to whether the token exists. */
  expire(hash: string, at: number): Promise<boolean>;
  /** Those whose `expiresAt` is at or before `now`, in any order. Cheap when there are none. */
  expired(now: number, limit: number): Promise<Token[]>;
  /** Resolves to whether it existed. */
  remove(hash: string): Promise<boolean>;
};

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
  /** Changes made before `before` (ms) whose line is not known to be in the log, in any order. Cheap when there are none. */
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
  lined(group: GroupId, user: UserId, rev: number, line: number): Promise<void>;
  /** Changes without their line in the log, made before `before` (ms). */
  unlined(before: number, limit: number): Promise<Membership[]>;
  /** Those who are in, by when they came. */
  ofGroup(group: GroupId): Promise<Membership[]>;
  /** Those this user is in. */
  ofUser(user: UserId): Promise<Membership[]>;
  /** Changes what a member has chosen for themself; resolves to whether there is a record. */
  prefer(group: GroupId, user: UserId, preferences: Preferences): Promise<boolean>;
  /** Moves the read mark, only forward; resolves to whether it did. */
  mark(group: GroupId, user: UserId, n: number): Promise<boolean>;
  /** Moves the read mark, only back: for a member who asks for it. Resolves to whether it did. */
  unmark(group: GroupId, user: UserId, n: number): Promise<boolean>;
  /** Notes that a member had the group open at `at` (ms); only forward, and only where there is a record. */
  seen(group: GroupId, user: UserId, at: number): Promise<void>;
};

/**
 * `written`: how many of the entries, from the front, are durable now. `stopped`, when not all are:
 * - 'conflict': a (group, seq) or a (group, author, key) was taken; read the log and decide again.
 * - 'unknown': no answer came; the next entries may or may not have been written, in order.
 */
export type Appended = { readonly written: number; readonly stopped?: 'conflict' | 'unknown' };

/** More are not counted: nobody reads the number. */
export const MOST_MENTIONS_COUNTED = 100;

export type LogStore = {
  /**
   * Writes entries of one group, in order, with consecutive seq. Each is one record; the first that fails stops the rest.
   * Entry s is written only if s−1 exists: the caller's first seq follows a head it has read or written.
   * Also moves the group's head hint, after the fact. Never rejects: an unavailable store is 'unknown'.
   */
  append(group: GroupId, entries: readonly Entry[]): Promise<Appended>;
  /** The true end of the log: read on from the hint until a window is empty. */
  head(group: GroupId): Promise<Head>;
  /** The true ends of several logs at once, in few cheap reads whatever their number: one for each group asked for. */
  heads(groups: readonly GroupId[]): Promise<Map<GroupId, Head>>;
  /** Entries with from ≤ seq ≤ to, by seq. `to − from` < 1000. */
  range(group: GroupId, from: number, to: number): Promise<Entry[]>;
  /** Messages with from ≤ n ≤ to, by n. `to − from` < 1000. */
  messages(group: GroupId, from: number, to: number): Promise<Message[]>;
  /** One message by its seq; undefined when that seq is no message. */
  message(group: GroupId, seq: number): Promise<Message | undefined>;
  /** The follow-ups of these messages with a seq above `after` (per target), by seq. */
  followUps(group: GroupId, targets: readonly { readonly seq: number; readonly after: number }[]): Promise<FollowUp[]>;
  byKey(group: GroupId, author: UserId, key: string): Promise<Entry | undefined>;
  /**
   * How many messages name this user, in themselves or in an edit, by others, in entries with n > `after`; MOST_MENTIONS_COUNTED at most per group.
   * Not those whose text was scrubbed. A group is asked for once.
   */
  countMentions(user: UserId, asked: readonly { readonly group: GroupId; readonly after: number }[]): Promise<Map<GroupId, number>>;
  /** Stores the snapshot in the target, only when it reaches further than the stored one and the target is not scrubbed. */
  snapshot(group: GroupId, target: number, folded: Folded): Promise<void>;
  /** Erase entries whose `due` is at or before `now`, of any group. */
  dueScrubs(now: number, limit: number): Promise<(Entry & { kind: 'erase' })[]>;
  /**
   * Empties the body of the target and of all its edits and marks them scrubbed, drops snapshot and attachments, then unsets `due` of erase entry `erase`.
   * Repeats harmlessly.
   */
  scrub(group: GroupId, target: number, erase: number): Promise<void>;
  /** Entries with `pending`, in any order. Cheap when there are none. */
  pending(limit: number): Promise<Entry[]>;
  /** Unsets `pending` of an entry, once its deliveries are stored. Repeats harmlessly. */
  called(group: GroupId, seq: number): Promise<void>;
  /** The pins that stand, the newest first, `limit` at most. It costs as much as there are of them. */
  pins(group: GroupId, limit: number): Promise<(Entry & { kind: 'pin' })[]>;
  /** Unsets `stands` of the target's pins with a seq below `before`. Repeats harmlessly. */
  unpinned(group: GroupId, target: number, before: number): Promise<void>;
  /** Unsets `due` of an erase entry that was taken back. */
  settle(group: GroupId, erase: number): Promise<void>;
};

/** Rows by which processes on one SQLite file tell each other that something happened. Payloads are JSON of a bus event. */
export type SignalStore = {
  emit(payload: string): Promise<void>;
  /** Calls `listener` with what other processes emitted from now on, within 200 ms; resolves to the way to stop. */
  listen(listener: (payload: string) => void): () => void;
  /** Whether another process wrote anything to the store since this was last asked (at first: since it was opened). Cheap. */
  changed(): boolean;
};
