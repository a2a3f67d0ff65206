import { Duplex } from 'node:stream';
import type { World } from './world.ts';

/** Bytes that the socket of a slow reader buffers before the server has unsent data. */
const SOCKET_BYTES = 16_384;

/** The server's end of a connection: each chunk is one step; a slow reader takes none. */
export class Socket extends Duplex {
  readonly #world: World;
  readonly #onText: (text: string) => void;
  #isSlow: boolean;
  #waiting: (() => void)[] = [];
  #text = '';
  #isBody = false;

  constructor(world: World, isSlow: boolean, onText: (text: string) => void) {
    super({ writableHighWaterMark: SOCKET_BYTES, allowHalfOpen: true });
    this.#world = world;
    this.#isSlow = isSlow;
    this.#onText = onText;
  }

  slow(isSlow: boolean): void {
    this.#isSlow = isSlow;
    if (!isSlow) for (const go of this.#waiting.splice(0)) go();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    void this.#pass(chunk.toString('utf8')).then(done);
  }

  async #pass(text: string): Promise<void> {
    await this.#world.step('a reader reads');
    if (this.#isSlow) await new Promise<void>((go) => this.#waiting.push(go));
    if (!this.destroyed) this.#take(text);
  }

  /** Parses the response head, then complete events; keeps an incomplete one. */
  #take(text: string): void {
    this.#text += text;
    if (!this.#isBody) {
      const end = this.#text.indexOf('\r\n\r\n');
      if (end === -1) return;
      this.#onText(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 4);
      this.#isBody = true;
    }
    const whole = this.#text.lastIndexOf('\n\n') + 2;
    if (whole < 2) return;
    this.#onText(this.#text.slice(0, whole));
    this.#text = this.#text.slice(whole);
  }

  // Other socket methods that the HTTP server calls.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }
}
