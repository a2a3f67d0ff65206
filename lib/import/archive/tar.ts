import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';
import { type Archive, type ArchiveFile, type ByteRange, damaged, safePath } from './archive.ts';

/** As for zip files. */
const MAX_FILES = 2_000_000;
const MAX_RATIO = 100;
const MIN_BYTES = 256 * 1024 * 1024;

type TarMember = {
  readonly header: { readonly name: string; readonly size: number; readonly type: string };
  readonly body: ReadableStream<Uint8Array>;
};

/** A file, and where its content begins. */
type Unpacked = ArchiveFile & { readonly at: number };

/**
 * The files of a tar file. Their contents are unpacked one after the other to a temporary file without a name, because a tar file can only be read from
 * its beginning to its end: nothing of it is left, however this process ends. Links and devices are left out. Errors: `invalid` (source), as for zip files.
 */
export async function openTar(path: string, isGzip: boolean): Promise<Archive> {
  const content = await openNameless();
  try {
    const { size } = await stat(path);
    const files = await unpack(path, isGzip, content, Math.max(MIN_BYTES, size * MAX_RATIO));
    return {
      files,
      read: async (name, range) => {
        const file = files.get(name);
        return file && piecesOf(content, file, range);
      },
      close: () => content.close(),
    };
  } catch (error) {
    await content.close();
    const isOurs = error instanceof Error && (error.name === 'DomainError' || (error as NodeJS.ErrnoException).code === 'ENOSPC');
    throw isOurs ? error : damaged(`${path} is not a tar file that can be read: ${error instanceof Error ? error.message : ''}`);
  }
}

/** A file in TMPDIR of which only the handle is left. */
async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `parley-import-${randomBytes(8).toString('hex')}`);
  const handle = await open(path, 'wx+', 0o600);
  await rm(path);
  return handle;
}

async function unpack(path: string, isGzip: boolean, content: FileHandle, maxBytes: number): Promise<Map<string, Unpacked>> {
  const files = new Map<string, Unpacked>();
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const plain = isGzip ? file.pipe(createGunzip()) : file;
  if (plain !== file) file.on('error', (error) => plain.destroy(error));
  const members = (Readable.toWeb(plain) as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(createTarDecoder({ strict: true }));
  let [count, bytes, at] = [0, 0, 0];
  try {
    for await (const { header, body } of members as unknown as AsyncIterable<TarMember>) {
      count += 1;
      bytes += header.size;
      if (count > MAX_FILES) throw damaged(`The archive has too many files: ${MAX_FILES} at most.`);
      if (bytes > maxBytes)
        throw damaged(`The archive would unpack to more than ${maxBytes} bytes (${MAX_RATIO} times its size), which no export does.`);
      const name = safePath(header.name);
      if (name === undefined) throw damaged(`The archive has a path that leaves it: ${header.name.slice(0, 200)}`);
      const isFile = header.type === 'file';
      const begin = at;
      for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
        if (!isFile) continue; // not cancel(), after which the decoder may wait for ever
        await content.writeFile(piece); // unlike write(), all of it; from where the last one ended
        at += piece.length;
      }
      if (isFile) files.set(name, { path: name, bytes: at - begin, at: begin });
    }
  } finally {
    file.destroy();
  }
  return files;
}

const PIECE_BYTES = 64 * 1024;

async function* piecesOf(content: FileHandle, file: Unpacked, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const end = file.at + (range ? Math.min(range.to + 1, file.bytes) : file.bytes);
  for (let at = file.at + (range?.from ?? 0); at < end; ) {
    const { buffer, bytesRead } = await content.read(Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at)), 0, undefined, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
