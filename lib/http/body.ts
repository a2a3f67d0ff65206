import type { IncomingMessage } from 'node:http';
import { DomainError } from '../errors.ts';
import { t } from '../language/text.ts';
import type { BodyBudget } from './body-budget.ts';

/** The maximum length of a body that is no upload, in bytes. */
export const MAX_REQUEST_BYTES = 1024 * 1024;
/** How long a body may take to arrive; uploads have their own limit (lib/http/multipart.ts). */
const REQUEST_MS = 60_000;

type Limits = {
  readonly maxBytes: number;
  readonly withinMs: number;
  /** Called with further bytes of memory that the body takes. */
  readonly onTaken?: (bytes: number) => void;
  /** Rejects when the body is not to be read any longer. */
  readonly refused?: Promise<never>;
};

const tooLargeText = (limit: number): string => t`The request body is too large: ${limit} bytes at most.`;
const late = (): DomainError => new DomainError('malformed', 'The request took too long.');
const cut = (): DomainError => new DomainError('malformed', 'The request ended before its body did.');

/** The body of a request by someone who may send it. Errors: `malformed`; `tooLarge`, without reading when Content-Length is too large. */
export async function readRaw(request: IncomingMessage, maxBytes = MAX_REQUEST_BYTES): Promise<Buffer> {
  if (lengthOf(request, maxBytes) > maxBytes) throw new DomainError('tooLarge', tooLargeText(maxBytes));
  const { bytes, error } = await collect(request, { maxBytes, withinMs: REQUEST_MS });
  if (error !== undefined) throw error;
  return bytes;
}

/** The beginning of a body and why the rest was not read; all of it without an error. */
type Begun = { readonly bytes: Buffer; readonly error?: unknown };

/**
 * Reads the body of a request by someone who is not logged in, within the budget. Of a body that is too large (`tooLarge`), too slow (`malformed`) or
 * refused for lack of memory (`unavailable`) it resolves to the beginning, so that the form can be shown again. `maxBytes`: default that of the budget.
 */
export async function readAnonymous(request: IncomingMessage, address: string, budget: BodyBudget, maxBytes?: number): Promise<Begun> {
  const { withinMs, maxBytes: ofForms } = budget.limits;
  const hold = budget.hold(address);
  const limits = { maxBytes: maxBytes ?? ofForms, withinMs, onTaken: hold.take, refused: hold.refused };
  return collect(request, limits).finally(hold.release);
}

/** Its Content-Length; without one it may be as long as the limit. */
const lengthOf = ({ headers }: IncomingMessage, maxBytes: number): number => Number(headers['content-length'] ?? maxBytes);

async function collect(request: IncomingMessage, limits: Limits): Promise<Begun> {
  const { maxBytes, withinMs, onTaken, refused } = limits;
  const body = new Collected(Math.min(maxBytes, lengthOf(request, maxBytes)), onTaken);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(late()), withinMs);
  const tooLarge = tooLargeText(maxBytes); // here, since events of the socket are in no request, which has a language
  let size = 0;
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    body.add(chunk);
    if (size > maxBytes) reject(new DomainError('tooLarge', tooLarge));
  };
  request.on('data', take).once('error', () => reject(cut())); // the client is gone, or its framing is wrong
  request.once('end', resolve);
  request.once('close', () => request.complete || reject(cut()));
  try {
    await (refused ? Promise.race([promise, refused]) : promise);
    return { bytes: body.bytes };
  } catch (error) {
    request.off('data', take).pause(); // see discardRest
    return { bytes: body.bytes, error };
  } finally {
    clearTimeout(timer);
  }
}

/** Bytes in one buffer: a list of chunks would take 100 bytes for each, which a sender can make one byte long. */
class Collected {
  readonly #max: number;
  readonly #onTaken: (bytes: number) => void;
  #buffer: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(max: number, onTaken: (bytes: number) => void = () => {}) {
    [this.#max, this.#onTaken] = [max, onTaken];
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  /** Adds a chunk; what is beyond the limit is discarded. */
  add(chunk: Buffer): void {
    const fits = chunk.subarray(0, this.#max - this.#size);
    if (this.#size === 0) this.#replace(fits);
    else {
      if (this.#size + fits.length > this.#buffer.length) this.#grow(this.#size + fits.length);
      this.#buffer.set(fits, this.#size);
    }
    this.#size += fits.length;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#max, Math.max(needed, this.#buffer.length * 2, 512)));
    larger.set(this.bytes);
    this.#replace(larger);
  }

  #replace(buffer: Buffer): void {
    this.#onTaken(buffer.length - this.#buffer.length);
    this.#buffer = buffer;
  }
}
