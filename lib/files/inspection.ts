import { createHash } from 'node:crypto';

/** Enough for any signature, and to distinguish office files from plain archives. */
const HEAD_BYTES = 64 * 1024;

/** Control characters that do not occur in text. */
const BINARY = /(?!\s)\p{Cc}/u;

/** Computes size, hash and type of a file while it is streamed. Keeps only its first 64 KiB. */
export class Inspection {
  readonly #hash = createHash('sha256');
  readonly #head: Uint8Array[] = [];
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #headBytes = 0;
  #isText = true;
  bytes = 0;

  /** Yields the chunks of `source` unchanged. Throws `tooLarge()` after more than `limit` bytes. */
  async *of(source: AsyncIterable<Uint8Array>, limit: number, tooLarge: () => Error): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      this.bytes += piece.length;
      if (this.bytes > limit) throw tooLarge();
      this.#update(piece);
      yield piece;
    }
    this.#isText &&= this.#decodes(undefined);
  }

  #update(piece: Uint8Array): void {
    this.#hash.update(piece);
    if (this.#headBytes < HEAD_BYTES) {
      const part = Uint8Array.prototype.slice.call(piece, 0, HEAD_BYTES - this.#headBytes); // a copy: the chunk may be a view of a larger buffer
      this.#head.push(part);
      this.#headBytes += part.length;
    }
    this.#isText &&= this.#decodes(piece);
  }

  /** Whether the chunk is valid UTF-8 text; undefined: whether the text is complete. */
  #decodes(piece: Uint8Array | undefined): boolean {
    try {
      return !BINARY.test(piece === undefined ? this.#decoder.decode() : this.#decoder.decode(piece, { stream: true }));
    } catch {
      return false;
    }
  }

  /** Hex. Call once, after the last chunk. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** The MIME type by content, without parameters; the file name is ignored. */
  type(): Promise<string> {
    return typeOf(Buffer.concat(this.#head), this.#isText);
  }
}

/** Text formats that have a signature. Any other signature in a text is a coincidence: `BM` starts a bitmap, but also sentences. */
const TEXTUAL = /^(?:text\/|application\/(?:xml|rtf|pdf|postscript|pgp-encrypted)$)/;
/** Types that browsers know by another name. */
const SAME: Readonly<Record<string, string>> = {
  'image/apng': 'image/png',
  'audio/x-m4a': 'audio/mp4',
  'video/x-m4v': 'video/mp4',
};

/** The type by signature; text/plain if all of it is UTF-8; else application/octet-stream. */
async function typeOf(head: Uint8Array, isText: boolean): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const type = found?.mime.split(';')[0]?.trim().toLowerCase() ?? '';
  if (isText) return TEXTUAL.test(type) ? type : 'text/plain';
  return type === '' ? 'application/octet-stream' : (SAME[type] ?? type);
}
