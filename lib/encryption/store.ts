import type { Store } from '../store/port.ts';
import { encryptedBackups } from './backup.ts';
import { encryptedFiles } from './files.ts';
import type { Keyring } from './keys.ts';
import { encryptedLog } from './log.ts';
import { type OnDamage, openSealer } from './sealed.ts';
import { encryptedSearch } from './search.ts';
import {
  encryptedDeliveries,
  encryptedGroups,
  encryptedScheduled,
  encryptedSettings,
  encryptedSignals,
  encryptedWebhooks,
} from './stores.ts';

/** `isSearchMixed`: whether the search index may have words of before the newest key. */
type Options = { readonly onDamage: OnDamage; readonly isSearchMixed: () => boolean };

/** A store that has the texts and contents of `store` encrypted: it fulfils the same contract, except that search finds whole words only. */
export function encryptedStore(store: Store, keyring: Keyring, { onDamage, isSearchMixed }: Options): Store {
  const sealer = openSealer(keyring, 'records', onDamage);
  return {
    ...store,
    settings: encryptedSettings(store.settings, sealer),
    groups: encryptedGroups(store.groups, sealer),
    log: encryptedLog(store.log, sealer),
    files: encryptedFiles(store.files, store.contentKeys, sealer, onDamage),
    webhooks: encryptedWebhooks(store.webhooks, sealer),
    deliveries: encryptedDeliveries(store.deliveries, sealer),
    scheduled: encryptedScheduled(store.scheduled, sealer),
    search: encryptedSearch(store.search, keyring, isSearchMixed),
    backup: encryptedBackups(store.backup, sealer),
    ...(store.signals ? { signals: encryptedSignals(store.signals, sealer) } : {}),
  };
}
