import { HEARTBEAT_MS, LONGEST_SILENCE_MS } from './bounds.ts';
import { Pipe, Refused } from './pipe.ts';
import type { Headers, World } from './world.ts';

/** The parser of one kind of stream, kept over all connections; `begin` is called for each new one. */
type Understanding = {
  /** The request that continues the stream. */
  readonly begin: () => Promise<{ readonly path: string; readonly headers?: Headers }>;
  readonly take: (text: string) => void;
  /** The connection has ended: discards an incomplete frame. */
  readonly end?: () => Promise<void> | void;
  /** The seq up to which nothing is missing. */
  readonly position: () => number;
  readonly hasHeartbeat: boolean;
  /** A reader of the entries that this stream leaves out; they count once that reader has them. */
  readonly beside?: Reader;
};

/** Follows the group by one kind of stream; reconnects to the next server whenever the stream ends. */
export class Reader {
  readonly name: string;
  readonly #world: World;
  readonly #credentials: Headers;
  readonly #understanding: Understanding;
  readonly #watch: NodeJS.Timeout;
  #pipe: Pipe | undefined;
  #attempt: number;
  #isClosed = false;
  #waiting: { readonly seq: number; readonly resolve: () => void }[] = [];
  /** Number of streams opened. */
  connections = 0;
  #onByte: (() => void)[] = [];
  #onOpen: ((pipe: Pipe) => void)[] = [];

  constructor(world: World, name: string, credentials: Headers, understanding: Understanding, firstServer: number) {
    this.name = name;
    this.#world = world;
    this.#credentials = credentials;
    this.#understanding = understanding;
    this.#attempt = firstServer;
    this.#watch = setInterval(() => this.#checkSilence(this.#pipe?.silence ?? 0), HEARTBEAT_MS).unref();
  }

  get pipe(): Pipe | undefined {
    return this.#pipe;
  }

  /** The open stream, or the next one. */
  open(): Promise<Pipe> {
    return this.#pipe ? Promise.resolve(this.#pipe) : new Promise((resolve) => this.#onOpen.push(resolve));
  }

  async run(): Promise<void> {
    const { environment, ledger } = this.#world;
    try {
      while (!this.#isClosed) {
        await environment.someUp();
        this.#attempt += environment.isUp(this.#attempt + 1) ? 1 : 2;
        await this.#follow(environment.url(this.#attempt));
      }
    } catch (error) {
      ledger.fail(new Error(`reader ${this.name}: ${error}`, { cause: error }));
    }
  }

  async #follow(base: string): Promise<void> {
    const { path, headers } = await this.#understanding.begin();
    const pipe = await this.#open(new URL(path, base), { ...this.#credentials, ...headers });
    if (!pipe) return;
    this.#pipe = pipe;
    this.connections += 1;
    for (const resolve of this.#onOpen.splice(0)) resolve(pipe);
    if (this.#isClosed) pipe.close();
    await pipe.ended;
    this.#pipe = undefined;
    await this.#understanding.end?.();
  }

  /** Undefined when no server answers, or one answers 503. */
  async #open(url: URL, headers: Headers): Promise<Pipe | undefined> {
    const onText = (text: string): void => {
      this.#understanding.take(text);
      this.#wake();
    };
    try {
      return await Pipe.open(url, headers, { onText, onSilence: (ms) => this.#hear(ms) });
    } catch (error) {
      if (error instanceof Refused && error.status !== 503) throw error;
      return undefined;
    }
  }

  #hear(ms: number): void {
    this.#checkSilence(ms);
    for (const resolve of this.#onByte.splice(0)) resolve();
  }

  /** Resolves with the next byte, a heartbeat when nobody writes; at once for a stream without heartbeats. */
  async heartbeat(): Promise<void> {
    if (!this.#understanding.hasHeartbeat) return;
    const heard = new Promise<void>((resolve) => this.#onByte.push(resolve));
    await this.#world.ledger.inTime(`a heartbeat at ${this.name}`, heard, LONGEST_SILENCE_MS);
  }

  #checkSilence(ms: number): void {
    if (!this.#understanding.hasHeartbeat) return;
    const { ledger } = this.#world;
    ledger.most('longest silence on a stream, ms', ms);
    ledger.expect(ms < LONGEST_SILENCE_MS, () => `reader ${this.name} heard nothing for ${Math.round(ms)} ms`);
  }

  /** Resolves once it has everything up to `seq`. */
  async reach(seq: number): Promise<void> {
    await this.#understanding.beside?.reach(seq); // it may be the last to get the entry, and nothing else would check this reader
    if (this.#understanding.position() >= seq) return;
    const reached = new Promise<void>((resolve) => this.#waiting.push({ seq, resolve }));
    await this.#world.ledger.inTime(`reader ${this.name} to reach #${seq}`, reached, undefined, () => this.#whereabouts());
  }

  #whereabouts(): string {
    const { pipe } = this;
    const how = pipe
      ? `its stream of ${Math.round(performance.now() - pipe.openedAt)} ms was silent for ${Math.round(pipe.silence)} ms`
      : 'without a stream';
    return `it is at #${this.#understanding.position()}, ${how}`;
  }

  #wake(): void {
    const position = this.#understanding.position();
    for (const { seq, resolve } of this.#waiting) if (position >= seq) resolve();
    this.#waiting = this.#waiting.filter(({ seq }) => position < seq);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#watch);
    this.#pipe?.close();
  }
}
