import type { Context } from 'koa';
import type { UserId } from '../ids.ts';

export type Flash = { readonly kind: 'info' | 'error'; readonly text: string };
/** A log-in that lacks its second factor. `proof`: changes with the password, so that it ends with it. `at`: ms of the first factor. */
export type PendingLogIn = {
  readonly user: UserId;
  readonly proof: string;
  readonly at: number;
  readonly returnTo: string;
  readonly idToken?: string | undefined;
};
const PENDING_MS = 10 * 60_000;

/**
 * How a session began. `isStrong`: with a second factor. `proxyName`: by the proxy that names the person so (AUTH_PROXY_HEADER). `idToken`: by
 * OpenID Connect, with this token, sealed.
 */
export type Begun = { readonly isStrong?: boolean; readonly proxyName?: string; readonly idToken?: string | undefined };

/**
 * What a session keeps. `isStrong`: also when a second factor was set up in the session. `device`, `address`, `since`: of the log-in. `usedAt`: ms,
 * accurate to 15 minutes. Sessions of before 0.3 lack them.
 */
export type SessionData = {
  userId?: string;
  flash?: Flash;
  device?: string;
  address?: string;
  since?: number;
  usedAt?: number;
  isStrong?: boolean;
  proxyName?: string;
  idToken?: string | undefined;
  pending?: PendingLogIn;
  atProvider?: AtProvider;
  challenge?: Challenge;
};

/** The challenge of a passkey (WebAuthn), which is answered once. `at`: ms. */
type Challenge = { readonly of: 'create' | 'get'; readonly value: string; readonly at: number };
const CHALLENGE_MS = 5 * 60_000;

/** A log-in that goes on at an OpenID Connect provider. `at`: ms of its beginning. `linkTo`: the account that it is to be connected with. */
export type AtProvider = {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly at: number;
  readonly returnTo: string;
  readonly linkTo?: UserId | undefined;
};

type Live = SessionData & { regenerate(): Promise<void> };

/** The only functions that access koa-session's property of the context. */
export const readSession = (ctx: Context): Live | null => (ctx as unknown as { session: Live | null }).session;
export const replaceSession = (ctx: Context, data: SessionData): void => {
  (ctx as unknown as { session: SessionData }).session = data;
};

export const sessionProxyName = (ctx: Context): string | undefined => readSession(ctx)?.proxyName;

/** The log-in of this browser that lacks its second factor; undefined when there is none, or after 10 minutes. */
export function pendingLogIn(ctx: Context, now: number): PendingLogIn | undefined {
  const pending = readSession(ctx)?.pending;
  return pending && now < pending.at + PENDING_MS ? pending : undefined;
}

/** Keeps what a log-in at a provider is checked by when it comes back. */
export function keepAtProvider(ctx: Context, begun: AtProvider): void {
  const data = readSession(ctx);
  if (data) data.atProvider = begun;
}

/** Removes and returns it; undefined when there is none, or after 10 minutes. */
export function takeAtProvider(ctx: Context, now: number): AtProvider | undefined {
  const data = readSession(ctx);
  const begun = data?.atProvider;
  if (data) delete data.atProvider;
  return begun && now < begun.at + PENDING_MS ? begun : undefined;
}

/** Keeps the challenge that this browser is asked, in place of another one. */
export function keepChallenge(ctx: Context, challenge: Challenge): void {
  const data = readSession(ctx);
  if (data) data.challenge = challenge;
}

/** Removes and returns the challenge; undefined when there is none of this kind, or after 5 minutes. */
export function takeChallenge(ctx: Context, of: Challenge['of'], now: number): string | undefined {
  const data = readSession(ctx);
  const challenge = data?.challenge;
  if (data) delete data.challenge;
  return challenge?.of === of && now < challenge.at + CHALLENGE_MS ? challenge.value : undefined;
}

/** The sealed ID token of a session that began by OpenID Connect. */
export const sessionIdToken = (ctx: Context): string | undefined => readSession(ctx)?.idToken;

export const isStrongSession = (ctx: Context): boolean => readSession(ctx)?.isStrong === true;

/** Notes that a second factor was set up in this session. */
export function strengthenSession(ctx: Context): void {
  const data = readSession(ctx);
  if (data) data.isStrong = true;
}

/** Stores a message for the next page. */
export function setFlash(ctx: Context, text: string, kind: Flash['kind'] = 'info'): void {
  const data = readSession(ctx);
  if (data) data.flash = { kind, text };
}

/** Returns and removes the stored message. */
export function takeFlash(ctx: Context): Flash | null {
  const data = readSession(ctx);
  const flash = data?.flash;
  if (data && flash) delete data.flash;
  return flash ?? null;
}
