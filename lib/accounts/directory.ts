import type { Directory, Face } from '../core.ts';
import type { UserId } from '../ids.ts';
import type { Store } from '../store/port.ts';

const MOST_FACES = 50_000;

/** Remembers faces, oldest forgotten first. */
export function openDirectory(store: Pick<Store, 'users'>): Directory {
  const known = new Map<UserId, Face>();

  const remember = (face: Face): void => {
    if (known.size >= MOST_FACES) for (const oldest of [...known.keys()].slice(0, MOST_FACES / 10)) known.delete(oldest);
    known.set(face.id, face);
  };

  return {
    async faces(ids) {
      const wanted = new Set(ids);
      const missing = [...wanted].filter((id) => !known.has(id));
      if (missing.length > 0) for (const { id, name, color, bot } of await store.users.byIds(missing)) remember({ id, name, color, bot });
      return new Map([...wanted].flatMap((id) => (known.has(id) ? [[id, known.get(id) as Face]] : [])));
    },
  };
}
