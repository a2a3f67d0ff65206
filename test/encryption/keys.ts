import { randomBytes } from 'node:crypto';
import { type Keyring, openKeyring } from '../../lib/encryption/keys.ts';

/** A new key of ENCRYPTION_KEYS. */
export const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;

export function keyringOf(...keys: readonly string[]): Keyring {
  const keyring = openKeyring(keys);
  if (!keyring) throw new Error('no key');
  return keyring;
}
