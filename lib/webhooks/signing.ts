import { createHmac, timingSafeEqual } from 'node:crypto';

/** The maximum difference between the timestamp of a delivery and the local clock. */
export const TOLERANCE_MS = 5 * 60_000;
const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]{16,}={0,2}$/;
/** Further signatures in one header are ignored. */
const MAX_SIGNATURES = 20;

/** A secret in the format of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes. */
export const secretOf = (bytes: Uint8Array): string => PREFIX + Buffer.from(bytes).toString('base64');

/** The key bytes of a secret: decoded base64 with or without the prefix `whsec_`; the UTF-8 bytes of any other secret. */
function keyOf(secret: string): Buffer {
  const bare = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  return BASE64.test(bare) ? Buffer.from(bare, 'base64') : Buffer.from(secret, 'utf8');
}

const hmac = (key: Buffer | string, ...parts: readonly (string | Uint8Array)[]): Buffer => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** Compares in constant time. */
const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** The headers to send with a body, as the Standard Webhooks specification 1.0.0 (standardwebhooks.com) says. `timestamp`: seconds since the epoch. Each secret (the new one and the old) gives a signature. */
export function sign(
  secrets: readonly string[],
  id: string,
  timestamp: number,
  body: Uint8Array | string,
): Readonly<Record<string, string>> {
  const signatures = secrets.map((secret) => `v1,${hmac(keyOf(secret), `${id}.${timestamp}.`, body).toString('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') };
}

/** Returns a header by its name in lower case; empty when absent. */
export type HeaderOf = (name: string) => string;

/** Whether the body has a valid Standard Webhooks signature by one of the secrets, within 5 minutes of `now` (ms). Other signature versions are ignored. */
export function isSigned(secrets: readonly string[], header: HeaderOf, body: Uint8Array, now: number): boolean {
  const [id, seconds] = [header('webhook-id'), header('webhook-timestamp')];
  if (id === '' || !/^\d{1,12}$/.test(seconds) || Math.abs(now - Number(seconds) * 1000) > TOLERANCE_MS) return false;
  const given = header('webhook-signature').split(' ').slice(0, MAX_SIGNATURES);
  const macs = given.flatMap((one) => (one.startsWith('v1,') ? [Buffer.from(one.slice(3), 'base64')] : []));
  return secrets.some((secret) => {
    const wanted = hmac(keyOf(secret), `${id}.${seconds}.`, body);
    return macs.some((mac) => isSame(mac, wanted));
  });
}

/** Whether the body has a valid `X-Hub-Signature-256: sha256=<hex>` (GitHub) by one of the secrets. Gitea and Forgejo have headers of their own, without the prefix. */
export function isHubSigned(secrets: readonly string[], header: HeaderOf, body: Uint8Array): boolean {
  const given = header('x-hub-signature-256') || header('x-gitea-signature') || header('x-forgejo-signature');
  const hex = given.replace(/^sha256=/i, '');
  return /^[0-9a-f]{64}$/i.test(hex) && secrets.some((secret) => isSame(Buffer.from(hex, 'hex'), hmac(secret, body)));
}

/** Whether `X-Gitlab-Token` contains one of the secrets (GitLab sends it in plain text). */
export function isGitlabToken(secrets: readonly string[], header: HeaderOf): boolean {
  const given = hmac('compare', header('x-gitlab-token'));
  return header('x-gitlab-token') !== '' && secrets.some((secret) => isSame(given, hmac('compare', secret)));
}

/** Whether a delivery is authenticated by one of the secrets in any of these ways. */
export const isAuthenticated = (secrets: readonly string[], header: HeaderOf, body: Uint8Array, now: number): boolean =>
  isSigned(secrets, header, body, now) || isHubSigned(secrets, header, body) || isGitlabToken(secrets, header);
