import { encryptedStore } from '../../lib/encryption/store.ts';
import type { Store } from '../../lib/store/port.ts';
import { keyringOf, newKey } from '../encryption/keys.ts';

const keyring = keyringOf(newKey('k2'), newKey('k1'));

/** The store with its texts encrypted; a text that cannot be decrypted fails the test. */
export const encrypted = (store: Store): Store =>
  encryptedStore(store, keyring, {
    onDamage: ({ place, reason }) => {
      throw new Error(`${place}: ${reason}`);
    },
    isSearchMixed: () => false,
  });
