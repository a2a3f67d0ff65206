import { LRUCache } from 'lru-cache';
import type { Directory, Profile } from '../core.ts';
import type { UserId } from '../ids.ts';
import type { Store } from '../store/port.ts';

const MAX_FACES = 50_000;

/** Profiles of people and bots, cached in this process without invalidation, because they never change. */
export function openDirectory(store: Pick<Store, 'users'>): Directory {
  let cache: LRUCache<UserId, Profile> | undefined; // made with the first profile: it allocates all of its places, which a short command need not wait for

  return {
    async profiles(ids) {
      cache ??= new LRUCache({ max: MAX_FACES });
      const known = cache;
      const wanted = new Set(ids);
      const found = new Map<UserId, Profile>();
      for (const id of wanted) {
        const profile = known.get(id);
        if (profile) found.set(id, profile);
      }
      const missing = [...wanted].filter((id) => !found.has(id));
      if (missing.length === 0) return found;
      for (const { id, name, color, bot } of await store.users.byIds(missing)) {
        const profile = { id, name, color, bot };
        known.set(id, profile);
        found.set(id, profile);
      }
      return found;
    },
  };
}
