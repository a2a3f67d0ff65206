import type { FileId, GroupId, UserId } from '../ids.ts';
import type { Attached } from '../log/entry.ts';

/**
 * What is known of a stored file besides its content.
 * - `state`: `coming` while its content arrives, `stored` when all of it is durable, `doomed` once the sweep has decided to remove it.
 * - `seq`: the message that has it, null while none is known to.
 * - `key`: the idempotency key under which that message was last tried to be posted, by `author`: what tells, after a crash, whether it was.
 * - `touchedAt` (ms): when it came or was last tried to be posted.
 * - `sha256`: of the content, hex; empty while it is coming.
 */
export type FileRecord = Attached & {
  readonly group: GroupId;
  readonly author: UserId;
  readonly seq: number | null;
  readonly key: string | null;
  readonly sha256: string;
  readonly createdAt: number;
  readonly touchedAt: number;
  readonly state: 'coming' | 'stored' | 'doomed';
};

/** What is known of a file once its content is there. */
export type FileFacts = Pick<FileRecord, 'type' | 'bytes' | 'sha256' | 'width' | 'height' | 'thumb'>;

/** The content as it was sent, or the small WebP of a picture. */
export type FilePart = 'whole' | 'thumb';

/** Bytes `from` to `to`, both included, counted from 0. */
export type ByteRange = { readonly from: number; readonly to: number };

/** The content of files, beside the log. The promises of the store (lib/store/port.ts) hold; content is read and written piece by piece. */
export type FileStore = {
  /** A new record, before its content: so nothing is stored that no sweep would find. */
  begin(record: FileRecord): Promise<void>;
  /**
   * Stores all that `source` yields as a part of file `id`, or nothing when it throws: that error passes as it is. Durable when it resolves. Reads from
   * `source` no faster than it can write.
   */
  write(id: FileId, part: FilePart, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Notes what came, and `stored`. */
  finish(id: FileId, facts: FileFacts): Promise<void>;
  byId(id: FileId): Promise<FileRecord | undefined>;
  /** Sets `key` and `touchedAt` of those that are `stored`; resolves to how many these are. */
  claim(ids: readonly FileId[], key: string, now: number): Promise<number>;
  /** Notes the message that has them. */
  attach(ids: readonly FileId[], seq: number): Promise<void>;
  /** The content, or that range of it; undefined when there is none. To be read to its end or destroyed (`return`). */
  read(id: FileId, part: FilePart, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Those with no message that were touched before `before`, the oldest first, `limit` (≥ 1) at most. */
  listUnattached(before: number, limit: number): Promise<FileRecord[]>;
  /** Makes it `doomed`, unless it has a message or was touched since this was read of it; resolves to whether it is. */
  claimForRemoval(seen: Pick<FileRecord, 'id' | 'touchedAt' | 'key'>): Promise<boolean>;
  /** Removes content, small copy and record for good, whatever of them there is. Repeats harmlessly. */
  remove(id: FileId): Promise<void>;
};
