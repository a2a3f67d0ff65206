import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { Token } from './accounts/port.ts';

/**
 * Cryptography with keys derived from SECRET_KEYS, newest first. `open` accepts every key;
 * `mac` always uses the oldest key, because stored HMACs are looked up and must survive a key rotation.
 */
export type Secrets = {
  /** HMAC-SHA-256 (RFC 2104) of `text` for one `purpose`, base64url, 43 characters. */
  mac(purpose: string, text: string): string;
  /** As `mac`, with the newest key: for what is not kept. */
  sign(purpose: string, text: string): string;
  /** Whether `sign` made this signature with any of the keys. Constant time. */
  isSigned(purpose: string, text: string, signature: string): boolean;
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
  const macKeys = new Map<string, KeyObject>();
  const sealing = keys.map((key) => derive(key, 'seal'));

  const macKey = (purpose: string): KeyObject => {
    const known = macKeys.get(purpose) ?? createSecretKey(derive(oldest, `mac:${purpose}`)); // five times as fast as a Buffer
    macKeys.set(purpose, known);
    return known;
  };

  const signingKeys = new Map<string, readonly KeyObject[]>();
  const keysFor = (purpose: string): readonly KeyObject[] => {
    const known = signingKeys.get(purpose) ?? keys.map((key) => createSecretKey(derive(key, `sign:${purpose}`)));
    signingKeys.set(purpose, known);
    return known;
  };
  const digest = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest();

  return {
    sign: (purpose, text) => digest(keysFor(purpose)[0] ?? macKey(purpose), text).toString('base64url'), // there is a first key
    isSigned: (purpose, text, signature) => {
      const given = Buffer.from(signature, 'base64url');
      return given.length === 32 && keysFor(purpose).some((key) => timingSafeEqual(digest(key, text), given));
    },
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
export const sha256 = (text: string | Uint8Array): string => hash('sha256', text, 'hex');

/** Constant-time comparison. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

/** Whether a token has not expired at `now` (ms). */
export const isTokenValid = ({ expiresAt }: Pick<Token, 'expiresAt'>, now: number): boolean => expiresAt === undefined || now < expiresAt;
