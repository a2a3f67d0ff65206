import { once } from 'node:events';
import type { Socket } from 'node:net';
import { dial, requestBytes, type Target } from './wire.ts';

const MARK = Buffer.from('\nid: ');
const AT_ONCE = 64;

type Stream = { readonly socket: Socket; count: number; carry: Buffer; isOpen: boolean };

/** Open event streams that count their entries, each by its `id` line. */
export class Streams {
  readonly #all: Stream[] = [];
  /** Entries received by all of them together. */
  delivered = 0;
  onDelivered: () => void = () => {};

  get size(): number {
    return this.#all.length;
  }

  /** The entries that each has received. */
  counts(): number[] {
    return this.#all.map(({ count }) => count);
  }

  get open(): number {
    return this.#all.filter(({ isOpen }) => isOpen).length;
  }

  /** Opens one stream per path; resolves when each has the head of its answer. With `storm` all at once. */
  async openAll(target: Target, paths: readonly string[], storm = false): Promise<void> {
    const size = storm ? paths.length : AT_ONCE;
    for (let i = 0; i < paths.length; i += size) await Promise.all(paths.slice(i, i + size).map((path) => this.#open(target, path)));
  }

  async #open(target: Target, path: string): Promise<void> {
    const socket = await dial(target);
    const stream: Stream = { socket, count: 0, carry: Buffer.alloc(0), isOpen: true };
    this.#all.push(stream);
    socket.on('error', () => {});
    socket.once('close', () => {
      stream.isOpen = false;
    });
    socket.write(requestBytes('GET', path, target));
    const [first] = (await once(socket, 'data')) as [Buffer];
    if (!first.subarray(0, 15).toString('latin1').includes(' 200 '))
      throw new Error(`a stream was refused: ${first.toString('utf8').slice(0, 300)}`);
    this.#count(stream, first);
    socket.on('data', (chunk: Buffer) => this.#count(stream, chunk));
  }

  #count(stream: Stream, chunk: Buffer): void {
    let found = occurrences(chunk);
    if (stream.carry.length > 0) found += occurrences(Buffer.concat([stream.carry, chunk.subarray(0, MARK.length - 1)]));
    stream.carry = chunk.subarray(-(MARK.length - 1));
    stream.count += found;
    this.delivered += found;
    if (found > 0) this.onDelivered();
  }

  /** Stops reading: the server's side fills up. */
  stall(): void {
    for (const { socket } of this.#all) socket.pause();
  }

  /** Resolves once `count` entries have come in all. */
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
    await Promise.all(this.#all.splice(0).map(({ socket, isOpen }) => isOpen && hangUp(socket)));
    this.delivered = 0;
  }
}

async function hangUp(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
}

function occurrences(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, at + MARK.length)) count += 1;
  return count;
}
