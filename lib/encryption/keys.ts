import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** What a derived key is for: a key never serves two purposes. */
export type Purpose = 'records' | 'search' | 'bus' | 'backup' | 'check';

/** The keys of ENCRYPTION_KEYS. */
export type Keyring = {
  /** The id of the key that encrypts; all of them decrypt. */
  readonly newest: string;
  /** Newest first. */
  readonly ids: readonly string[];
  /** 32 bytes derived for one purpose (HKDF-SHA-256, RFC 5869); undefined when no key has this id. */
  get(id: string, purpose: Purpose): KeyObject | undefined;
};

/** `keys`: `<id>:<base64 of 32 bytes>`, newest first, as lib/config.ts has checked them. Undefined when there are none. */
export function openKeyring(keys: readonly string[]): Keyring | undefined {
  const masters = new Map(keys.map(parsed));
  const derived = new Map<string, KeyObject>();
  const ids = [...masters.keys()];
  const [newest] = ids;
  if (newest === undefined) return undefined;
  return {
    newest,
    ids,
    get(id, purpose) {
      const label = `${purpose}:${id}`;
      const known = derived.get(label);
      const master = masters.get(id);
      if (known || !master) return known;
      const key = createSecretKey(Buffer.from(hkdfSync('sha256', master, 'parley encryption', purpose, 32)));
      derived.set(label, key);
      return key;
    },
  };
}

function parsed(text: string): [id: string, master: Buffer] {
  const end = text.indexOf(':');
  return [text.slice(0, end), Buffer.from(text.slice(end + 1), 'base64')];
}

/** A text that tells two keys of the same id apart, and nothing else about them. Undefined when no key has this id. */
export function checkOf(keyring: Keyring, id: string): string | undefined {
  const key = keyring.get(id, 'check');
  return key && createHmac('sha256', key).update('parley').digest('base64url').slice(0, 22);
}
