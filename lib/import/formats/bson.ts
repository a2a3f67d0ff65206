import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Archive, damaged } from '../archive/archive.ts';
import { type Fields, fieldsOf } from './read.ts';

/** The most that MongoDB takes in one document is 16 MiB. */
const MAX_BYTES = 17 * 1024 * 1024;

/** A document of a dump, and where it begins in the file. */
export type Document = { readonly fields: Fields; readonly from: number; readonly bytes: number };

/** The path of a collection in a dump; undefined if it is not there. */
export const collectionPath = ({ files }: Archive, name: string): string | undefined =>
  [...files.keys()].find((path) => new RegExp(`(?:^|/)${name.replaceAll('.', '\\.')}\\.bson(?:\\.gz)?$`).test(path));

/** The documents of a collection that mongodump wrote. Errors: `invalid` (source). */
export async function* readDocuments(archive: Archive, name: string): AsyncGenerator<Document> {
  const path = collectionPath(archive, name);
  const content = path === undefined ? undefined : await archive.read(path);
  if (path === undefined || !content) return;
  const { BSON } = await import('mongodb');
  let [rest, from] = [Buffer.alloc(0), 0];
  for await (const piece of path.endsWith('.gz') ? Readable.from(content).pipe(createGunzip()) : content) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    for (let size = sizeOf(rest, path); size !== undefined && rest.length >= size; size = sizeOf(rest, path)) {
      yield { fields: fieldsOf(parsed(() => BSON.deserialize(rest.subarray(0, size)), path)), from, bytes: size };
      rest = rest.subarray(size);
      from += size;
    }
  }
  if (rest.length > 0) throw damaged(`${path} was cut off.`);
}

function sizeOf(rest: Buffer, path: string): number | undefined {
  if (rest.length < 4) return undefined;
  const size = rest.readInt32LE(0);
  if (size < 5 || size > MAX_BYTES) throw damaged(`${path} is not a collection of MongoDB.`);
  return size;
}

function parsed(parse: () => unknown, path: string): unknown {
  try {
    return parse();
  } catch (error) {
    throw damaged(`${path} has a document that is not BSON: ${error instanceof Error ? error.message : ''}`);
  }
}

/** One document again. */
export async function readDocument(archive: Archive, name: string, { from, bytes }: Pick<Document, 'from' | 'bytes'>): Promise<Fields> {
  const path = collectionPath(archive, name) ?? '';
  const pieces: Uint8Array[] = [];
  for await (const piece of (await archive.read(path, { from, to: from + bytes - 1 })) ?? []) pieces.push(piece);
  const { BSON } = await import('mongodb');
  return fieldsOf(parsed(() => BSON.deserialize(Buffer.concat(pieces)), path));
}
