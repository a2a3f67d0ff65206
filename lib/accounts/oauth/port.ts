import type { UserId } from '../../ids.ts';

/** A program that people may connect with their accounts (an OAuth client). */
export type OAuthClient = {
  /** The `client_id`, unique. */
  readonly id: string;
  /** 1–60 characters, as people see it. */
  readonly name: string;
  /** Where it may be answered, at least one. */
  readonly redirectUris: readonly string[];
  /** SHA-256 of its secret, hex; null: a public client. */
  readonly secret: string | null;
  /** Who made it known: an administrator, or the program itself (RFC 7591). */
  readonly source: 'added' | 'registered';
  readonly createdAt: number;
  /** When it is removed unless it is used before, ms; null: never. */
  readonly expiresAt: number | null;
};

/** What is known of a client before a person allows it. `document`: it describes itself at its `client_id`. */
export type KnownClient = Pick<OAuthClient, 'id' | 'name' | 'redirectUris'> & { readonly source: OAuthClient['source'] | 'document' };

export type OAuthClientStore = {
  insert(client: OAuthClient): Promise<void>;
  byId(id: string): Promise<OAuthClient | undefined>;
  /** Those that an administrator has added, by createdAt then id, `limit` (≥ 1) at most. */
  listAdded(limit: number): Promise<OAuthClient[]>;
  /** Sets `expiresAt` of one that has an expiry, unless it is later already. */
  extend(id: string, at: number): Promise<void>;
  /** Resolves to whether it existed. */
  remove(id: string): Promise<boolean>;
  /** Removes those that expired before `now`. */
  sweep(now: number): Promise<void>;
};

/** `hash`: SHA-256 of the second half of an access token, hex. */
export type AccessToken = { readonly hash: string; readonly expiresAt: number };

/**
 * What one person has allowed one client, from the authorization code on: the code, the tokens that came of it, and those that replaced them. One record,
 * so that a change of it is atomic, and its removal ends all of them.
 */
export type OAuthGrant = {
  /** SHA-256 of the first half, which is the same in all its secrets, hex. */
  readonly id: string;
  /** The `client_id`. */
  readonly client: string;
  /** The name of the client when it was allowed. */
  readonly clientName: string;
  readonly user: UserId;
  readonly redirectUri: string;
  /** The PKCE challenge (S256). */
  readonly challenge: string;
  /** The resource for which its tokens are valid (RFC 8707). */
  readonly resource: string;
  /** Whether the code has been exchanged for tokens. */
  readonly redeemed: boolean;
  /** SHA-256 of the second half of the code, or of the newest refresh token, hex. */
  readonly current: string;
  /** The access tokens that have not expired, newest last. */
  readonly access: readonly AccessToken[];
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** When the code, or the newest refresh token, expires. */
  readonly expiresAt: number;
};

export type OAuthGrantStore = {
  insert(grant: OAuthGrant): Promise<void>;
  byId(id: string): Promise<OAuthGrant | undefined>;
  /** By createdAt, then id. */
  ofUser(user: UserId): Promise<OAuthGrant[]>;
  /** By createdAt, then id, `limit` (≥ 1) at most. */
  ofClient(client: string, limit: number): Promise<OAuthGrant[]>;
  /** Compare-and-set: replaces these fields, and sets `redeemed`, if `current` is still `seen`. Of concurrent calls one succeeds. */
  advance(id: string, seen: string, next: Pick<OAuthGrant, 'current' | 'access' | 'expiresAt'>): Promise<boolean>;
  touch(id: string, now: number): Promise<void>;
  /** Resolves to whether it existed: of concurrent calls one succeeds. */
  remove(id: string): Promise<boolean>;
  /** Removes those that expired before `now`. */
  sweep(now: number): Promise<void>;
};
