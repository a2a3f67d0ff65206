import { ConfigError } from '../config.ts';
import type { Store } from '../store/port.ts';
import { checkOf, type Keyring } from './keys.ts';
import { REGISTRY } from './settings.ts';
import { neededFor, survey } from './survey.ts';

/** Ids of the keys that the store has been encrypted with, with a text that tells keys of the same id apart. */
type Registry = Readonly<Record<string, string>>;

/**
 * Compares the keys with those that the store was encrypted with, and records the newest before anything is sealed with it. A key that is missing but
 * not needed any more is forgotten.
 * Errors: ConfigError when a key is missing or another one: it names the key's id, and what could not be read without it.
 */
export async function checkKeys(store: Store, keyring: Keyring | undefined): Promise<void> {
  const registry = parse(await store.settings.get(REGISTRY));
  const ids = Object.keys(registry);
  const others = ids.filter((id) => keyring?.ids.includes(id) && checkOf(keyring, id) !== registry[id]);
  if (others.length > 0) throw new ConfigError(others.map(otherKey));
  const missing = ids.filter((id) => !keyring?.ids.includes(id));
  if (missing.length > 0) await refuseNeeded(store, missing);
  const known = Object.fromEntries(Object.entries(registry).filter(([id]) => !missing.includes(id)));
  const newest = keyring ? { [keyring.newest]: checkOf(keyring, keyring.newest) } : {};
  const next = JSON.stringify({ ...known, ...newest });
  if (next !== JSON.stringify(registry)) await store.settings.put(REGISTRY, next);
}

async function refuseNeeded(store: Store, missing: readonly string[]): Promise<void> {
  const found = await survey(store, undefined);
  const problems = missing.flatMap((id) => {
    const needed = neededFor(found, id);
    return needed === undefined ? [] : [missingKey(id, needed)];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

const missingKey = (id: string, needed: string): string =>
  `ENCRYPTION_KEYS lacks the key ${id}: without it these could not be read any more: ${needed}. Add it behind the others; parley encrypt rotate replaces it`;

const otherKey = (id: string): string => `ENCRYPTION_KEYS has another key ${id} than the database was encrypted with`;

const parse = (text: string | undefined): Registry => (text ? JSON.parse(text) : {});
