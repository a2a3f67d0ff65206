import { type Db, GridFSBucket, MongoRuntimeError } from 'mongodb';
import type { ByteRange, FilePart, FileStore } from '../../files/port.ts';
import { asFileId, type FileId } from '../../ids.ts';
import { unavailableBy } from './faults.ts';

export type FileContent = Pick<FileStore, 'write' | 'read' | 'removeContent'> & {
  /** Ids of the content that was last written before `before` (ms), 1,000 at a time. */
  contents(before: number): AsyncIterable<FileId[]>;
};

/** Content in GridFS (`fs.files`, `fs.chunks`), under the file's id. The whole transfer has no time limit; each step is bounded by the connection's timeouts. */
export function fileContent(db: Db): FileContent {
  const bucket = new GridFSBucket(db);
  return {
    write: (id, part, source) => upload(bucket, nameOf(id, part), source),
    async read(id, part, range) {
      const [found] = await unlessAway(() => bucket.find({ _id: named(nameOf(id, part)) }, { limit: 1 }).toArray());
      return found && download(bucket, nameOf(id, part), range);
    },
    contents: (before) => contentsOf(bucket, before),
    async removeContent(id) {
      for (const part of ['whole', 'thumb'] as const) await unlessAway(() => removeOne(bucket, nameOf(id, part)));
    },
  };
}

async function* contentsOf(bucket: GridFSBucket, before: number): AsyncGenerator<FileId[]> {
  const rows = bucket.find({ uploadDate: { $lt: new Date(before) } }, { projection: { filename: 1 } });
  let ids = new Set<FileId>();
  for (let row = await unlessAway(() => rows.next()); row !== null; row = await unlessAway(() => rows.next())) {
    const [id] = /^[0-9a-z]{26}(?=\.|$)/.exec(row.filename) ?? []; // behind it, which part it is, and whether it is encrypted
    if (id !== undefined) ids.add(asFileId(id));
    if (ids.size < AT_ONCE) continue;
    yield [...ids];
    ids = new Set();
  }
  if (ids.size > 0) yield [...ids];
}

const AT_ONCE = 1000;

const nameOf = (id: FileId, part: FilePart): string => (part === 'whole' ? id : `${id}.thumb`);

/** The driver's types allow only ObjectId; the server accepts any id. */
const named = (name: string) => name as unknown as NonNullable<Parameters<GridFSBucket['delete']>[0]>;

async function upload(bucket: GridFSBucket, name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const sink = bucket.openUploadStreamWithId(named(name), name);
  const failed = new Promise<never>((_, reject) => sink.once('error', reject));
  failed.catch(() => {});
  const step = <T>(work: Promise<T>): Promise<T> => unlessAway(() => Promise.race([work, failed]));
  const put = (piece: Uint8Array) => step(new Promise<void>((resolve, reject) => sink.write(piece, (e) => (e ? reject(e) : resolve()))));
  try {
    for await (const piece of source) await put(piece);
    await step(new Promise<void>((resolve) => sink.end(resolve)));
  } catch (error) {
    await sink.abort().catch(() => {}); // what it leaves the sweep removes
    throw error;
  }
}

/** Opens the file at the first read, so that an unread stream leaves nothing open. */
async function* download(bucket: GridFSBucket, name: string, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  const stream = bucket.openDownloadStream(named(name), range && { start: range.from, end: range.to + 1 });
  try {
    for await (const piece of stream) yield piece;
  } catch (error) {
    throw asUnavailable(error);
  }
}

/** Also removes the chunks of an aborted upload, which has no file document. */
async function removeOne(bucket: GridFSBucket, name: string): Promise<void> {
  await bucket.delete(named(name)).catch((error) => {
    if (!(error instanceof MongoRuntimeError)) throw error; // `File not found`, said after its pieces were removed
  });
}

async function unlessAway<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUnavailable(error);
  }
}

const asUnavailable = (error: unknown): unknown => unavailableBy(error) ?? error;
