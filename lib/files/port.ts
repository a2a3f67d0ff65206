import type { FileId, GroupId, UserId } from '../ids.ts';
import type { Attached } from '../log/entry.ts';

/**
 * The record of a file, without its content.
 * - `state`: `coming` during the upload, `stored` when the content is durable, `doomed` when the sweep is removing it.
 * - `seq`: its message; null while not recorded.
 * - `key`: the idempotency key (of `author`) of the last attempt to post its message. After a crash it shows whether the message was posted.
 * - `touchedAt` (ms): time of the upload or of the last attempt to post.
 * - `sha256`: of the content, hex; empty while `coming`.
 */
export type FileRecord = Omit<Attached, 'alt'> & {
  readonly group: GroupId;
  readonly author: UserId;
  readonly seq: number | null;
  readonly key: string | null;
  readonly sha256: string;
  readonly createdAt: number;
  readonly touchedAt: number;
  readonly state: 'coming' | 'stored' | 'doomed';
};

/** What the content determines. */
export type FileFacts = Pick<FileRecord, 'type' | 'bytes' | 'sha256' | 'width' | 'height' | 'thumb'>;

/** The content as uploaded, or the WebP thumbnail of an image. */
export type FilePart = 'whole' | 'thumb';

/** Bytes `from` to `to`, both included, counted from 0. */
export type ByteRange = { readonly from: number; readonly to: number };

/** How many files there are, and their bytes, without thumbnails. */
export type FileUsage = { readonly files: number; readonly bytes: number };

/** Files and their content. The promises of the store (lib/store/port.ts) hold; content is streamed. */
export type FileStore = {
  /** Inserts the record before the content is written, so that the sweep can find every stored file. */
  begin(record: FileRecord): Promise<void>;
  /**
   * Stores the stream `source` as a part of file `id`. If `source` throws, rejects with that error and stores nothing. Durable when it resolves.
   * Applies backpressure to `source`.
   */
  write(id: FileId, part: FilePart, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Sets the facts and the state `stored`. */
  finish(id: FileId, facts: FileFacts): Promise<void>;
  byId(id: FileId): Promise<FileRecord | undefined>;
  /** Sets `key` and `touchedAt` of the files that are `stored`; resolves to their number. */
  claim(ids: readonly FileId[], key: string, now: number): Promise<number>;
  /** Sets `seq`. */
  attach(ids: readonly FileId[], seq: number): Promise<void>;
  /** The content or a range of it; undefined if absent. The caller must read to the end or call `return`. */
  read(id: FileId, part: FilePart, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Files without a message that were touched before `before`, oldest first, `limit` (≥ 1) at most. */
  listUnattached(before: number, limit: number): Promise<FileRecord[]>;
  /** Sets the state `doomed` unless the file has a message or was touched since `seen` was read; resolves to whether it is `doomed`. */
  claimForRemoval(seen: Pick<FileRecord, 'id' | 'touchedAt' | 'key'>): Promise<boolean>;
  /** What the files of an author take, or all files. */
  usage(author?: UserId): Promise<FileUsage>;
  /** What the files of a group take. */
  usageIn(group: GroupId): Promise<FileUsage>;
  /** Files of a group, in any order, `limit` (≥ 1) at most. */
  inGroup(group: GroupId, limit: number): Promise<FileRecord[]>;
  /** Those whose files take most, `limit` (≥ 1) at most, the largest first. */
  largest(by: 'author' | 'group', limit: number): Promise<(FileUsage & { readonly id: string })[]>;
  /** Ids of content without a record that was last written before `before` (ms), `limit` (≥ 1) at most. */
  listOrphans(before: number, limit: number): Promise<FileId[]>;
  /** Removes content and thumbnail, and leaves the record. Idempotent. */
  removeContent(id: FileId): Promise<void>;
  /** Removes content, thumbnail and record. Idempotent. */
  remove(id: FileId): Promise<void>;
};
