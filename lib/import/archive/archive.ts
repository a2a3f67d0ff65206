import { invalid } from '../../errors.ts';

/** A file in an export. `path`: relative, with `/`, without `..`. */
export type ArchiveFile = { readonly path: string; readonly bytes: number };

/** Bytes `from` to `to`, both included, counted from 0. */
export type ByteRange = { readonly from: number; readonly to: number };

/** The files of an export: a folder, a zip file, a tar file. */
export type Archive = {
  /** By path. */
  readonly files: ReadonlyMap<string, ArchiveFile>;
  /** The content, or a range of it; undefined if there is no such file. */
  read(path: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  close(): Promise<void>;
};

/** The longest JSON file that is read as a whole: longer texts do not fit in a string of V8. */
const MAX_JSON_BYTES = 400 * 1024 * 1024;
const MAX_LINE_BYTES = 16 * 1024 * 1024;

export const damaged = (message: string) => invalid('source', message);

/** The JSON value in a file; undefined if there is no such file. Errors: `invalid` (source): too large, or no JSON. */
export async function readJson(archive: Archive, path: string): Promise<unknown> {
  const bytes = archive.files.get(path)?.bytes;
  const content = bytes === undefined ? undefined : await archive.read(path);
  if (bytes === undefined || !content) return undefined;
  if (bytes > MAX_JSON_BYTES) throw damaged(`${path} is too large: ${bytes} bytes, ${MAX_JSON_BYTES} at most.`);
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return parseJson(
    Buffer.concat(pieces)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
    path,
  );
}

/** Errors: `invalid` (source). */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(`${where} is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : ''}`);
  }
}

/** The lines of a text file in UTF-8, without their ends. Errors: `invalid` (source): a line of more than 16 MiB. */
export async function* readLines(archive: Archive, path: string): AsyncGenerator<string> {
  const content = await archive.read(path);
  if (content) yield* linesIn(content, path);
}

export async function* linesIn(content: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const piece of content) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_BYTES) throw damaged(`A line of ${where} is too long: ${MAX_LINE_BYTES} characters at most.`);
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  rest += decoder.decode();
  if (rest !== '') yield rest.replace(/\r$/, '');
}

/** The first `limit` bytes of a file. */
export async function readStart(archive: Archive, path: string, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of (await archive.read(path)) ?? []) {
    pieces.push(piece);
    size += piece.length;
    if (size >= limit) break;
  }
  return Buffer.concat(pieces).subarray(0, limit);
}

/** A path as archives name it; undefined when it leaves the folder or is no path. */
export function safePath(given: string): string | undefined {
  const path = given.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
  const isOdd = path === '' || path.startsWith('/') || /^[a-z]:/i.test(path) || path.includes('\0') || path.split('/').includes('..');
  return isOdd ? undefined : path;
}
