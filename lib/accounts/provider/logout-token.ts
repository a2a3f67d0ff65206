import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { ProviderFailed } from './provider-failed.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const TIMEOUT_MS = 10_000;
/** A token is sent at once; one that was kept is worth nothing. */
const MAX_AGE = '10m';
const CLOCKS_DIFFER_S = 60;

/** The public keys at a URL of the provider. They are kept, and asked for again when a token names another one, every 30 s at most. */
export function openProviderKeys(): (uri: string) => Promise<JWTVerifyGetKey> {
  let known: { readonly uri: string; readonly key: JWTVerifyGetKey } | undefined;
  return async (uri) => {
    if (known?.uri === uri) return known.key;
    const { createRemoteJWKSet } = await import('jose');
    known = { uri, key: createRemoteJWKSet(new URL(uri), { timeoutDuration: TIMEOUT_MS }) };
    return known.key;
  };
}

type By = { readonly issuer: string; readonly audience: string; readonly key: JWTVerifyGetKey };

/**
 * Whom a log-out token names (OpenID Connect Back-Channel Logout 1.0, section 2.6). An ID token is none: it has a nonce, and no such event. Errors: those
 * of jose, ProviderFailed.
 */
export async function checkLogoutToken(token: string, { issuer, audience, key }: By): Promise<{ issuer: string; subject: string }> {
  const { jwtVerify } = await import('jose');
  const { payload } = await jwtVerify(token, key, { issuer, audience, maxTokenAge: MAX_AGE, clockTolerance: CLOCKS_DIFFER_S });
  if (!isOfLogout(payload)) throw new ProviderFailed('that is no log-out token', false);
  if (payload.sub === undefined) throw new ProviderFailed('the log-out token names no person (sub)', false);
  return { issuer, subject: payload.sub };
}

const isOfLogout = ({ events, nonce }: JWTPayload): boolean =>
  nonce === undefined && typeof events === 'object' && events !== null && EVENT in events;
