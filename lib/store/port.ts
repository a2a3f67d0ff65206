import type { GroupId, UserId } from '../ids.ts';
import type { Entry, Folded, FollowUp, Head, Message } from '../messages/entry.ts';

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
  /** Only where other processes on this machine share the store without a bus of their own (SQLite). */
  readonly signals?: SignalStore;
  /** Resolves when the store answers a trivial read. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** The store did not answer. A write that rejects so may or may not have happened. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}

export type SettingStore = {
  get(key: string): Promise<string | undefined>;
  /** Writes `value` only if the key is free; resolves to what is stored now: of several callers all get the same value. */
  putIfAbsent(key: string, value: string): Promise<string>;
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
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** Of a hook whose deliveries must be signed: the secrets, newest first, as JSON, sealed. */
  readonly secrets?: string;
};

export type TokenStore = {
  insert(token: Token): Promise<void>;
  byHash(hash: string): Promise<Token | undefined>;
  /** By createdAt. */
  listOf(user: UserId): Promise<Token[]>;
  touch(hash: string, now: number): Promise<void>;
  /** Replaces the sealed secrets; undefined removes them. Resolves to whether the token exists. */
  setSecrets(hash: string, secrets: string | undefined): Promise<boolean>;
  /** Resolves to whether it existed. */
  remove(hash: string): Promise<boolean>;
};

export type Group = {
  readonly id: GroupId;
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
  readonly createdAt: number;
  /** Where the log was last seen to end. A hint: it may lag, never lead. */
  readonly head: Head;
};

export type GroupPatch = Partial<Pick<Group, 'name' | 'slug' | 'topic' | 'open' | 'archived' | 'codeMac' | 'codeSealed'>>;

export type GroupStore = {
  /** Allocates `number`. 'slug' when the slug is or ever was in use, 'code' when codeMac is (nothing written). */
  insert(group: Omit<Group, 'number' | 'head'>): Promise<Group | 'slug' | 'code'>;
  byId(id: GroupId): Promise<Group | undefined>;
  byIds(ids: readonly GroupId[]): Promise<Group[]>;
  /** By the present slug or an old one; compare `slug` to tell. */
  bySlug(slug: string): Promise<Group | undefined>;
  byNumber(number: number): Promise<Group | undefined>;
  byCodeMac(codeMac: string): Promise<Group | undefined>;
  /** By number. */
  list(options: { readonly limit: number; readonly open?: boolean; readonly afterNumber?: number }): Promise<Group[]>;
  /** 'missing', 'slug' or 'code' when refused; a replaced slug stays reserved for this group. */
  update(id: GroupId, patch: GroupPatch): Promise<'done' | 'missing' | 'slug' | 'code'>;
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
  /** ms of the last change. */
  readonly at: number;
  /** The last message number this member has read. */
  readonly mark: number;
};

export type MembershipStore = {
  /** Present or past: look at `in`. */
  get(group: GroupId, user: UserId): Promise<Membership | undefined>;
  /** Compare-and-set: writes when what is stored has `rev` − 1 (1: nothing stored); false otherwise. `mark` of a stored record is kept. */
  put(membership: Membership): Promise<boolean>;
  /** Sets `lined` where the stored rev is still `rev`. */
  lined(group: GroupId, user: UserId, rev: number): Promise<void>;
  /** Changes without their line in the log, made before `before` (ms). */
  unlined(before: number, limit: number): Promise<Membership[]>;
  /** Those who are in, by when they came. */
  ofGroup(group: GroupId): Promise<Membership[]>;
  /** Those this user is in. */
  ofUser(user: UserId): Promise<Membership[]>;
  /** Moves the read mark, only forward. */
  mark(group: GroupId, user: UserId, n: number): Promise<void>;
};

/**
 * `written`: how many of the entries, from the front, are durable now. `stopped`, when not all are:
 * - 'conflict': a (group, seq) or a (group, author, key) was taken; read the log and decide again.
 * - 'unknown': no answer came; the next entries may or may not have been written, in order.
 */
export type Appended = { readonly written: number; readonly stopped?: 'conflict' | 'unknown' };

export type LogStore = {
  /**
   * Writes entries of one group, in order, with consecutive seq. Each is one record; the first that fails stops the rest.
   * Entry s is written only if s−1 exists: the caller's first seq follows a head it has read or written.
   * Also moves the group's head hint, after the fact. Never rejects: an unavailable store is 'unknown'.
   */
  append(group: GroupId, entries: readonly Entry[]): Promise<Appended>;
  /** The true end of the log: read on from the hint until a window is empty. */
  head(group: GroupId): Promise<Head>;
  /** The head hints of several groups at once, in one cheap read. They may lag. */
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
  /** Stores the snapshot in the target, only when it reaches further than the stored one and the target is not scrubbed. */
  snapshot(group: GroupId, target: number, folded: Folded): Promise<void>;
  /** Erase entries whose `due` is at or before `now`, of any group. */
  dueScrubs(now: number, limit: number): Promise<(Entry & { kind: 'erase' })[]>;
  /**
   * Empties the body of the target and of all its edits and marks them scrubbed, drops the snapshot, then unsets `due` of erase entry `erase`.
   * Repeats harmlessly.
   */
  scrub(group: GroupId, target: number, erase: number): Promise<void>;
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
