import type { User } from '../../lib/accounts/port.ts';
import type { StreamFormat } from '../../lib/live/formats.ts';
import type { Entry } from '../../lib/log/entry.ts';
import type { ModelProcess } from './process.ts';
import { Socket } from './socket.ts';
import type { World } from './world.ts';

/** An event of a stream: the seq, and for JSON the entry. */
type Heard = { readonly seq: number; readonly json: { readonly kind?: string; readonly body?: string } | undefined };

/** One connection. `authorisedAt`: the length of the log when the stream was authorised. */
export type Stay = { readonly after: number | undefined; authorisedAt: number | undefined; readonly heard: Heard[] };

type Wanted = {
  readonly isHonest: boolean;
  readonly world: World;
  readonly user: User;
  readonly slug: string;
  readonly format: 'json' | 'html';
  readonly lengthOfLog: () => number;
};

/** Delay of a browser before it reconnects, ms. */
const RETRY_MS = 300;

/**
 * A client of one stream, which comes back with its cursor whenever the stream ends, as an EventSource does, until it is told not to.
 */
export class Reader {
  readonly #wanted: Wanted;
  readonly stays: Stay[] = [];
  /** `closed`: the stream said so; `refused`: it was not let in. */
  state: 'open' | 'waiting' | 'closed' | 'refused' = 'waiting';
  resets = 0;
  #isReset = false;
  #socket: Socket | undefined;
  #process: ModelProcess | undefined;
  #isSlow = false;
  #last: number | undefined;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** Whether its first cursor was valid. */
  get isHonest(): boolean {
    return this.#wanted.isHonest;
  }

  get user(): User {
    return this.#wanted.user;
  }

  get format(): StreamFormat {
    return this.#wanted.format;
  }

  /** The last seq received. */
  get cursor(): number | undefined {
    return this.#last;
  }

  /** Whether it has received the log up to this length, or its stream was closed for good. */
  isAt(length: number): boolean {
    if (this.state === 'closed' || this.state === 'refused') return true;
    const stay = this.stays.at(-1);
    return this.state === 'open' && stay?.authorisedAt !== undefined && (this.#last ?? stay.after ?? stay.authorisedAt) >= length;
  }

  /** Whether its stream is open although its user has left. */
  isToGo(log: readonly Entry[]): boolean {
    return this.state === 'open' && log.findLast((entry) => 'member' in entry && entry.member === this.user.id)?.kind === 'leave';
  }

  /** Opens the stream at the process that `processOf` returns. */
  open(after: number | undefined, processOf: () => ModelProcess): void {
    this.state = 'open';
    const process = processOf();
    const stay: Stay = { after, authorisedAt: undefined, heard: [] };
    this.stays.push(stay);
    this.#process = process;
    const { user, slug, format, world, lengthOfLog } = this.#wanted;
    const onAuthorised = (): void => {
      stay.authorisedAt = lengthOfLog();
    };
    const path = process.expect({ user, slug, format, after, onAuthorised });
    this.#socket = new Socket(world, this.#isSlow, (text) => this.#hear(stay, text));
    this.#socket.once('close', () => this.#over(stay, processOf));
    process.server.emit('connection', this.#socket);
    this.#socket.push(`GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
  }

  /** Pauses or resumes reading. */
  slow(isSlow: boolean): void {
    this.#isSlow = isSlow;
    this.#socket?.slow(isSlow);
  }

  /** Breaks the connection; the reader reconnects. */
  break(): void {
    this.#socket?.destroy();
  }

  /** Its process has died. */
  lose(process: ModelProcess): void {
    if (this.#process === process) this.break();
  }

  #hear(stay: Stay, text: string): void {
    const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
    if (status === '404') this.state = 'refused';
    for (const frame of framesIn(text)) this.#frame(stay, frame);
  }

  #frame(stay: Stay, frame: ReadonlyMap<string, string>): void {
    if (frame.get('event') === 'closed') this.state = 'closed';
    if (frame.get('event') === 'reset') {
      this.resets += 1;
      this.#isReset = true;
    }
    const id = frame.get('id');
    if (id === undefined) return;
    this.#last = Number.parseInt(id, 10);
    const data = frame.get('data');
    if (data === undefined) return; // the cursor at the start of the stream
    stay.heard.push({ seq: this.#last, json: this.format === 'json' ? JSON.parse(data) : undefined });
  }

  #over(stay: Stay, processOf: () => ModelProcess): void {
    this.#socket = undefined;
    if (this.state !== 'open') return;
    this.state = 'waiting';
    const after = this.#isReset ? 0 : (this.#last ?? stay.after); // on `reset` a page reloads
    if (this.#isReset) this.#last = undefined;
    this.#isReset = false;
    void this.#wanted.world.time.after(RETRY_MS).then(() => this.open(after, processOf));
  }
}

/** The whole events in a stream so far, each as its fields. */
function* framesIn(text: string): Generator<ReadonlyMap<string, string>> {
  for (const frame of text.split('\n\n').slice(0, -1)) {
    const fields = frame.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const);
    yield new Map(fields);
  }
}
