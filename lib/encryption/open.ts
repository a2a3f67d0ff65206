import type { Logger } from '../logger.ts';
import type { Store } from '../store/port.ts';
import { type Keyring, openKeyring } from './keys.ts';
import { checkKeys } from './registry.ts';
import type { OnDamage } from './sealed.ts';
import { encryptedStore } from './store.ts';

/** What encryption at rest needs besides the store that it wraps. */
export type Encryption = {
  readonly keyring: Keyring;
  /** The store without decryption. */
  readonly raw: Store;
  readonly onDamage: OnDamage;
  /** `isMixed`: whether the search index may have words of before the newest key. */
  readonly search: { isMixed: boolean };
};

/** Wraps a store that was just opened, and checks the keys. Without keys the store is returned as it is. Errors: ConfigError (see `checkKeys`). */
export async function withEncryption(
  raw: Store,
  keys: readonly string[],
  onDamage: OnDamage,
): Promise<{ readonly store: Store; readonly encryption?: Encryption }> {
  const keyring = openKeyring(keys);
  await checkKeys(raw, keyring);
  if (!keyring) return { store: raw };
  const search = { isMixed: true };
  return {
    store: encryptedStore(raw, keyring, { onDamage, isSearchMixed: () => search.isMixed }),
    encryption: { keyring, raw, onDamage, search },
  };
}

const MAX_REPORTED = 1000;

/** Logs each text that cannot be decrypted once. */
export function reportingTo(logger: Pick<Logger, 'error'>): OnDamage {
  const reported = new Set<string>();
  return ({ place, reason }) => {
    if (reported.has(place)) return;
    if (reported.size >= MAX_REPORTED) reported.clear();
    reported.add(place);
    logger.error({ place, reason }, 'a stored text cannot be decrypted');
  };
}
