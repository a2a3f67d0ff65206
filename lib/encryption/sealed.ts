import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { systemRandom } from '../ids.ts';
import type { Keyring, Purpose } from './keys.ts';

/** Begins every sealed text, and no other: cleaned texts have no control characters. It is also the version of the format. */
const MARK = '\u0001';
const [NONCE_BYTES, TAG_BYTES] = [12, 16];
const ALGORITHM = 'aes-256-gcm';
const MARK_CODE = MARK.charCodeAt(0);

/** `place`: which text, without a secret: `log/<group>/<seq>/message/body`. */
export type Damage = { readonly place: string; readonly reason: string };
export type OnDamage = (damage: Damage) => void;

/** Encrypts and decrypts single texts. `place` is bound to the text: sealed texts cannot be exchanged. */
export type Sealer = {
  /** The id of the key that seals. */
  readonly newest: string;
  /** U+0001, the id of the key, `:`, and in base64 a random nonce (12 bytes), the AES-256-GCM ciphertext and its tag (16 bytes). */
  seal(text: string, place: string): string;
  /** The text; what is not sealed is returned as it is. Undefined when it cannot be decrypted, which is reported to `onDamage`. */
  open(stored: string, place: string): string | undefined;
};

export function openSealer(keyring: Keyring, purpose: Purpose, onDamage: OnDamage = () => {}): Sealer {
  const { newest } = keyring;
  const key = keyring.get(newest, purpose);
  if (!key) throw new Error(`no key ${newest}`); // a keyring has its newest
  const prefix = `${MARK}${newest}:`;
  return {
    newest,
    seal: (text, place) => prefix + encrypt(key, Buffer.from(text, 'utf8'), place).toString('base64'),
    open(stored, place) {
      const id = keyIdOf(stored);
      if (id === undefined) return stored;
      const used = keyring.get(id, purpose);
      const text = used && decrypt(used, Buffer.from(stored.slice(id.length + 2), 'base64'), place);
      if (text === undefined) onDamage({ place, reason: used ? 'it was changed or cut' : `the key ${id} is not in ENCRYPTION_KEYS` });
      return text?.toString('utf8');
    },
  };
}

/** The id of the key that a text was sealed with; undefined when it is not sealed. */
export function keyIdOf(stored: string): string | undefined {
  if (stored.charCodeAt(0) !== MARK_CODE) return undefined;
  const end = stored.indexOf(':');
  return end === -1 ? '' : stored.slice(1, end);
}

/** Nonce, ciphertext, tag. `bound`: authenticated with it, and needed to decrypt. */
export function encrypt(key: KeyObject, content: Uint8Array, bound: string): Buffer {
  const sealed = Buffer.allocUnsafe(NONCE_BYTES + content.length + TAG_BYTES);
  const nonce = systemRandom(NONCE_BYTES);
  sealed.set(nonce);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(Buffer.from(bound, 'utf8'));
  cipher.update(content).copy(sealed, NONCE_BYTES); // GCM is a stream cipher: all of it comes at once
  cipher.final();
  cipher.getAuthTag().copy(sealed, NONCE_BYTES + content.length);
  return sealed;
}

/** Undefined when it was encrypted with another key or for another place, changed or cut. */
export function decrypt(key: KeyObject, sealed: Uint8Array, bound: string): Buffer | undefined {
  const length = sealed.length - NONCE_BYTES - TAG_BYTES;
  if (length < 0) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(bound, 'utf8')).setAuthTag(sealed.subarray(NONCE_BYTES + length));
  const content = decipher.update(sealed.subarray(NONCE_BYTES, NONCE_BYTES + length));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return content;
}

/** Bytes that encryption adds. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;
