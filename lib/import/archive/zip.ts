import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { type Archive, type ArchiveFile, type ByteRange, damaged, safePath } from './archive.ts';

/** An archive may have this many files, and unpack to this many times its size (JSON packs about 1:20), and always to MIN_BYTES. */
const MAX_FILES = 2_000_000;
const MAX_RATIO = 100;
const MIN_BYTES = 256 * 1024 * 1024;

const openZipFile = promisify<string, yauzl.Options, ZipFile>(yauzl.open);

/**
 * The files of a zip file; they are unpacked one by one, when they are read. Errors: `invalid` (source): no zip file, encrypted, a path that leaves
 * the archive, or more content than an export has (a bomb).
 */
export async function openZip(path: string): Promise<Archive> {
  const { size } = await stat(path);
  const zip = await openZipFile(path, { lazyEntries: true, autoClose: false, validateEntrySizes: true }).catch((error: Error) => {
    throw damaged(`${path} is not a zip file that can be read: ${error.message}`);
  });
  const entries = new Map<string, Entry>();
  try {
    await readEntries(zip, entries, Math.max(MIN_BYTES, size * MAX_RATIO));
  } catch (error) {
    zip.close();
    throw error instanceof Error && error.name !== 'DomainError' ? damaged(`${path} is damaged: ${error.message}`) : error;
  }
  const open = promisify((entry: Entry, done: (error: Error | null, stream?: AsyncIterable<Uint8Array>) => void) =>
    zip.openReadStream(entry, done),
  );
  const files = new Map<string, ArchiveFile>();
  for (const [name, entry] of entries) files.set(name, { path: name, bytes: entry.uncompressedSize });
  return {
    files,
    read: async (name, range) => {
      const entry = entries.get(name);
      const content = entry && (await open(entry));
      return content && range ? within(content, range) : content;
    },
    close: async () => zip.close(),
  };
}

function readEntries(zip: ZipFile, entries: Map<string, Entry>, maxBytes: number): Promise<void> {
  let bytes = 0;
  return new Promise((resolve, reject) => {
    zip.once('error', reject);
    zip.once('end', resolve);
    zip.on('entry', (entry: Entry) => {
      bytes += entry.uncompressedSize;
      const refusal = refusalOf(entry, entries.size, bytes, maxBytes);
      if (refusal !== undefined) return reject(damaged(refusal));
      const path = safePath(entry.fileName);
      if (path !== undefined && !path.endsWith('/')) entries.set(path, entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
}

function refusalOf(entry: Entry, count: number, bytes: number, maxBytes: number): string | undefined {
  if (count >= MAX_FILES) return `The archive has too many files: ${MAX_FILES} at most.`;
  if (bytes > maxBytes)
    return `The archive would unpack to more than ${maxBytes} bytes (${MAX_RATIO} times its size), which no export does.`;
  if (entry.isEncrypted()) return `${entry.fileName.slice(0, 200)} is encrypted. Unpack the archive, and import the folder.`;
  return safePath(entry.fileName) === undefined ? `The archive has a path that leaves it: ${entry.fileName.slice(0, 200)}` : undefined;
}

/** A part of a stream, which is read from its beginning. */
async function* within(content: AsyncIterable<Uint8Array>, { from, to }: ByteRange): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const piece of content) {
    const part = piece.subarray(Math.max(0, from - at), Math.max(0, to + 1 - at));
    if (part.length > 0) yield part;
    at += piece.length;
    if (at > to) return;
  }
}
