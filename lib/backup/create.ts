import { DamagedContent } from '../encryption/chunks.ts';
import type { Keyring } from '../encryption/keys.ts';
import type { FileRecord } from '../files/port.ts';
import { type FileId, type GroupId, newUid, systemRandom } from '../ids.ts';
import { EMPTY_HEAD, type Entry, type Head, isFollowUp } from '../log/entry.ts';
import type { Store } from '../store/port.ts';
import { type ArchiveWriter, contentOf, createArchive } from './archive.ts';
import { changedSince, entriesBetween } from './entries.ts';
import { canonical, contentName, contentsOf, type Damage, FORMAT, HEADING, type Heading, MANIFEST, type Manifest } from './format.ts';
import { COLLECTIONS, type Collection, isLocalSetting, type Snapshot, type StoredRecord } from './port.ts';

export type BackupOptions = {
  /** The archive to write. */
  readonly path: string;
  /** The manifest of the backup to continue: only newer entries and files are written. */
  readonly base?: Manifest;
  /** The version of Parley. */
  readonly program: string;
  readonly now: () => number;
  /** Encrypts the archive. */
  readonly keyring?: Keyring | undefined;
  /** Called with the bytes of content written so far. */
  readonly onProgress?: (bytes: number) => void;
};

/** A member of JSON lines is ended beyond this size, so that a reader holds no more of it. */
const PART_BYTES = 4 << 20;

/** The work under way: what is read, what is written. */
type Work = { readonly store: Store; readonly snapshot: Snapshot; readonly archive: ArchiveWriter; readonly onProgress: () => void };

/**
 * Writes all that the store has to one archive, while others go on writing. Resolves to its manifest. Rejects with `conflict` when the archive exists,
 * and with StoreUnavailable; then no file is left.
 */
export async function createBackup(
  store: Store,
  { path, base, program, now, keyring, onProgress = () => {} }: BackupOptions,
): Promise<Manifest> {
  const heading: Heading = {
    ...FORMAT,
    id: newUid(systemRandom),
    createdAt: new Date(now()).toISOString(),
    program,
    store: store.kind,
    base: base?.id ?? null,
  };
  const archive = await createArchive(path, keyring);
  try {
    const snapshot = await store.backup.snapshot();
    try {
      const work: Work = { store, snapshot, archive, onProgress: () => onProgress(archive.bytes) };
      const manifest = await writeAll(work, heading, base);
      await addText(archive, MANIFEST, JSON.stringify({ ...manifest, members: archive.members }, undefined, 1));
      await archive.finish();
      return { ...manifest, members: archive.members };
    } finally {
      await snapshot.close();
    }
  } catch (error) {
    await archive.abort();
    throw error;
  }
}

async function writeAll(work: Work, heading: Heading, base: Manifest | undefined): Promise<Omit<Manifest, 'members'>> {
  const { snapshot, archive } = work;
  await addText(archive, HEADING, canonical(heading));
  const removed = await beingRemoved(snapshot);
  const heads = new Map([...snapshot.heads].filter(([group]) => !removed.has(group)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const counts: Record<string, number> = {};
  const files: FileRecord[] = [];
  for (const name of COLLECTIONS) {
    const kept = keptOf(snapshot, name, heads);
    counts[name] = await addLines(work, `records/${name}`, name === 'files' ? noting(kept, files) : kept);
  }
  const open: [GroupId, number][] = [];
  counts.entries = 0;
  counts.changed = 0;
  for (const [group, head] of heads) {
    const from = (base?.heads[group] ?? EMPTY_HEAD).seq + 1;
    const targets = new Set<number>();
    const fresh = noteTargets(entriesBetween(snapshot, group, { from, to: head.seq, head }), targets);
    counts.entries += await addLines(work, `entries/${group}`, noteOpen(fresh, open));
    if (!base) continue;
    const changed = changedSince(snapshot, { group, from, head, base, targets });
    counts.changed += await addLines(work, `changed/${group}`, noteOpen(changed, open));
  }
  const inherited = base ? inheritedFrom(base, files) : [];
  const known = new Set(inherited);
  const damaged: Damage[] = [];
  counts.contents = 0;
  for (const file of files) {
    if (file.state !== 'stored' || known.has(file.id)) continue;
    const reason = await addContent(work, file);
    if (reason === undefined) counts.contents += 1;
    else damaged.push({ file: file.id, reason });
  }
  const since = base ? { since: base.heads, inherited } : {};
  return { ...heading, heads: Object.fromEntries(heads), ...since, counts: counts as Manifest['counts'], damaged, open };
}

/** Groups that are being removed: of their logs a part may be gone. Their records stay, so that a server goes on removing them after a restore. */
async function beingRemoved(snapshot: Snapshot): Promise<ReadonlySet<GroupId>> {
  const marked = new Set<GroupId>();
  for await (const { id, deletedAt } of snapshot.records('groups')) if (deletedAt !== undefined) marked.add(id as GroupId);
  return marked;
}

/** Present files whose content the base has, or what it continues. */
function inheritedFrom(base: Manifest, files: readonly FileRecord[]): FileId[] {
  const known = new Set([...(base.inherited ?? []), ...contentsOf(base)]);
  return files.map(({ id }) => id).filter((id) => known.has(id));
}

/** Records without those that belong to this database only, and without what refers to entries behind the heads. */
async function* keptOf(snapshot: Snapshot, name: Collection, heads: ReadonlyMap<GroupId, Head>): AsyncIterable<StoredRecord> {
  const headOf = (record: StoredRecord): Head => heads.get((name === 'groups' ? record.id : record.group) as GroupId) ?? EMPTY_HEAD;
  for await (const record of snapshot.records(name)) {
    if (name === 'settings' && isLocalSetting(String(record.key))) continue;
    if (name === 'memberships') yield membershipAt(record, headOf(record));
    else if ((name === 'saved' || name === 'deliveries' || name === 'files') && Number(record.seq ?? 0) > headOf(record).seq) continue;
    else if (name === 'follows') yield* followAt(record, headOf(record));
    else yield record;
  }
}

/** None for a thread behind the head; read up to the head at most. */
const followAt = (record: StoredRecord, head: Head): StoredRecord[] =>
  Number(record.root) > head.seq ? [] : [{ ...record, read: Math.min(Number(record.read), head.seq) }];

/** A change whose line is behind the head counts as not announced: a server writes its line again. */
function membershipAt({ line, ...record }: StoredRecord, head: Head): StoredRecord {
  const mark = Math.min(Number(record.mark), head.n);
  if (line === undefined) return { ...record, mark };
  return Number(line) > head.seq ? { ...record, mark, lined: false } : { ...record, line, mark };
}

async function* noting(records: AsyncIterable<StoredRecord>, files: FileRecord[]): AsyncIterable<StoredRecord> {
  for await (const record of records) {
    files.push(record as unknown as FileRecord);
    yield record;
  }
}

async function* noteOpen(entries: AsyncIterable<Entry>, open: [GroupId, number][]): AsyncIterable<Entry> {
  for await (const entry of entries) {
    if ('pending' in entry || 'due' in entry) open.push([entry.group, entry.seq]);
    yield entry;
  }
}

async function* noteTargets(entries: AsyncIterable<Entry>, targets: Set<number>): AsyncIterable<Entry> {
  for await (const entry of entries) {
    if (isFollowUp(entry)) targets.add(entry.target);
    yield entry;
  }
}

/** Writes values as JSON lines, in members `<folder>/<number>.jsonl`. Resolves to the number of values. */
async function addLines({ archive, onProgress }: Work, folder: string, values: AsyncIterable<unknown>): Promise<number> {
  let [count, part, bytes] = [0, 0, 0];
  let lines: string[] = [];
  const flush = async () => {
    if (lines.length === 0) return;
    await addText(archive, `${folder}/${String(++part).padStart(6, '0')}.jsonl`, lines.join(''));
    onProgress();
    [lines, bytes] = [[], 0];
  };
  for await (const value of values) {
    const line = `${canonical(value)}\n`;
    lines.push(line);
    bytes += line.length;
    count += 1;
    if (bytes > PART_BYTES) await flush();
  }
  await flush();
  return count;
}

async function addText(archive: ArchiveWriter, name: string, text: string): Promise<void> {
  const content = Buffer.from(text);
  await archive.add(name, content.length, [content]);
}

/** Writes the content of a file and its thumbnail. Resolves to what is wrong with it, if anything. */
async function addContent({ store, archive, onProgress }: Work, file: FileRecord): Promise<string | undefined> {
  const content = await store.files.read(file.id, 'whole');
  if (!content) return 'has no content';
  const had = await archive.add(contentName(file.id, 'whole'), file.bytes, untilDamage(content));
  onProgress();
  await addThumbnail(store, archive, file);
  if (had.bytes !== file.bytes) return `has ${had.bytes} bytes instead of ${file.bytes}`;
  return had.sha256 === file.sha256 ? undefined : 'has another content than was stored';
}

async function addThumbnail(store: Store, archive: ArchiveWriter, { id, thumb }: FileRecord): Promise<void> {
  const small = thumb && (await store.files.read(id, 'thumb'));
  if (!small) return;
  const content = await contentOf({ content: untilDamage(small) });
  await archive.add(contentName(id, 'thumb'), content.length, [content]);
}

/** Encrypted content as far as it is intact. */
async function* untilDamage(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    if (!(error instanceof DamagedContent)) throw error;
  }
}
