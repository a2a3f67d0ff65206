import type { GroupId, UserId } from '../ids.ts';

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
  /** All, by createdAt then id, `limit` (≥ 1) at most, after the given user when `after` is set. */
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

export type TokenStore = {
  insert(token: Token): Promise<void>;
  byHash(hash: string): Promise<Token | undefined>;
  /** By createdAt. */
  listOf(user: UserId): Promise<Token[]>;
  touch(hash: string, now: number): Promise<void>;
  /** Replaces the sealed secrets; undefined removes them. Resolves to whether the token exists. */
  setSecrets(hash: string, secrets: string | undefined): Promise<boolean>;
  /** Sets `expiresAt`, some seconds ahead at least: `core.lookupCache` may not know it at once. Resolves to whether the token exists. */
  expire(hash: string, at: number): Promise<boolean>;
  /** Those whose `expiresAt` is at or before `now`, in any order, `limit` (≥ 1) at most. Cheap when there are none. */
  expired(now: number, limit: number): Promise<Token[]>;
  /** Resolves to whether it existed. */
  remove(hash: string): Promise<boolean>;
};
