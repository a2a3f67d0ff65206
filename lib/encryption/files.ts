import { createSecretKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { FilePart, FileStore } from '../files/port.ts';
import { asFileId, type FileId, systemRandom } from '../ids.ts';
import { DamagedContent, decryptContent, decryptRange, encryptContent, sealedRange } from './chunks.ts';
import type { ContentKeyStore } from './port.ts';
import { mapRecord, openRecord } from './records.ts';
import type { OnDamage, Sealer } from './sealed.ts';
import { mapTexts, opening, sealing } from './texts.ts';

/** Keys of contents in memory: a page of images, or the ranges of a video, read each only once. */
const MAX_KEYS = 10_000;

/** Encrypted content is stored under this id, so that it can exist beside the unencrypted one while that is being converted. */
export const sealedId = (id: FileId): FileId => asFileId(`${id}.sealed`);

export const contentPlace = (id: FileId, part: FilePart): string => `contents/${id}/${part}`;

/** The key of a content, which seals nothing else. `undefined`: the content is stored unencrypted, or not at all. */
export type ContentKeys = {
  get(id: FileId): Promise<KeyObject | undefined>;
  /** Makes one if there is none. */
  make(id: FileId): Promise<KeyObject>;
  forget(id: FileId): void;
};

export function openContentKeys(store: ContentKeyStore, sealer: Sealer): ContentKeys {
  const known = new LRUCache<FileId, KeyObject>({ maxSize: MAX_KEYS, sizeCalculation: () => 1 }); // with `max` it would allocate at once
  function open(id: FileId, stored: string): KeyObject {
    const { sealed }: { readonly sealed?: string } = mapRecord('contentKeys', { id, sealed: stored }, opening(sealer));
    if (sealed === undefined) throw new DamagedContent(`contents/${id}`, 'its key cannot be decrypted');
    const key = createSecretKey(Buffer.from(sealed, 'base64'));
    known.set(id, key);
    return key;
  }
  return {
    async get(id) {
      const found = known.get(id);
      if (found) return found;
      const stored = await store.get(id);
      return stored === undefined ? undefined : open(id, stored);
    },
    async make(id) {
      const fresh = { id, sealed: Buffer.from(systemRandom(32)).toString('base64') };
      return known.get(id) ?? open(id, await store.putIfAbsent(id, mapRecord('contentKeys', fresh, sealing(sealer)).sealed));
    },
    forget: (id) => void known.delete(id),
  };
}

/** Names, types and hashes of files are sealed, their contents encrypted, each with a key of its own: a new key of ENCRYPTION_KEYS seals only those. */
export function encryptedFiles(files: FileStore, keyStore: ContentKeyStore, sealer: Sealer, onDamage: OnDamage): FileStore {
  const [seal, unseal] = [sealing(sealer), opening(sealer)];
  const keys = openContentKeys(keyStore, sealer);

  async function readSealed(id: FileId, part: FilePart, range: Parameters<FileStore['read']>[2]) {
    const key = await keys.get(id);
    if (!key) return undefined;
    const place = contentPlace(id, part);
    if (!range) {
      const whole = await files.read(sealedId(id), part);
      return whole && reporting(decryptContent(key, place, whole), place, onDamage);
    }
    const bytes = (await files.byId(id))?.bytes ?? 0;
    const source = await files.read(sealedId(id), part, sealedRange(range, bytes));
    return source && reporting(decryptRange(key, place, source, range, bytes), place, onDamage);
  }

  return {
    ...files,
    begin: (record) => files.begin(mapRecord('files', record, seal)),
    finish: (id, facts) => files.finish(id, mapTexts(facts, { type: 'text', sha256: 'text' }, `files/${id}`, seal)),
    async byId(id) {
      const record = await files.byId(id);
      return record && openRecord('files', record, unseal);
    },
    listUnattached: async (before, limit) => (await files.listUnattached(before, limit)).map((one) => openRecord('files', one, unseal)),
    async write(id, part, source) {
      const key = await keys.make(id);
      await files.write(sealedId(id), part, encryptContent(key, contentPlace(id, part), source));
    },
    // Read again at the end: it may have been converted in between.
    read: async (id, part, range) =>
      (await readSealed(id, part, range)) ?? (await files.read(id, part, range)) ?? (await readSealed(id, part, range)),
    async removeContent(id) {
      await files.removeContent(sealedId(id));
      await files.removeContent(id);
    },
    /** The key first: without it, what remains of the content is lost too. */
    async remove(id) {
      keys.forget(id);
      await keyStore.remove(id);
      await files.removeContent(sealedId(id));
      await files.remove(id);
    },
  };
}

async function* reporting(content: AsyncGenerator<Uint8Array>, place: string, onDamage: OnDamage): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    if (error instanceof DamagedContent) onDamage({ place, reason: error.message });
    throw error;
  }
}
