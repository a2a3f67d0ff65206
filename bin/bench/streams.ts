import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { requestBytes, type Target } from './wire.ts';

const MARK = Buffer.from('\nid: ');
const CURSOR = /\nid: [^\n]*\n\n/;
const AT_ONCE = 64;

/** Shared read buffer: with one allocation per packet the reader would use more CPU than the server. */
const PACKET = Buffer.alloc(64 * 1024);

/** An event stream that counts its entries, each by its `id` line. */
class Stream {
  count = 0;
  isOpen = true;
  /** Resolves when the head of the response arrives; rejects if the status is not 200. */
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  readonly #onFound: (count: number) => void;
  #carry = Buffer.alloc(0);
  #onFirst: ((bytes: Buffer) => void) | undefined;

  constructor(target: Target, path: string, onFound: (count: number) => void) {
    const { hostname, port } = new URL(target.url);
    this.#onFound = onFound;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#onFirst = (bytes) => (bytes.subarray(0, 15).toString('latin1').includes(' 200 ') ? resolve() : reject(refusal(bytes)));
    const callback = (size: number): boolean => this.#read(PACKET.subarray(0, size));
    this.#socket = connect({ port: Number(port), host: hostname, noDelay: true, onread: { buffer: PACKET, callback } });
    this.#socket.once('connect', () => this.#socket.write(requestBytes('GET', path, target)));
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => {
      this.isOpen = false;
      reject(new Error('a stream ended without a response'));
    });
  }

  #read(bytes: Buffer): true {
    if (this.#onFirst) return this.#readFirst(bytes);
    let found = occurrences(bytes);
    if (this.#carry.length > 0) found += occurrences(Buffer.concat([this.#carry, bytes.subarray(0, MARK.length - 1)]));
    this.#carry = Buffer.from(bytes.subarray(-(MARK.length - 1)));
    this.count += found;
    if (found > 0) this.#onFound(found);
    return true;
  }

  /** The head of the response, the cursor at the start of the stream, which is not an entry, and the entries in the same packet. */
  #readFirst(bytes: Buffer): true {
    this.#onFirst?.(bytes);
    this.#onFirst = undefined;
    this.#carry = Buffer.from(bytes.subarray(-(MARK.length - 1)));
    const found = occurrences(bytes) - (CURSOR.test(bytes.toString('latin1')) ? 1 : 0);
    this.count += found;
    if (found > 0) this.#onFound(found);
    return true;
  }

  /** Stops reading, so that the server's buffers fill up. */
  stall(): void {
    this.#socket.pause();
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }
}

const refusal = (bytes: Buffer): Error => new Error(`a stream was refused: ${bytes.toString('utf8', 0, 300)}`);

/** Open event streams. */
export class Streams {
  readonly #all: Stream[] = [];
  /** Entries received by all streams together. */
  delivered = 0;
  onDelivered: () => void = () => {};

  get size(): number {
    return this.#all.length;
  }

  /** The number of entries that each stream has received. */
  counts(): number[] {
    return this.#all.map(({ count }) => count);
  }

  get open(): number {
    return this.#all.filter(({ isOpen }) => isOpen).length;
  }

  /** Opens one stream per path; resolves when each has the head of its response. With `storm` all at once. */
  async openAll(target: Target, paths: readonly string[], storm = false): Promise<void> {
    const size = storm ? paths.length : AT_ONCE;
    for (let i = 0; i < paths.length; i += size) await Promise.all(paths.slice(i, i + size).map((path) => this.#open(target, path)));
  }

  #open(target: Target, path: string): Promise<void> {
    const stream = new Stream(target, path, (found) => {
      this.delivered += found;
      this.onDelivered();
    });
    this.#all.push(stream);
    return stream.opened;
  }

  stall(): void {
    for (const stream of this.#all) stream.stall();
  }

  /** Resolves when `count` entries have been received in total. */
  async until(count: number): Promise<void> {
    if (this.delivered >= count) return;
    const before = this.onDelivered;
    await new Promise<void>((resolve) => {
      this.onDelivered = () => {
        before();
        if (this.delivered >= count) resolve();
      };
    });
    this.onDelivered = before;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.splice(0).map((stream) => stream.close()));
    this.delivered = 0;
  }
}

function occurrences(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, at + MARK.length)) count += 1;
  return count;
}
