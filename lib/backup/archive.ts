import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createTarDecoder, createTarPacker } from 'modern-tar';
import { decryptArchive, encryptArchive } from '../encryption/archive.ts';
import type { Keyring } from '../encryption/keys.ts';
import { conflict } from '../errors.ts';
import { syncPath } from '../sync-path.ts';
import type { Member } from './format.ts';

/** Content of a member, in pieces. */
type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export type ArchiveWriter = {
  /** Adds a member of exactly `bytes` bytes: `source` is cut, or filled up with zeros. Resolves to what the source had. */
  add(name: string, bytes: number, source: Pieces): Promise<{ readonly bytes: number; readonly sha256: string }>;
  /** What was added, in order. */
  readonly members: readonly Member[];
  /** Bytes that were added. */
  readonly bytes: number;
  /** Completes the file durably, and gives it its name. */
  finish(): Promise<void>;
  /** Removes the unfinished file. */
  abort(): Promise<void>;
};

/**
 * Writes a tar file (POSIX.1-2001 pax) at `path`, mode 0600. Until `finish` it is `<path>.part`, so that a file named `path` is always complete.
 * With a keyring it is encrypted as a whole. Rejects with `conflict` if either exists.
 */
export async function createArchive(path: string, keyring?: Keyring): Promise<ArchiveWriter> {
  const part = `${path}.part`;
  await refuseExisting(path);
  const file = createWriteStream(part, { flags: 'wx', mode: 0o600, highWaterMark: 1 << 20 });
  await once(file, 'open').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? conflict(`${part} exists: another backup is being written, or one was cut off. Remove it first.`)
      : error;
  });
  const { readable, controller } = createTarPacker();
  const archive = Readable.fromWeb(readable as never);
  const written = keyring ? pipeline(archive, (source) => encryptArchive(keyring, source), file) : pipeline(archive, file);
  written.catch(() => {}); // reported by the call that waits for it
  const failed = new Promise<never>((_, reject) => written.catch(reject));
  failed.catch(() => {});
  const members: Member[] = [];
  let total = 0;

  async function add(name: string, bytes: number, source: Pieces) {
    const sink = controller.add({ name, size: bytes, type: 'file', mode: 0o600, mtime: new Date(0) }).getWriter();
    const [stored, given] = [createHash('sha256'), createHash('sha256')];
    let [put, had] = [0, 0];
    const write = async (piece: Uint8Array) => {
      stored.update(piece);
      put += piece.length;
      await Promise.race([sink.write(piece), failed]);
    };
    for await (const piece of source) {
      given.update(piece);
      had += piece.length;
      if (put < bytes && piece.length > 0) await write(piece.subarray(0, bytes - put));
    }
    while (put < bytes) await write(new Uint8Array(Math.min(bytes - put, 1 << 16)));
    await Promise.race([sink.close(), failed]);
    total += bytes;
    members.push({ name, bytes, sha256: stored.digest('hex') });
    return { bytes: had, sha256: given.digest('hex') };
  }

  return {
    add,
    members,
    get bytes() {
      return total;
    },
    async finish() {
      controller.finalize();
      await written;
      await syncPath(part);
      await rename(part, path);
      await syncPath(dirname(path));
    },
    async abort() {
      controller.error(new Error('aborted'));
      await written.catch(() => {});
      await rm(part, { force: true });
    },
  };
}

async function refuseExisting(path: string): Promise<void> {
  const found = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return;
  await found.close();
  throw conflict(`${path} exists. Choose another name.`);
}

export type ReadMember = {
  readonly name: string;
  /** As the tar header says. */
  readonly bytes: number;
  /** Must be read to its end, or left unread. */
  readonly content: AsyncIterable<Uint8Array>;
};

/** `onBytes`: called with the bytes of the file that were read so far. `keyring`: decrypts an encrypted archive. */
export type ReadOptions = { readonly onBytes?: (bytes: number) => void; readonly keyring?: Keyring | undefined };

/** The members of a tar file, in order. Throws the reader's error when the file is no tar or ends early, and what `decryptArchive` throws. */
export async function* readArchive(path: string, { onBytes = () => {}, keyring }: ReadOptions = {}): AsyncIterable<ReadMember> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const archive = Readable.from(decryptArchive(keyring, counted(file, onBytes)), { objectMode: false, highWaterMark: 1 << 20 });
  const members = (Readable.toWeb(archive) as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(createTarDecoder({ strict: true }));
  try {
    for await (const { header, body } of members as unknown as AsyncIterable<{
      header: { name: string; size: number };
      body: ReadableStream<Uint8Array>;
    }>) {
      const content = body as unknown as AsyncIterable<Uint8Array>;
      yield { name: header.name, bytes: header.size, content };
      if (!body.locked) for await (const _ of content); // not cancel(), after which the decoder may wait for ever
    }
  } finally {
    archive.destroy();
    file.destroy();
  }
}

async function* counted(file: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const piece of file) {
    read += piece.length;
    onBytes(read);
    yield piece;
  }
}

/** The whole content of a member. */
export async function contentOf({ content }: Pick<ReadMember, 'content'>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The JSON values of a member, one per line. Throws SyntaxError for what is no JSON. */
export const linesOf = (content: Buffer): unknown[] =>
  content
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
