import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import type { Headers } from './world.ts';

/** The server refused a stream. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(`a stream was answered ${status}: ${text.slice(0, 300)}`);
    this.status = status;
  }
}

type Dependencies = {
  readonly onText: (text: string) => void;
  /** Called with each chunk: the silence before it, ms. */
  readonly onSilence: (ms: number) => void;
};

/** One open stream on its own connection, which can be cut at any byte or paused. */
export class Pipe {
  /** Resolves when the connection has ended, by either side. */
  readonly ended: Promise<void>;
  readonly openedAt = performance.now();
  readonly port: number;
  readonly #request: ClientRequest;
  readonly #response: IncomingMessage;
  readonly #parts: Dependencies;
  readonly #decoder = new TextDecoder();
  #lastAt = performance.now();
  #bytesLeft = Number.POSITIVE_INFINITY;
  #isPaused = false;
  #resumedAt = Number.NEGATIVE_INFINITY;

  private constructor(request: ClientRequest, response: IncomingMessage, parts: Dependencies) {
    this.#request = request;
    this.#response = response;
    this.#parts = parts;
    this.port = response.socket.localPort ?? 0;
    this.ended = new Promise((resolve) => void response.once('close', resolve));
    response.on('error', () => {}).on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** Errors: Refused for another status; the error of the socket without a connection. */
  static async open(url: URL, headers: Headers, parts: Dependencies): Promise<Pipe> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = get(url, { headers, agent: false }, resolve).on('error', reject);
    const response = await promise;
    if (response.statusCode === 200) return new Pipe(request, response, parts);
    let text = '';
    for await (const chunk of response) text += String(chunk);
    throw new Refused(response.statusCode ?? 0, text);
  }

  #take(bytes: Buffer): void {
    const now = performance.now();
    this.#parts.onSilence(now - this.#lastAt);
    this.#lastAt = now;
    const taken = bytes.subarray(0, this.#bytesLeft);
    this.#bytesLeft -= taken.length;
    this.#parts.onText(this.#decoder.decode(taken, { stream: true }));
    if (this.#bytesLeft <= 0) this.close();
  }

  /** Start of uninterrupted reading, ms of performance.now(). */
  get readSince(): number {
    return Math.max(this.openedAt, this.#resumedAt);
  }

  /** Time since the last byte, ms; 0 while paused. */
  get silence(): number {
    return this.#isPaused ? 0 : performance.now() - this.#lastAt;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Ends the connection after this number of further bytes; later bytes are discarded. */
  cutAfter(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  pause(): void {
    this.#isPaused = true;
    this.#response.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#lastAt = performance.now();
    this.#resumedAt = this.#lastAt;
    this.#response.resume();
  }

  close(): void {
    this.#bytesLeft = 0;
    this.#request.destroy();
  }
}
