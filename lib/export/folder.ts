import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { conflict } from '../errors.ts';
import { syncPath } from '../sync-path.ts';

/** A text file that is being written. */
export type TextFile = {
  /** Waits when more is buffered than the disk takes. */
  write(text: string): Promise<void>;
  end(): Promise<void>;
};

/** The folder of an export. Paths are relative to it, with `/`. */
export type ExportFolder = {
  text(path: string): Promise<TextFile>;
  content(path: string, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Gives the folder its name. */
  finish(): Promise<void>;
  /** Removes the unfinished folder. */
  abort(): Promise<void>;
};

/**
 * Creates the folder `path`, readable by its owner alone. Until `finish` it is `<path>.part`, so that a folder named `path` is always complete.
 * Errors: `conflict` when either exists.
 */
export async function createExportFolder(path: string): Promise<ExportFolder> {
  const target = resolve(path);
  const part = `${target}.part`;
  if (await exists(target)) throw conflict(`${path} exists. Choose another name.`);
  await mkdir(part, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? conflict(`${path}.part exists: another export is being written, or one was cut off. Remove it first.`)
      : error;
  });
  const open = async (name: string) => {
    const file = join(part, name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    return createWriteStream(file, { flags: 'wx', mode: 0o600 });
  };
  return {
    text: async (name) => textFile(await open(name)),
    content: async (name, source) => pipeline(Readable.from(source), await open(name)),
    async finish() {
      await rename(part, target);
      await syncPath(dirname(target));
    },
    abort: () => rm(part, { recursive: true, force: true }),
  };
}

/** Text to any stream, such as standard output. */
export function textFile(stream: NodeJS.WritableStream): TextFile {
  let failure: unknown;
  stream.on('error', (error) => {
    failure ??= error;
  });
  return {
    async write(text) {
      if (failure !== undefined) throw failure;
      if (!stream.write(text)) await Promise.race([drained(stream), finished(stream).catch(() => {})]);
    },
    async end() {
      if (failure !== undefined) throw failure;
      stream.end();
      await finished(stream);
    },
  };
}

const drained = (stream: NodeJS.WritableStream): Promise<void> => new Promise((done) => void stream.once('drain', done));

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
