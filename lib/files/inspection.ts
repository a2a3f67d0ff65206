import { createHash } from 'node:crypto';

/** More than any signature needs, and enough of an office file to tell it from a plain archive. */
const HEAD_BYTES = 64 * 1024;

/** Control characters that no text has. */
const BINARY = /(?!\s)\p{Cc}/u;

/** What is learnt of a file while it passes: nothing of it is kept but its beginning. */
export class Inspection {
  readonly #hash = createHash('sha256');
  readonly #head: Uint8Array[] = [];
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #headBytes = 0;
  #isText = true;
  bytes = 0;

  /** The same pieces. `tooMuch`: thrown by it once there are more than `limit` bytes. */
  async *of(source: AsyncIterable<Uint8Array>, limit: number, tooMuch: () => Error): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      this.bytes += piece.length;
      if (this.bytes > limit) throw tooMuch();
      this.#see(piece);
      yield piece;
    }
    this.#isText &&= this.#reads(undefined);
  }

  #see(piece: Uint8Array): void {
    this.#hash.update(piece);
    if (this.#headBytes < HEAD_BYTES) {
      const part = Uint8Array.prototype.slice.call(piece, 0, HEAD_BYTES - this.#headBytes); // a copy: the piece may be a view of much more
      this.#head.push(part);
      this.#headBytes += part.length;
    }
    this.#isText &&= this.#reads(piece);
  }

  /** Whether it goes on as UTF-8; undefined: whether it may end here. */
  #reads(piece: Uint8Array | undefined): boolean {
    try {
      return !BINARY.test(piece === undefined ? this.#decoder.decode() : this.#decoder.decode(piece, { stream: true }));
    } catch {
      return false;
    }
  }

  /** To be asked once, at the end: hex. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** What the content is, whatever its name says (MIME, without parameters). */
  type(): Promise<string> {
    return typeOf(Buffer.concat(this.#head), this.#isText);
  }
}

/** Formats with a signature that are text all the same. Any other signature in a text is chance: `BM` begins a bitmap, and many a sentence. */
const TEXTUAL = /^(?:text\/|application\/(?:xml|rtf|pdf|postscript|pgp-encrypted)$)/;
/** Other names of what browsers know by these. */
const SAME: Readonly<Record<string, string>> = {
  'image/apng': 'image/png',
  'audio/x-m4a': 'audio/mp4',
  'video/x-m4v': 'video/mp4',
};

/** By its signature; text is what is UTF-8 from beginning to end; anything else is bytes. */
async function typeOf(head: Uint8Array, isText: boolean): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const type = found?.mime.split(';')[0]?.trim().toLowerCase() ?? '';
  if (isText) return TEXTUAL.test(type) ? type : 'text/plain';
  return type === '' ? 'application/octet-stream' : (SAME[type] ?? type);
}
