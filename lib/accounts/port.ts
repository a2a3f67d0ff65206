import type { FileId, GroupId, UserId } from '../ids.ts';
import type { Preferences } from './preferences.ts';

/** A person or a bot. */
export type User = {
  readonly id: UserId;
  /** As typed, NFKC-normalised, 1–32 characters. Replaced when the account is deleted, and else never. */
  readonly name: string;
  /** The name folded for comparison; unique. */
  readonly nameKey: string;
  /** How the name looks (`skeletonOf`); unique. Absent: the account is from before, and another one looks the same. */
  readonly skeleton?: string;
  /** Index of one of the fixed colour classes. */
  readonly color: number;
  /** bcrypt; null if the account cannot log in with a password. */
  readonly passwordHash: string | null;
  readonly admin: boolean;
  readonly bot: boolean;
  readonly disabled: boolean;
  /** Incremented when a bot's derived keys are rotated; initially 1. */
  readonly keyVersion: number;
  readonly createdAt: number;
  /** The name that others see, 1–48 characters; not unique. Absent: they see `name`. */
  readonly displayName?: string;
  /** Absent: none. */
  readonly status?: Status;
  /** The file of the picture; a new one has a new id. Absent: none. */
  readonly avatar?: FileId;
  /** Absent: all as the browser has it. */
  readonly preferences?: Preferences;
};

/** What a person is doing. `emoji`: '' for none. `until`: ms at which it ends; null: never. */
export type Status = { readonly emoji: string; readonly text: string; readonly until: number | null };

/** Fields of a user that may be absent; in a patch null removes them. */
export const OPTIONAL_FIELDS = ['displayName', 'status', 'avatar', 'preferences'] as const;
type OptionalField = (typeof OPTIONAL_FIELDS)[number];

export type UserPatch = Partial<
  Pick<User, 'passwordHash' | 'admin' | 'disabled' | 'keyVersion' | 'color' | 'name' | 'nameKey'> & { readonly skeleton: string } & {
    readonly [F in OptionalField]: NonNullable<User[F]> | null;
  }
>;

export type UserStore = {
  /** False when the nameKey or the skeleton is taken (nothing written). */
  insert(user: User): Promise<boolean>;
  byId(id: UserId): Promise<User | undefined>;
  /** Those that exist, in any order. */
  byIds(ids: readonly UserId[]): Promise<User[]>;
  byNameKey(nameKey: string): Promise<User | undefined>;
  bySkeleton(skeleton: string): Promise<User | undefined>;
  /** False when there is no such user. */
  update(id: UserId, patch: UserPatch): Promise<boolean>;
  /**
   * As `update`, but resolves to 'last' and writes nothing if no enabled administrator would remain. Of several concurrent calls at least one
   * administrator stays; if there are no others, all calls may be refused.
   */
  stepDown(id: UserId, patch: { readonly admin: false } | { readonly disabled: true }): Promise<'done' | 'missing' | 'last'>;
  /**
   * By createdAt then id, `limit` (≥ 1) at most, after the given user when `after` is set; all, or with `bot` only bots (true) or only people (false). The cost
   * of a list of bots does not grow with the number of people.
   */
  list(options: { readonly limit: number; readonly after?: User; readonly bot?: boolean }): Promise<User[]>;
};

/** `hash`: SHA-256 of the cookie's id, hex. `data`: koa-session's data as JSON. */
export type SessionRecord = { readonly hash: string; readonly userId: UserId | null; readonly data: string; readonly expiresAt: number };

export type SessionStore = {
  /** Undefined when absent or past `expiresAt` at `now`. */
  get(hash: string, now: number): Promise<SessionRecord | undefined>;
  set(record: SessionRecord): Promise<void>;
  destroy(hash: string): Promise<void>;
  /** The sessions of a user that have not expired at `now`, in any order. */
  listOf(user: UserId, now: number): Promise<SessionRecord[]>;
  /** Removes every session of a user except `except`; resolves to the hashes of those removed. */
  destroyOf(user: UserId, except?: string): Promise<string[]>;
  /** Removes sessions that expired before `now`. */
  sweep(now: number): Promise<void>;
};

/** A bearer token (`api`) or the token of an incoming webhook (`hook`, bound to one group). `hash`: SHA-256, hex. */
export type Token = {
  readonly hash: string;
  readonly kind: 'api' | 'hook';
  readonly user: UserId;
  readonly group: GroupId | null;
  /** First characters, to tell tokens apart in a list. */
  readonly prefix: string;
  /** Its label, 1–40 characters. */
  readonly name?: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** Only of a hook whose requests must be signed: the secrets, newest first, as sealed JSON. */
  readonly secrets?: string;
  /** Expiry in ms; absent: never. Callers check a token with `isTokenValid`. */
  readonly expiresAt?: number;
};

export type TokenStore = {
  insert(token: Token): Promise<void>;
  byHash(hash: string): Promise<Token | undefined>;
  /** By createdAt. */
  listOf(user: UserId): Promise<Token[]>;
  touch(hash: string, now: number): Promise<void>;
  /** Replaces the sealed secrets; undefined removes them. Resolves to whether the token exists. */
  setSecrets(hash: string, secrets: string | undefined): Promise<boolean>;
  /** Sets `expiresAt`, at least some seconds ahead, because `core.lookupCache` may hold the old value. Resolves to whether the token exists. */
  expire(hash: string, at: number): Promise<boolean>;
  /** Tokens whose `expiresAt` is at or before `now`, in any order, `limit` (≥ 1) at most. Cheap when there are none. */
  expired(now: number, limit: number): Promise<Token[]>;
  /** Resolves to whether it existed. */
  remove(hash: string): Promise<boolean>;
};
