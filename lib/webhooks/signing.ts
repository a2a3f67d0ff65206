import { createHmac, timingSafeEqual } from 'node:crypto';

/** A delivery may be so much older or newer than our clock. */
export const TOLERANCE_MS = 5 * 60_000;
const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]{16,}={0,2}$/;
/** More signatures in one header than this are not looked at. */
const MAX_SIGNATURES = 20;

/** The secret as it is shown to whoever is to sign or verify: `whsec_` and the base64 of 24 to 64 bytes. */
export const secretOf = (bytes: Uint8Array): string => PREFIX + Buffer.from(bytes).toString('base64');

/** A secret of the form `whsec_<base64>`, with or without its prefix, gives the bytes it stands for; any other its own. */
function keyOf(secret: string): Buffer {
  const bare = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  return BASE64.test(bare) ? Buffer.from(bare, 'base64') : Buffer.from(secret, 'utf8');
}

const hmac = (key: Buffer | string, ...parts: readonly (string | Uint8Array)[]): Buffer => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** Compares in a time that does not depend on where they differ. */
const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** The headers to send with a body, as the Standard Webhooks specification 1.0.0 (standardwebhooks.com) says. `timestamp`: seconds since the epoch. Several secrets (the new one and the old) give several signatures. */
export function sign(
  secrets: readonly string[],
  id: string,
  timestamp: number,
  body: Uint8Array | string,
): Readonly<Record<string, string>> {
  const signatures = secrets.map((secret) => `v1,${hmac(keyOf(secret), `${id}.${timestamp}.`, body).toString('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') };
}

/** How a header is looked up: by its name in lower case; empty when absent. */
export type HeaderOf = (name: string) => string;

/** Whether one of the secrets signed it as a Standard Webhook, within five minutes of `now` (ms). Signatures of other versions are passed over. */
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

/** Whether one of the secrets signed it as GitHub does: `X-Hub-Signature-256: sha256=<hex>`; Gitea says the same without the prefix, under its own name. */
export function isHubSigned(secrets: readonly string[], header: HeaderOf, body: Uint8Array): boolean {
  const given = header('x-hub-signature-256') || header('x-gitea-signature') || header('x-forgejo-signature');
  const hex = given.replace(/^sha256=/i, '');
  return /^[0-9a-f]{64}$/i.test(hex) && secrets.some((secret) => isSame(Buffer.from(hex, 'hex'), hmac(secret, body)));
}

/** Whether it carries one of the secrets as GitLab does: in the clear, in `X-Gitlab-Token`. */
export function isGitlabToken(secrets: readonly string[], header: HeaderOf): boolean {
  const given = hmac('compare', header('x-gitlab-token'));
  return header('x-gitlab-token') !== '' && secrets.some((secret) => isSame(given, hmac('compare', secret)));
}

/** Whether a delivery shows, in any of these ways, that its sender knows one of the secrets. */
export const isVouchedFor = (secrets: readonly string[], header: HeaderOf, body: Uint8Array, now: number): boolean =>
  isSigned(secrets, header, body, now) || isHubSigned(secrets, header, body) || isGitlabToken(secrets, header);
