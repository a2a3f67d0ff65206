import type { Core } from '../core.ts';
import { conflict, DomainError, notFound, StoreUnavailable } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { type FileId, newFileId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Attached, Entry } from '../log/entry.ts';
import { cleanName, isImage, sizeText } from './file.ts';
import { Inspection } from './inspection.ts';
import type { FileFacts, FileRecord } from './port.ts';
import { checkQuota, overQuota, roomFor } from './quota.ts';

/** A stored file that no message has yet. `sha256`: of its content, hex. */
export type Stored = Attached & { readonly sha256: string };

/**
 * Stores the stream `source` for a message that `at.user` is about to post to `at.group`. The caller checks the permission to post. Durable when it
 * resolves. Rejects with an error of `source` unchanged and keeps nothing.
 * Errors: `tooLarge` (attachment: more than `limit` bytes, or than a quota leaves), `unavailable`.
 */
export async function storeFile(
  core: Core,
  at: GroupAccess,
  source: AsyncIterable<Uint8Array>,
  { name: given, limit = core.config.maxUploadBytes }: { readonly name: string; readonly limit?: number },
): Promise<Stored> {
  const room = await roomFor(core, at.user.id);
  const [id, name, now] = [newFileId(core.random), cleanName(given), core.now()];
  const blank = { type: 'application/octet-stream', bytes: 0, sha256: '', seq: null, key: null, state: 'coming' } as const;
  const { files } = core.store;
  await files.begin({ id, name, group: at.group.id, author: at.user.id, createdAt: now, touchedAt: now, ...blank });
  try {
    const seen = new Inspection();
    await files.write(
      id,
      'whole',
      seen.of(source, Math.min(limit, room), () => (room < limit ? overQuota(core, true) : tooLarge(name, limit))),
    );
    const facts = await factsOf(core, id, seen);
    await files.finish(id, facts);
    await checkQuota(core, at.user.id);
    return { id, name, ...facts };
  } catch (error) {
    await discard(core, [{ id }]);
    throw error;
  }
}

const tooLarge = (name: string, limit: number): DomainError =>
  new DomainError('tooLarge', t`${name} is too large: ${sizeText(limit)} (${limit} bytes) at most for each file.`, { field: 'attachment' });

async function factsOf(core: Core, id: FileId, seen: Inspection): Promise<FileFacts> {
  const plain = { type: await seen.type(), bytes: seen.bytes, sha256: seen.sha256() };
  const content = isImage(plain.type) ? await core.store.files.read(id, 'whole') : undefined;
  const thumbnail = content && (await core.thumbnailer.create(content, plain.bytes, plain.type));
  if (!thumbnail) return plain;
  const { width, height, thumb } = thumbnail;
  await core.store.files.write(id, 'thumb', piece(thumb));
  return { ...plain, width, height, thumb: true };
}

async function* piece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The file as stored in a message. */
export const attached = ({ sha256: _, ...file }: Stored): Attached => file;

/** Removes files that no message will have. The sweep removes what this fails to remove. */
export async function discard(core: Core, files: readonly Pick<Attached, 'id'>[]): Promise<void> {
  for (const { id } of files)
    await core.store.files
      .remove(id)
      .catch((error) => core.logger.debug({ err: error }, 'removing a file failed; the sweep will remove it'));
}

/** Records the idempotency key of the message that is about to be posted with these files. Errors: `conflict` if one of them was removed. */
export async function claim(core: Core, files: readonly Stored[], key: string): Promise<void> {
  const ids = files.map(({ id }) => id);
  if ((await core.store.files.claim(ids, key, core.now())) !== ids.length)
    throw conflict(t`A file was removed because it was not posted within an hour. Choose it again.`, 'attachment');
}

/** Records the message of these files. If that fails, the next download or the sweep finds the message by its key. */
export async function attach(core: Core, files: readonly Pick<Attached, 'id'>[], seq: number): Promise<void> {
  const ids = files.map(({ id }) => id);
  await core.store.files
    .attach(ids, seq)
    .catch((error) => core.logger.debug({ err: error }, 'recording the message of files failed; it is found by its key later'));
}

/** The record of a file and the seq of its message. Errors: `notFound`: no such file, or no message has it. */
export async function openFile(core: Core, id: FileId): Promise<FileRecord & { readonly seq: number }> {
  const record = /^[0-9a-z]{26}$/.test(id) ? await core.store.files.byId(id) : undefined;
  if (record?.state !== 'stored') throw notFound();
  const seq = record.seq ?? (await findMessage(core, record));
  if (seq === undefined) throw notFound();
  return { ...record, seq };
}

/** Finds the message of a file by its key, if a crash kept it from being recorded. Resolves to its seq. */
export async function findMessage(core: Core, { id, group, author, key }: FileRecord): Promise<number | undefined> {
  const entry = key === null ? undefined : await core.store.log.byKey(group, author, key);
  if (!entry || !hasFile(entry, id)) return undefined;
  const seq = 'target' in entry ? entry.target : entry.seq;
  await attach(core, [{ id }], seq);
  return seq;
}

const hasFile = (entry: Entry, id: FileId): boolean =>
  (entry.kind === 'message' || entry.kind === 'edit') && (entry.attachments ?? []).some((file) => file.id === id);

/** Whether the message may have been posted despite this error. Its files must not be removed then. */
export const isUncertain = (error: unknown): boolean =>
  error instanceof StoreUnavailable || (error instanceof DomainError && error.code === 'unavailable');
