import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** A request with a connection of its own. `fetch` would reuse connections, and its first use is slow. */
type ProbeRequest = {
  readonly url: string;
  readonly token?: string;
  /** Sent as JSON with POST. */
  readonly body?: object;
};

/** A response that is being received. Times are those of `performance.now()`. */
export class Incoming {
  readonly status: number;
  /** When its headers were received. */
  readonly at: number;
  readonly #message: IncomingMessage;
  #text = '';
  /** The length of the text after each chunk. */
  readonly #arrivals: { readonly length: number; readonly at: number }[] = [];
  #isOver = false;

  constructor(message: IncomingMessage) {
    this.at = performance.now();
    this.status = message.statusCode ?? 0;
    this.#message = message.setEncoding('utf8');
    message.on('data', (text: string) => {
      this.#text += text;
      this.#arrivals.push({ length: this.#text.length, at: performance.now() });
    });
    message.on('error', () => {}); // aborted: 'close' follows
    message.once('close', () => {
      this.#isOver = true;
    });
  }

  /** When `text` was received, also if before this call; undefined if not within `ms` or not before the response ended. */
  async receivedAt(text: string, ms: number): Promise<number | undefined> {
    const signal = AbortSignal.timeout(ms);
    while (!this.#text.includes(text)) {
      if (this.#isOver || signal.aborted) return undefined;
      await Promise.race([once(this.#message, 'data', { signal }), once(this.#message, 'close', { signal })]).catch(() => {});
    }
    const end = this.#text.indexOf(text) + text.length;
    return this.#arrivals.find(({ length }) => length >= end)?.at;
  }

  /** The whole response if it ends within `ms`, else what has been received. */
  async whole(ms: number): Promise<string> {
    if (!this.#isOver) await once(this.#message, 'close', { signal: AbortSignal.timeout(ms) }).catch(() => {});
    return this.#text;
  }

  close(): void {
    this.#message.destroy();
  }
}

/** Resolves when the response headers are received; rejects if that takes longer than `ms`. */
export async function ask({ url, token, body }: ProbeRequest, ms: number): Promise<Incoming> {
  const headers = {
    Accept: 'application/json, text/event-stream, text/html',
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
  };
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const asking = request(url, { method: body === undefined ? 'GET' : 'POST', agent: false, headers, timeout: ms });
  asking.once('timeout', () => asking.destroy(new Error(`no answer within ${ms} ms`)));
  asking.end(body === undefined ? undefined : JSON.stringify(body));
  const [message] = (await once(asking, 'response')) as [IncomingMessage];
  asking.setTimeout(0).on('error', () => {});
  return new Incoming(message);
}
