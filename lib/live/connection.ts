import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Meters } from '../metrics/meters.ts';
import type { Batch, SelectedFrames } from './batch.ts';
import { chunkOf, LAST_CHUNK } from './chunk.ts';
import type { StreamListener, Subscriber } from './follower.ts';
import { HTML_COMMENT, RELOAD_SOON, SSE_COMMENT, sseFrame, sseId } from './frame.ts';

/** A reader that leaves more than this unread (bytes) is cut off; it comes back with its cursor. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** While replaying, more is written as long as less than this waits. */
const ROOM_BYTES = 256 * 1024;
/** An HTML document that never ends is ended after so much, and loads itself again with the newest. */
const FRAME_MAX_BYTES = 2 * 1024 * 1024;
/** How long a reader may take for the rest once its stream is over. */
const LINGER_MS = 5000;

/**
 * Streams for programs are sent in chunks: many HTTP clients (requests, for one) hand on what is in a chunk at once, but collect a body without
 * chunks until a buffer of theirs is full. Browsers do not, so pages are spared them; the live document needs an end that a killed server gives too.
 */
const CHUNKED: ReadonlySet<string> = new Set(['json', 'text']);

/**
 * One open stream: a socket that entries are written to, and how far it has come. Until it has started, nothing is written and another may
 * answer; from then on nothing of the request is kept, and the body goes to the socket as it is (see startStream).
 */
export class Connection implements Subscriber {
  readonly listener: StreamListener;
  /** Until the stream has started. */
  #response: ServerResponse | undefined;
  /** From then on. */
  #socket: Socket | undefined;
  readonly #meters: Meters;
  cursor = 0;
  authorisedAt = 0;
  /** Past this (ms) its session has to be looked at again. */
  until: number;
  /** The id to say with the next heartbeat, when entries were passed over since the last one that was said. */
  unsaid: (() => string) | undefined;
  readonly #endings: (() => void)[] = [];
  #isOpen: boolean;
  #isChunked = false;
  #bytes = 0;
  #startedAt = 0;

  constructor(listener: StreamListener, response: ServerResponse, meters: Meters) {
    this.listener = listener;
    this.until = listener.until ?? Number.POSITIVE_INFINITY;
    this.#response = response;
    this.#meters = meters;
    this.#isOpen = !response.destroyed; // a reader may have left before its stream is there
    response.once('close', () => this.#over());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether its answer has begun; until then ending it would be a refusal, after which a client does not come back. */
  get isStarted(): boolean {
    return this.#socket !== undefined;
  }

  /** Calls `ending` once, when the stream is over for whatever reason; now, if it is already. */
  atEnd(ending: () => void): void {
    if (this.#isOpen) this.#endings.push(ending);
    else ending();
  }

  /** Resolves once the responses before this one on the same connection are out (a client may send requests without waiting), or it is closed. */
  async hasSocket(): Promise<void> {
    const response = this.#response;
    if (!response || response.socket || !this.#isOpen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const { socket } = response.req;
    response.once('socket', () => resolve());
    socket.once('close', resolve);
    await promise;
    socket.off('close', resolve);
    if (!response.socket) this.#over();
  }

  /** Lets `begin` send the head of the answer, for a body in chunks or not; from here on the connection is this stream's. */
  start(begin: (response: ServerResponse, isChunked: boolean) => void): void {
    const response = this.#response;
    const socket = response?.socket;
    if (!this.#isOpen || !response || !socket) return;
    socket.cork(); // the head and what was missed in one packet, mostly
    setImmediate(() => socket.uncork());
    this.#isChunked = CHUNKED.has(this.listener.format) && response.req.httpVersion !== '1.0';
    begin(response, this.#isChunked);
    response.detachSocket(socket);
    this.#response = undefined;
    this.#startedAt = performance.now();
    this.#socket = socket.on('close', () => this.#over());
    this.#meters.streams[this.listener.format] += 1;
  }

  write(bytes: Buffer | string): void {
    if (this.#isChunked && bytes.length > 0) this.#send(chunkOf(Buffer.from(bytes)));
    else this.#send(bytes);
  }

  /** Writes to the socket what is in chunks already, where the body is. */
  #send(bytes: Buffer | string): void {
    if (!this.#isOpen || !this.#socket || bytes.length === 0) return;
    // What waits from before: that one write is large is no sign of a slow reader.
    if (this.#socket.writableLength > MAX_WAITING_BYTES) {
      this.#cutOff();
      return;
    }
    this.#socket.write(bytes);
    this.#bytes += bytes.length;
    this.#meters.streamBytes += bytes.length;
    if (this.listener.format === 'frame' && this.#bytes > FRAME_MAX_BYTES) this.end();
  }

  take(batch: Batch, upTo: number, isOut: boolean): boolean {
    const { format, filter, user } = this.listener;
    if (format === 'sidebar') return true; // of no group
    if (filter) this.#takeSome(batch.pick(format, this.cursor, upTo, user, filter), upTo);
    else this.#send(batch.bytes(format, this.cursor, upTo, this.#isChunked));
    this.cursor = upTo;
    if (isOut) this.revoke('You are no longer in this group.');
    else if (format === 'frame' && batch.changesThePast) this.endForReload();
    return true;
  }

  #takeSome(picked: readonly SelectedFrames[], upTo: number): void {
    if (picked.length > 0) this.write(Buffer.concat(picked.map(({ bytes }) => bytes)));
    this.unsaid = picked.at(-1)?.seq === upTo ? undefined : () => String(this.cursor);
  }

  /** Says where the stream begins, so that a client that is cut off before the first entry misses none. Text and documents have no ids. */
  tellCursor(): void {
    const { format } = this.listener;
    if (format === 'html' || format === 'json') this.write(sseId(String(this.cursor)));
  }

  /** Resolves when more may follow: at once while little of what was written waits for the reader, else when all of it has left or the stream is over. */
  async drained(): Promise<void> {
    const socket = this.#socket;
    if (!this.#isOpen || !socket?.writableNeedDrain || socket.writableLength < ROOM_BYTES) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  /** `frameMaxMs`: a live document this old is ended instead, and loads itself again with the newest: a browser keeps all of it in memory. */
  beat(frameMaxMs: number): void {
    const { format } = this.listener;
    if (format === 'text') return; // nothing invisible can be written there; TCP keep-alive finds the dead
    if (format !== 'frame') this.write(this.#pulse());
    else if (performance.now() - this.#startedAt > frameMaxMs) this.endForReload();
    else this.write(HTML_COMMENT);
  }

  #pulse(): string {
    const pulse = this.unsaid ? sseId(this.unsaid()) : SSE_COMMENT;
    this.unsaid = undefined;
    return pulse;
  }

  /** Tells the page to load itself anew: its cursor means nothing here, or it is too far behind. */
  reset(): void {
    this.#meters.resets += 1;
    this.#say('reset', 'load the page again');
    this.end();
  }

  /** Ends it for good: a client that understands does not come back. */
  revoke(reason: string): void {
    this.#say('closed', reason);
    this.end();
  }

  #say(event: string, reason: string): void {
    const { format } = this.listener;
    if (format !== 'frame' && format !== 'text') this.write(sseFrame(reason, { event }));
  }

  /** Ends the document without JavaScript so that it soon loads itself again. The refresh in its head waits longer: it is for servers that died. */
  endForReload(): void {
    this.write(RELOAD_SOON);
    this.end();
  }

  /** Ends it; the client may come back. */
  end(): void {
    if (!this.#isOpen) return;
    if (this.#isChunked) this.#socket?.write(LAST_CHUNK);
    if (this.#socket) endSoon(this.#socket);
    this.#over();
  }

  /** Drops it without waiting for the reader. */
  #cutOff(): void {
    this.#meters.slowReaders += 1;
    this.#socket?.destroy();
    this.#over();
  }

  #over(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#socket) this.#meters.streams[this.listener.format] -= 1;
    for (const ending of this.#endings.splice(0)) ending();
  }
}

/** Once everything is written, or the reader has had its time. */
function endSoon(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer)).destroySoon();
}
