import { mkdtempSync, rmSync } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ByteRange, FilePart, FileStore } from '../../files/port.ts';
import { asFileId, type FileId } from '../../ids.ts';
import { syncPath } from '../../sync-path.ts';
import { unavailableDisk } from './faults.ts';

/** `close` removes the temporary folder of an in-memory store. */
export type FileFolder = Pick<FileStore, 'write' | 'read' | 'removeContent'> & {
  /** Ids of the content that was last written before `before` (ms), a folder at a time. */
  contents(before: number): AsyncIterable<FileId[]>;
  close(): void;
};

const SUFFIX: Readonly<Record<FilePart | 'arriving', string>> = { whole: '', thumb: '.thumb', arriving: '.part' };

/** `<root>/<first two characters of the id>/<id>`, and `<id>.thumb` beside it. Without a root: a temporary folder, removed with the store. */
export function openFolder(root: string | undefined): FileFolder {
  let temporary: string | undefined;
  let isRootSynced = false;
  const base = (): string => {
    if (root !== undefined) return root;
    temporary ??= mkdtempSync(join(tmpdir(), 'parley-files-'));
    return temporary;
  };
  const subfolder = (id: FileId): string => join(base(), id.slice(0, 2));
  const path = (id: FileId, part: keyof typeof SUFFIX): string => join(subfolder(id), `${id}${SUFFIX[part]}`);

  /** A new file name is durable once its folder is synced. The root's own name is synced once per process: another process may have created it and died. */
  async function syncNames(folder: string): Promise<void> {
    for (const each of [folder, base(), ...(isRootSynced ? [] : [dirname(base())])]) await syncPath(each);
    isRootSynced = true;
  }

  async function write(id: FileId, part: FilePart, source: AsyncIterable<Uint8Array>): Promise<void> {
    await disk(() => makeFolder(subfolder(id)));
    const arriving = path(id, part) + SUFFIX.arriving;
    try {
      await writeDurably(arriving, source);
      await disk(() => rename(arriving, path(id, part)));
      await disk(() => syncNames(subfolder(id)));
    } catch (error) {
      await rm(arriving, { force: true }).catch(() => {}); // the sweep tries again
      throw error;
    }
  }

  return {
    write,
    async read(id, part, range) {
      return (await isThere(path(id, part))) ? piecesOf(path(id, part), range) : undefined;
    },
    async removeContent(id) {
      const paths = (['whole', 'thumb'] as const).flatMap((part) => [path(id, part), path(id, part) + SUFFIX.arriving]);
      for (const one of paths) await disk(() => rm(one, { force: true }));
    },
    contents: (before) => contentsOf(base(), before),
    close() {
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    },
  };
}

/** Not `mkdir` with `recursive`, which reports ENOENT where the disk is read-only. */
async function makeFolder(path: string): Promise<void> {
  const make = () =>
    mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    await make();
  });
}

/** Of a folder that is not there: nothing. */
async function* contentsOf(root: string, before: number): AsyncGenerator<FileId[]> {
  for (const folder of await namesIn(root)) {
    const old: string[] = [];
    for (const name of await namesIn(join(root, folder))) if (await isOlder(join(root, folder, name), before)) old.push(name);
    const ids = new Set(old.flatMap((name) => /^([0-9a-z]{26})(?:\.|$)/.exec(name)?.[1] ?? []));
    if (ids.size > 0) yield [...ids].map(asFileId);
  }
}

const namesIn = (folder: string): Promise<string[]> =>
  disk(() =>
    readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    }),
  );

const isOlder = (path: string, before: number): Promise<boolean> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs < before,
    () => false,
  );

async function writeDurably(path: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await disk(() => open(path, 'wx', 0o600));
  try {
    for await (const piece of source) await disk(() => handle.writeFile(piece)); // unlike write(), all of it
    await disk(() => handle.sync());
  } finally {
    await disk(() => handle.close());
  }
}

const isThere = (path: string): Promise<boolean> =>
  disk(() =>
    access(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    ),
  );

const PIECE_BYTES = 256 * 1024;

/** Opens the file at the first read, so that an unread stream leaves nothing open. */
async function* piecesOf(path: string, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  const handle = await disk(() => open(path, 'r'));
  try {
    let at = range?.from ?? 0;
    const end = range ? range.to + 1 : Number.POSITIVE_INFINITY;
    while (at < end) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
      const { bytesRead } = await disk(() => handle.read(piece, 0, piece.length, at));
      if (bytesRead === 0) return;
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** A full or failing disk counts as StoreUnavailable. */
async function disk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailableDisk(error, 'The disk does not take or give the file');
  }
}
