import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Meters } from '../metrics/meters.ts';
import type { Batch, SelectedFrames } from './batch.ts';
import { chunkOf, LAST_CHUNK } from './chunk.ts';
import { endSoon } from './end-soon.ts';
import { type Ending, endingEvent } from './ending.ts';
import { isRendered, type StreamListener, type Subscriber } from './follower.ts';
import { isFrame, isHtml, kindOf } from './formats.ts';
import { HTML_COMMENT, RELOAD_SOON, SSE_COMMENT, sseId } from './frame.ts';
import { type Position, positionId } from './position.ts';

/** A socket with more than this many bytes unsent is destroyed; the client reconnects with its cursor. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** During a replay, writing continues while fewer than this many bytes are unsent. */
const ROOM_BYTES = 256 * 1024;
/** The no-JavaScript live document is ended after this many bytes, and reloads itself with the newest messages. */
const FRAME_MAX_BYTES = 2 * 1024 * 1024;

/**
 * Streams for programs use chunked transfer coding: many HTTP clients (such as Python's requests) pass on each chunk at once, but buffer a body
 * without chunks. Browsers do not buffer. The live document must not be chunked: its end must look the same when the server is killed.
 */
const CHUNKED: ReadonlySet<string> = new Set(['json', 'text', 'changes']);

/**
 * One open stream: a socket and the cursor of what was written to it. Until it has started, nothing is written and the request can still be
 * refused. After that the request and response objects are released, and the body is written to the socket directly (see startStream).
 */
export class Connection implements Subscriber {
  readonly listener: StreamListener;
  /** Until the stream has started. */
  #response: ServerResponse | undefined;
  /** Once the stream has started. */
  #socket: Socket | undefined;
  readonly #meters: Meters;
  cursor = 0;
  tag: string | undefined;
  authorisedAt = 0;
  /** When its session has to be checked again (ms since the epoch). */
  until: number;
  /** The id to write with the next heartbeat, when entries were filtered out since the last id. */
  pendingId: (() => string) | undefined;
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
    this.#isOpen = !response.destroyed; // the client may have disconnected already
    response.once('close', () => this.#onEnd());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether the response has started. Before that, ending the stream would refuse the request, and an EventSource does not reconnect after a refusal. */
  get isStarted(): boolean {
    return this.#socket !== undefined;
  }

  /** Calls `ending` once, when the stream ends for any reason; at once if it has ended already. */
  atEnd(ending: () => void): void {
    if (this.#isOpen) this.#endings.push(ending);
    else ending();
  }

  /** Resolves when all earlier responses on the same connection are sent (HTTP pipelining), or when the connection is closed. */
  async hasSocket(): Promise<void> {
    const response = this.#response;
    if (!response || response.socket || !this.#isOpen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const { socket } = response.req;
    response.once('socket', () => resolve());
    socket.once('close', resolve);
    await promise;
    socket.off('close', resolve);
    if (!response.socket) this.#onEnd();
  }

  /** Calls `begin` to send the head of the response, and takes over the connection. */
  start(begin: (response: ServerResponse, isChunked: boolean) => void): void {
    const response = this.#response;
    const socket = response?.socket;
    if (!this.#isOpen || !response || !socket) return;
    socket.cork(); // usually sends the head and the first entries in one packet: their last check takes a turn (LookupCache.isCurrent)
    setImmediate(() => setImmediate(() => socket.uncork()));
    this.#isChunked = CHUNKED.has(this.listener.format) && response.req.httpVersion !== '1.0';
    begin(response, this.#isChunked);
    response.detachSocket(socket);
    this.#response = undefined;
    this.#startedAt = performance.now();
    this.#socket = socket.on('close', () => this.#onEnd());
    this.#meters.streams[kindOf(this.listener.format)] += 1;
  }

  write(bytes: Buffer | string): void {
    if (this.#isChunked && bytes.length > 0) this.#send(chunkOf(Buffer.from(bytes)));
    else this.#send(bytes);
  }

  /** Writes bytes that are already framed as chunks where the body is chunked. */
  #send(bytes: Buffer | string): void {
    if (!this.#isOpen || !this.#socket || bytes.length === 0) return;
    // Only bytes of earlier writes count: one large write does not make a slow reader.
    if (this.#socket.writableLength > MAX_WAITING_BYTES) {
      this.#cutOff();
      return;
    }
    this.#socket.write(bytes);
    this.#bytes += bytes.length;
    this.#meters.streamBytes += bytes.length;
    if (isFrame(this.listener.format) && this.#bytes > FRAME_MAX_BYTES) this.end();
  }

  take(batch: Batch, upTo: number, isOut: boolean): boolean {
    const { format, filter, user } = this.listener;
    if (!isRendered(format)) return true; // follows no group itself
    if (filter || batch.involves(user)) this.#writeSelected(batch.pick(format, this.cursor, upTo, user, filter), batch.positionAt(upTo));
    else this.#send(batch.bytes(format, this.cursor, upTo, this.#isChunked));
    this.cursor = upTo;
    if (isOut) this.revoke('left');
    else if (isFrame(format) && batch.changesThePast(user, filter)) this.endForReload();
    return true;
  }

  #writeSelected(picked: readonly SelectedFrames[], end: Position): void {
    if (picked.length > 0) this.write(Buffer.concat(picked.map(({ bytes }) => bytes)));
    this.pendingId = picked.at(-1)?.at.seq === end.seq ? undefined : () => positionId(end);
  }

  /** Writes the cursor as an id, so that a client disconnected before the first entry misses none. Text and documents have no ids. */
  writeCursor(): void {
    const { format } = this.listener;
    if (isHtml(format) || format === 'json') this.write(sseId(positionId({ seq: this.cursor, tag: this.tag })));
  }

  /** Resolves when more may be written: at once while fewer than ROOM_BYTES are unsent, else when the socket has drained or the stream has ended. */
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

  /** Writes a heartbeat. A live document older than `frameMaxMs` is ended instead and reloads itself, since a browser keeps all of it in memory. */
  heartbeat(frameMaxMs: number): void {
    const { format } = this.listener;
    if (!this.isStarted || format === 'text') return; // plain text has no comments; TCP keep-alive detects dead connections
    if (!isFrame(format)) this.write(this.#heartbeat());
    else if (performance.now() - this.#startedAt > frameMaxMs) this.endForReload();
    else this.write(HTML_COMMENT);
  }

  #heartbeat(): string {
    const text = this.pendingId ? sseId(this.pendingId()) : SSE_COMMENT;
    this.pendingId = undefined;
    return text;
  }

  /** Writes `reset` and ends: the client's cursor is not valid here, or too far behind. A page then reloads. */
  reset(): void {
    this.#meters.resets += 1;
    this.write(endingEvent(this.listener.format, 'reset'));
    this.end();
  }

  /** Writes `closed` and ends: the client must not reconnect. */
  revoke(ending: Exclude<Ending, 'reset'>): void {
    this.write(endingEvent(this.listener.format, ending));
    this.end();
  }

  expel(): void {
    this.revoke('deleted');
  }

  /** Ends the live document with a refresh after 1 s. The refresh in its head has a longer delay: it serves when the server died. */
  endForReload(): void {
    this.write(RELOAD_SOON);
    this.end();
  }

  /** Ends the stream; the client may reconnect. */
  end(): void {
    if (!this.#isOpen) return;
    if (this.#isChunked) this.#socket?.write(LAST_CHUNK);
    if (this.#socket) endSoon(this.#socket);
    this.#onEnd();
  }

  /** Destroys the socket without waiting for the reader. */
  #cutOff(): void {
    this.#meters.slowReaders += 1;
    this.#socket?.destroy();
    this.#onEnd();
  }

  #onEnd(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#socket) this.#meters.streams[kindOf(this.listener.format)] -= 1;
    for (const ending of this.#endings.splice(0)) ending();
  }
}
