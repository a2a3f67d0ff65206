import { stat } from 'node:fs/promises';
import type { Keyring } from '../encryption/keys.ts';
import { conflict, invalid } from '../errors.ts';
import type { FileId, GroupId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import type { Store } from '../store/port.ts';
import { contentOf, linesOf, type ReadMember, readArchive } from './archive.ts';
import { contentsOf, kindOf, type Manifest } from './format.ts';
import { COLLECTIONS, type Collection, RESTORING, type StoredRecord } from './port.ts';
import { verifyBackup } from './verify.ts';

const AT_ONCE = 500;

/** `phase`: what `bytes` counts, of `total`. */
type OnRestoreProgress = (phase: 'verifying' | 'restoring', bytes: number) => void;

/** `keyring`: decrypts encrypted archives. */
export type RestoreOptions = { readonly onProgress?: OnRestoreProgress; readonly keyring?: Keyring | undefined };

/**
 * Fills an empty store from a backup and the incremental ones that continue it, oldest first. Verifies all of them before it writes anything. A restore that
 * was interrupted is repeated by the same call; until it is complete, no server starts on the store. Resolves to the manifest of the last one.
 * Errors: `invalid` for a damaged file or a wrong order, `conflict` for a store that is in use.
 */
export async function restoreBackup(
  store: Store,
  paths: readonly string[],
  { onProgress = () => {}, keyring }: RestoreOptions = {},
): Promise<Manifest> {
  const manifests = await verifyAll(paths, onProgress, keyring);
  const last = manifests.at(-1);
  if (!last) throw invalid('file', 'Name the file of a backup.');
  await refuseUsed(store, last);
  await store.settings.put(RESTORING, last.id);
  let before = 0;
  for (const path of paths) {
    const members = readArchive(path, { onBytes: (bytes) => onProgress('restoring', before + bytes), keyring });
    for await (const member of members) await restoreMember(store, member, { last, isLast: path === paths.at(-1) });
    before += (await stat(path)).size;
  }
  await removeForgotten(store, last, manifests);
  await store.backup.putHeads(new Map(Object.entries(last.heads) as [GroupId, Manifest['heads'][GroupId]][]));
  await store.settings.put(RESTORING, '');
  return last;
}

async function verifyAll(paths: readonly string[], onProgress: OnRestoreProgress, keyring: Keyring | undefined): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const path of paths) {
    const { manifest, problems } = await verifyBackup(path, { onBytes: (bytes) => onProgress('verifying', bytes), keyring });
    if (!manifest || problems.length > 0) throw invalid('file', `${path} is damaged, nothing was restored: ${problems.join(' ')}`);
    const base = manifests.at(-1)?.id ?? null;
    if (manifest.base !== base) throw invalid('file', orderProblem(path, manifest, base));
    manifests.push(manifest);
  }
  return manifests;
}

const orderProblem = (path: string, { base }: Manifest, given: string | null): string =>
  base === null
    ? `${path} is a full backup: name it first, and only one.`
    : `${path} continues the backup ${base}${given === null ? '' : `, not ${given}`}: name all files from the full backup on, oldest first.`;

async function refuseUsed(store: Store, { id }: Manifest): Promise<void> {
  if ((await store.settings.get(RESTORING)) === id) return;
  if (!(await store.backup.isEmpty()))
    throw conflict('The database is in use: restore into an empty one (another DATA_DIR, or another database in MONGODB_URL).');
}

type Place = { readonly last: Manifest; readonly isLast: boolean };

async function restoreMember(store: Store, member: ReadMember, { last, isLast }: Place): Promise<void> {
  const kind = kindOf(member.name);
  if (kind?.kind === 'entries' || kind?.kind === 'changed') {
    const entries = linesOf(await contentOf(member)) as Entry[];
    if (!(kind.group in last.heads)) return; // of a group that was deleted since
    for (const some of batches(entries)) await store.backup.putEntries(kind.group, some);
  } else if (kind?.kind === 'records' && isLast && isCollection(kind.collection))
    for (const some of batches(linesOf(await contentOf(member)) as StoredRecord[])) await store.backup.putRecords(kind.collection, some);
  else if (kind?.kind === 'content') await putContent(store, kind.file, kind.part, member);
}

/** What an interrupted restore may have written is replaced. */
async function putContent(store: Store, file: FileId, part: 'whole' | 'thumb', { content }: ReadMember): Promise<void> {
  if (await store.files.read(file, part)) {
    for await (const _ of content); // read to its end
    return;
  }
  await store.files.write(file, part, content);
}

/** Files that were removed between the full backup and the last one. */
async function removeForgotten(store: Store, last: Manifest, manifests: readonly Manifest[]): Promise<void> {
  const kept = new Set([...(last.inherited ?? []), ...contentsOf(last)]);
  for (const id of new Set(manifests.flatMap(contentsOf))) if (!kept.has(id)) await store.files.remove(id);
}

const isCollection = (name: string): name is Collection => (COLLECTIONS as readonly string[]).includes(name);

function* batches<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += AT_ONCE) yield all.slice(at, at + AT_ONCE);
}
