import type { UserId } from '../ids.ts';

/** Where a person gets mail. It is stored once the person has confirmed it. */
export type MailAddress = {
  readonly user: UserId;
  /** Keyed hash of the address, by which it is found. Several accounts may have one address. */
  readonly mac: string;
  readonly sealed: string;
  readonly confirmedAt: number;
  /** Whether the person wants a digest of unread mentions. */
  readonly digest: boolean;
  /** When it is next looked whether there is one (ms). */
  readonly digestDue: number;
  /** Messages up to this time (ms) have been in a digest. */
  readonly digestUpTo: number;
};

export type AddressStore = {
  /** Inserts or replaces the address of a person. */
  put(address: MailAddress): Promise<void>;
  ofUser(user: UserId): Promise<MailAddress | undefined>;
  /** In any order. */
  byMac(mac: string): Promise<MailAddress[]>;
  /** Resolves to whether there was one. */
  remove(user: UserId): Promise<boolean>;
  /** Turns the digest on or off; `due`: when it is first looked at, `upTo`: older messages are left out. False without an address. */
  setDigest(user: UserId, digest: boolean, next: { readonly due: number; readonly upTo: number }): Promise<boolean>;
  /** Those who want a digest with `digestDue` ≤ `now`, earliest first, at most `limit` (≥ 1). Cheap when there are none. */
  dueDigests(now: number, limit: number): Promise<MailAddress[]>;
  /** Compare-and-set: moves `digestDue`, if it is still `seen`, and `digestUpTo`. Of concurrent calls one succeeds. */
  moveDigest(user: UserId, seen: number, next: { readonly due: number; readonly upTo: number }): Promise<boolean>;
};

/** A link that was sent by mail and is used once. */
export type MailLink = {
  /** SHA-256 of its token, hex. */
  readonly hash: string;
  readonly kind: 'confirm' | 'reset' | 'invite';
  /** Whom it is for; null: somebody without an account. */
  readonly user: UserId | null;
  /** What it is about, as sealed JSON. */
  readonly sealed: string;
  readonly expiresAt: number;
};

export type LinkStore = {
  insert(link: MailLink): Promise<void>;
  byHash(hash: string): Promise<MailLink | undefined>;
  /** Removes it. Resolves to whether it was there: of concurrent calls one succeeds. */
  take(hash: string): Promise<boolean>;
  removeOf(user: UserId, kind: MailLink['kind']): Promise<void>;
  /** Removes those that expired before `now`. */
  sweep(now: number): Promise<void>;
};

/** A mail that waits. It is removed when it was sent or given up. */
export type WaitingMail = {
  readonly id: string;
  /** What is to be sent, as sealed JSON. */
  readonly sealed: string;
  /** When it is to be sent (ms), or when the claim of the process that sends it ends. */
  readonly due: number;
  /** Failures so far. */
  readonly tries: number;
  readonly createdAt: number;
  /** Incremented by each claim and failure. */
  readonly rev: number;
};

export type MailStore = {
  /** One that has this id stays as it is. */
  insert(mail: WaitingMail): Promise<void>;
  /** With `due` ≤ `now`, earliest first, at most `limit` (≥ 1). Cheap when there are none. */
  due(now: number, limit: number): Promise<WaitingMail[]>;
  /** Compare-and-set: sets `due` and `tries` and increments `rev`, if it is still `rev`. Of concurrent calls one succeeds. */
  move(id: string, rev: number, to: { readonly due: number; readonly tries: number }): Promise<boolean>;
  /** Removes it if it still has this `rev`. */
  remove(id: string, rev: number): Promise<boolean>;
};
