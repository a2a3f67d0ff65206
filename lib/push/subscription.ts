import { ECDH } from 'node:crypto';
import { isLoopback } from '../config.ts';
import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';

/** A PushSubscription of the Push API as JSON: the endpoint, and keys to encrypt for it (RFC 8291). */
export type Subscription = { readonly endpoint: string; readonly keys: { readonly p256dh: string; readonly auth: string } };

const MAX_ENDPOINT_LENGTH = 1000;
const [POINT_BYTES, AUTH_BYTES] = [65, 16];

/** Checks and normalises a subscription. Errors: `invalid` (endpoint, keys). */
export function parseSubscription({ endpoint, keys }: Subscription): Subscription {
  const url = endpoint.length > MAX_ENDPOINT_LENGTH ? null : URL.parse(endpoint);
  if (!url || !isSafe(url) || url.username !== '' || url.password !== '')
    throw invalid('endpoint', t`The endpoint must be an https:// URL of ${MAX_ENDPOINT_LENGTH} characters at most.`);
  const [p256dh, auth] = [Buffer.from(keys.p256dh, 'base64url'), Buffer.from(keys.auth, 'base64url')];
  if (p256dh.length !== POINT_BYTES || auth.length !== AUTH_BYTES || !isPoint(p256dh))
    throw invalid('keys', t`The keys must be a P-256 point (65 bytes) and a secret (16 bytes), in base64url.`);
  return { endpoint: url.href, keys: { p256dh: p256dh.toString('base64url'), auth: auth.toString('base64url') } };
}

/** https, or http to a loopback address (which ALLOW_OUTGOING must also allow). */
export const isSafe = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')));

function isPoint(bytes: Buffer): boolean {
  try {
    ECDH.convertKey(bytes, 'prime256v1', undefined, undefined, 'uncompressed');
    return bytes[0] === 4;
  } catch {
    return false;
  }
}
