import type { UserId } from '../ids.ts';

/**
 * Something besides the password by which a person logs in.
 * - `totp`: an authenticator app (RFC 6238), one for each person. `counter`: the time step of the last code that was used.
 * - `passkey`: a public key (WebAuthn). `counter`: of its authenticator, 0 for many.
 * - `recovery`: a recovery code, used once. `counter`: 0.
 * - `identity`: the person at an OpenID Connect provider. `counter`: 0.
 */
export type Credential = {
  /** Unique. Never tells the secret: derived from it by a keyed hash, or from the person. */
  readonly id: string;
  readonly user: UserId;
  readonly kind: 'totp' | 'passkey' | 'recovery' | 'identity';
  /** What is needed to check it, sealed; empty where the id is all there is. */
  readonly sealed: string;
  /** Shown to its owner. */
  readonly label: string;
  readonly counter: number;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
};

export type CredentialStore = {
  /** False when the id is taken (nothing written). */
  insert(credential: Credential): Promise<boolean>;
  byId(id: string): Promise<Credential | undefined>;
  /** By createdAt, then id. */
  ofUser(user: UserId): Promise<Credential[]>;
  /** Compare-and-set: sets `counter` and `lastUsedAt` if the counter is still `seen`. Of concurrent calls one succeeds. */
  use(id: string, seen: number, counter: number, now: number): Promise<boolean>;
  /** Resolves to whether the person had it: of concurrent calls one succeeds. */
  remove(id: string, user: UserId): Promise<boolean>;
  /** Removes all of a kind. */
  removeAll(user: UserId, kind: Credential['kind']): Promise<void>;
};
