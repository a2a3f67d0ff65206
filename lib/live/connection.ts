import type { ServerResponse } from 'node:http';
import type { UserId } from '../ids.ts';
import type { StreamFormat } from './batch.ts';
import { HTML_COMMENT, RELOAD_SOON, SSE_COMMENT, sseFrame } from './frame.ts';

/** A reader that leaves more than this unread (bytes) is cut off; it comes back with its cursor. */
export const MOST_WAITING_BYTES = 1024 * 1024;
/** An HTML document that never ends is ended after so much, and loads itself again with the newest. */
const FRAME_MOST_BYTES = 2 * 1024 * 1024;
/** How long a reader may take for the rest once its stream is over. */
const LINGER_MS = 5000;

export type Listener = {
  readonly user: UserId;
  /** The session's or token's hash: what a revocation names. */
  readonly ref: string;
  readonly format: StreamFormat;
};

/** One open stream: a response that entries are written to, and how far it has come. Until it has started, nothing is written and another may answer. */
export class Connection {
  readonly listener: Listener;
  readonly #response: ServerResponse;
  /** The last seq written. */
  cursor = 0;
  /** The log's end when membership was checked: a `leave` after it closes the stream, one before it was another time. */
  authorisedAt = 0;
  readonly #endings: (() => void)[] = [];
  #isOpen: boolean;
  #isStarted = false;
  #bytes = 0;

  constructor(listener: Listener, response: ServerResponse) {
    this.listener = listener;
    this.#response = response;
    this.#isOpen = !response.destroyed; // a reader may have left before its stream is there
    response.once('close', () => this.#over());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Calls `ending` once, when the stream is over for whatever reason; now, if it is already. */
  atEnd(ending: () => void): void {
    if (this.#isOpen) this.#endings.push(ending);
    else ending();
  }

  /** Lets `begin` send the head of the answer; from here on the response is this stream's. */
  start(begin: (response: ServerResponse) => void): void {
    begin(this.#response);
    this.#isStarted = true;
  }

  write(bytes: Buffer | string): void {
    if (!this.#isOpen || !this.#isStarted || bytes.length === 0) return;
    // What waits from before: that one write is large is no sign of a slow reader.
    if (this.#response.writableLength > MOST_WAITING_BYTES) this.#destroy();
    else this.#response.write(bytes);
    this.#bytes += bytes.length;
    if (this.listener.format === 'frame' && this.#bytes > FRAME_MOST_BYTES) this.end();
  }

  /** Resolves when what was written has left, or the stream is over. */
  async drained(): Promise<void> {
    if (!this.#isOpen || !this.#response.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#response.off('drain', done).off('close', done);
        resolve();
      };
      this.#response.on('drain', done).on('close', done);
    });
  }

  beat(): void {
    if (this.listener.format === 'text') return; // nothing invisible can be written there; TCP keep-alive finds the dead
    this.write(this.listener.format === 'frame' ? HTML_COMMENT : SSE_COMMENT);
  }

  /** Tells the page to load itself anew: its cursor means nothing here, or it is too far behind. */
  reset(): void {
    this.#say('reset', 'load the page again');
    this.end();
  }

  /** Ends it for good: a client that understands does not come back. */
  revoke(reason: string): void {
    this.#say('closed', reason);
    this.end();
  }

  #say(event: string, reason: string): void {
    if (this.listener.format === 'html' || this.listener.format === 'json') this.write(sseFrame(reason, { event }));
  }

  /** Ends the document without JavaScript so that it soon loads itself again. The refresh in its head waits longer: it is for servers that died. */
  endForReload(): void {
    this.write(RELOAD_SOON);
    this.end();
  }

  /** Ends it; the client may come back. */
  end(): void {
    if (!this.#isOpen) return;
    if (this.#isStarted) this.#endResponse();
    this.#over();
  }

  #endResponse(): void {
    const timer = setTimeout(() => this.#response.destroy(), LINGER_MS).unref();
    this.#response.once('close', () => clearTimeout(timer)).end();
  }

  /** Drops it without waiting for the reader. */
  #destroy(): void {
    this.#response.destroy();
    this.#over();
  }

  #over(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const ending of this.#endings.splice(0)) ending();
  }
}
