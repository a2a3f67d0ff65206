import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';
import { type Archive, damaged, safePath } from './archive.ts';
import { openFolder } from './folder.ts';

/** As for zip files. */
const MAX_FILES = 2_000_000;
const MAX_RATIO = 100;
const MIN_BYTES = 256 * 1024 * 1024;

type TarMember = {
  readonly header: { readonly name: string; readonly size: number; readonly type: string };
  readonly body: ReadableStream<Uint8Array>;
};

/**
 * The files of a tar file, which is unpacked to a temporary folder (removed by `close`), because a tar file can only be read from its beginning to its
 * end. Links and devices are left out. Errors: `invalid` (source), as for zip files.
 */
export async function openTar(path: string, isGzip: boolean): Promise<Archive> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-import-'));
  const cleanUp = () => rm(folder, { recursive: true, force: true });
  try {
    const { size } = await stat(path);
    await unpack(path, isGzip, folder, Math.max(MIN_BYTES, size * MAX_RATIO));
    return await openFolder(folder, { cleanUp });
  } catch (error) {
    await cleanUp();
    const isOurs = error instanceof Error && (error.name === 'DomainError' || (error as NodeJS.ErrnoException).code === 'ENOSPC');
    throw isOurs ? error : damaged(`${path} is not a tar file that can be read: ${error instanceof Error ? error.message : ''}`);
  }
}

async function unpack(path: string, isGzip: boolean, folder: string, maxBytes: number): Promise<void> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const plain = isGzip ? file.pipe(createGunzip()) : file;
  if (plain !== file) file.on('error', (error) => plain.destroy(error));
  const members = (Readable.toWeb(plain) as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(createTarDecoder({ strict: true }));
  let [count, bytes] = [0, 0];
  try {
    for await (const { header, body } of members as unknown as AsyncIterable<TarMember>) {
      count += 1;
      bytes += header.size;
      if (count > MAX_FILES) throw damaged(`The archive has too many files: ${MAX_FILES} at most.`);
      if (bytes > maxBytes)
        throw damaged(`The archive would unpack to more than ${maxBytes} bytes (${MAX_RATIO} times its size), which no export does.`);
      const name = safePath(header.name);
      if (name === undefined) throw damaged(`The archive has a path that leaves it: ${header.name.slice(0, 200)}`);
      if (header.type !== 'file') {
        await body.cancel().catch(() => {});
        continue;
      }
      const target = join(folder, name);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(Readable.fromWeb(body as never), createWriteStream(target, { flags: 'w', mode: 0o600 }));
    }
  } finally {
    file.destroy();
  }
}
