import { LRUCache } from 'lru-cache';
import type { Bus } from '../bus/port.ts';
import type { Directory, Profile } from '../core.ts';
import { PROFILES_CHANNEL, type UserId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { User } from './port.ts';

const MAX_FACES = 50_000;
/** A profile is read again after this time, in case the bus has lost an event. */
const KEPT_MS = 300_000;

/** How a user appears to others. */
export const profileOf = ({ id, name, color, bot, displayName, avatar }: User): Profile => ({
  ...{ id, name, color, bot },
  shownName: displayName ?? name,
  avatar: avatar ?? null,
});

type Parts = { readonly store: Pick<Store, 'users'>; readonly bus?: Pick<Bus, 'publish' | 'onGap'> | undefined };

/** Profiles of people and bots, cached in this process. `note`: to be called when another process has changed one. Without a bus no other process is told. */
export function openDirectory({ store, bus }: Parts): Directory & { note(id: UserId): void } {
  let cache: LRUCache<UserId, Profile> | undefined; // made with the first profile: it allocates all of its places, which a short command need not wait for
  bus?.onGap(() => cache?.clear());
  let changes = 0;
  const note = (id: UserId): void => {
    changes += 1;
    cache?.delete(id);
  };

  return {
    async profiles(ids) {
      cache ??= new LRUCache({ max: MAX_FACES, ttl: KEPT_MS, ttlResolution: 1000 });
      const known = cache;
      const wanted = new Set(ids);
      const found = new Map<UserId, Profile>();
      for (const id of wanted) {
        const profile = known.get(id);
        if (profile) found.set(id, profile);
      }
      const missing = [...wanted].filter((id) => !found.has(id));
      if (missing.length === 0) return found;
      const before = changes;
      for (const user of await store.users.byIds(missing)) {
        const profile = profileOf(user);
        if (changes === before) known.set(profile.id, profile); // otherwise it may have been read before a change
        found.set(profile.id, profile);
      }
      return found;
    },
    note,
    forget(id) {
      note(id);
      bus?.publish({ type: 'profile', group: PROFILES_CHANNEL, user: id });
    },
  };
}
