import { createCipheriv, createDecipheriv, createHash, createHmac, hash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Token } from './accounts/port.ts';

/**
 * Cryptography with keys derived from SECRET_KEYS, newest first. `open` accepts every key;
 * `mac` always uses the oldest key, because stored HMACs are looked up and must survive a key rotation.
 */
export type Secrets = {
  /** HMAC-SHA-256 (RFC 2104) of `text` for one `purpose`, base64url, 43 characters. */
  mac(purpose: string, text: string): string;
  /** AES-256-GCM: `<iv>.<tag>.<ciphertext>`, base64url. */
  seal(text: string): string;
  /** Undefined when no key decrypts it. */
  open(sealed: string): string | undefined;
};

const derive = (key: string, purpose: string): Buffer => Buffer.from(hkdfSync('sha256', key, 'parley', purpose, 32));

export function openSecrets(keys: readonly string[]): Secrets {
  const [newest] = keys;
  const oldest = keys.at(-1);
  if (newest === undefined || oldest === undefined) throw new Error('openSecrets needs at least one key');
  const macKeys = new Map<string, Buffer>();
  const sealing = keys.map((key) => derive(key, 'seal'));

  const macKey = (purpose: string): Buffer => {
    const known = macKeys.get(purpose) ?? derive(oldest, `mac:${purpose}`);
    macKeys.set(purpose, known);
    return known;
  };

  return {
    mac: (purpose, text) => createHmac('sha256', macKey(purpose)).update(text).digest('base64url'),
    seal: (text) => sealWith(derive(newest, 'seal'), text),
    open: (sealed) => {
      for (const key of sealing) {
        const text = openWith(key, sealed);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

function sealWith(key: Buffer, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [iv, cipher.getAuthTag(), body].map((part) => part.toString('base64url')).join('.');
}

function openWith(key: Buffer, sealed: string): string | undefined {
  const [iv, tag, body] = sealed.split('.').map((part) => Buffer.from(part, 'base64url'));
  if (iv?.length !== 12 || tag?.length !== 16 || body === undefined) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch {
    return undefined; // sealed with another key
  }
}

/** SHA-256, hex: how tokens and session ids are stored. They are random enough to need no salt. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** Constant-time comparison. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

/** Whether a token has not expired at `now` (ms). */
export const isTokenValid = ({ expiresAt }: Pick<Token, 'expiresAt'>, now: number): boolean => expiresAt === undefined || now < expiresAt;
