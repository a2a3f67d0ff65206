import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Archive, ArchiveFile, ByteRange } from './archive.ts';

/**
 * The files below a folder; `prefix`: before their paths. Symbolic links are not followed, so that no file outside of it is read. Errors: those of the
 * disk.
 */
export async function openFolder(path: string, { prefix = '' }: { readonly prefix?: string } = {}): Promise<Archive> {
  const found = await readdir(path, { recursive: true, withFileTypes: true });
  const files = new Map<string, ArchiveFile>();
  for (const one of found) {
    if (!one.isFile()) continue;
    const full = join(one.parentPath, one.name);
    const name = prefix + relative(path, full).split(sep).join('/');
    files.set(name, { path: name, bytes: (await stat(full)).size });
  }
  return {
    files,
    read: async (name, range) => (files.has(name) ? streamOf(join(path, name.slice(prefix.length)), range) : undefined),
    close: async () => {},
  };
}

/** One file as an archive, under its own name. */
export async function openSingle(path: string, name: string): Promise<Archive> {
  const { size: bytes } = await stat(path);
  const files = new Map([[name, { path: name, bytes }]]);
  return { files, read: async (asked, range) => (asked === name ? streamOf(path, range) : undefined), close: async () => {} };
}

const streamOf = (path: string, range: ByteRange | undefined): AsyncIterable<Uint8Array> =>
  createReadStream(path, range ? { start: range.from, end: range.to } : {});
