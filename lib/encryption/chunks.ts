import type { KeyObject } from 'node:crypto';
import type { ByteRange } from '../files/port.ts';
import { decrypt, encrypt, SEAL_BYTES } from './sealed.ts';

/** Content is encrypted in chunks of this size, the last one shorter, so that a range needs only the chunks that it touches. */
export const CHUNK_BYTES = 64 * 1024;
const SEALED_BYTES = CHUNK_BYTES + SEAL_BYTES;

/** Encrypted content was changed, cut or exchanged. The message names its place. */
export class DamagedContent extends Error {
  constructor(place: string, reason: string) {
    super(`${place} cannot be decrypted: ${reason}`);
    this.name = 'DamagedContent';
  }
}

/** Each chunk is bound to its place, its position, and to whether it is the last: chunks cannot be exchanged, and content cannot be cut. */
const boundTo = (place: string, index: number, isLast: boolean): string => `${place}/${index}/${isLast ? 'last' : 'more'}`;

/** The content in chunks of `size` bytes: all but the last. The last is returned by `rest`. */
class Chunks {
  readonly #size: number;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Yields the chunks that are followed by more. */
  *add(piece: Uint8Array): Generator<Buffer> {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length <= this.#size) return;
    const all = this.rest();
    let at = 0;
    for (; all.length - at > this.#size; at += this.#size) yield all.subarray(at, at + this.#size);
    this.#pieces = [all.subarray(at)];
    this.#length = all.length - at;
  }

  rest(): Buffer {
    const [only] = this.#pieces;
    return this.#pieces.length === 1 && only ? Buffer.from(only.buffer, only.byteOffset, only.length) : Buffer.concat(this.#pieces);
  }
}

/** Encrypts a stream. An empty one gives one chunk. */
export async function* encryptContent(key: KeyObject, place: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = new Chunks(CHUNK_BYTES);
  let index = 0;
  for await (const piece of source) for (const chunk of chunks.add(piece)) yield encrypt(key, chunk, boundTo(place, index++, false));
  yield encrypt(key, chunks.rest(), boundTo(place, index, true));
}

/** Decrypts a whole stream. Throws DamagedContent after what is intact before the damage. */
export function decryptContent(key: KeyObject, place: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return decryptChunks(key, place, source, { first: 0, endsContent: true });
}

/** The bytes of the encrypted content that a range needs. `bytes`: the length of the content. */
export function sealedRange({ from, to }: ByteRange, bytes: number): ByteRange {
  const end = bytes + SEAL_BYTES * (lastChunk(bytes) + 1);
  return { from: chunkAt(from) * SEALED_BYTES, to: Math.min((chunkAt(to) + 1) * SEALED_BYTES, end) - 1 };
}

/** Decrypts `source`, the bytes that `sealedRange` names, to the range. */
export async function* decryptRange(
  key: KeyObject,
  place: string,
  source: AsyncIterable<Uint8Array>,
  { from, to }: ByteRange,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  const [first, last] = [chunkAt(from), chunkAt(to)];
  let at = first * CHUNK_BYTES;
  for await (const chunk of decryptChunks(key, place, source, { first, endsContent: last === lastChunk(bytes) })) {
    yield chunk.subarray(Math.max(0, from - at), Math.min(chunk.length, to + 1 - at));
    at += chunk.length;
  }
  if (at <= to) throw new DamagedContent(place, 'it was cut');
}

const chunkAt = (byte: number): number => Math.floor(byte / CHUNK_BYTES);
const lastChunk = (bytes: number): number => Math.max(0, Math.ceil(bytes / CHUNK_BYTES) - 1);

type Span = { readonly first: number; readonly endsContent: boolean };

async function* decryptChunks(
  key: KeyObject,
  place: string,
  source: AsyncIterable<Uint8Array>,
  { first, endsContent }: Span,
): AsyncGenerator<Uint8Array> {
  const chunks = new Chunks(SEALED_BYTES);
  let index = first;
  const open = (sealed: Buffer, isLast: boolean): Buffer => {
    const content = decrypt(key, sealed, boundTo(place, index, isLast));
    if (!content) throw new DamagedContent(place, `chunk ${index} was changed, or the content was cut`);
    index += 1;
    return content;
  };
  for await (const piece of source) for (const chunk of chunks.add(piece)) yield open(chunk, false);
  yield open(chunks.rest(), endsContent);
}
