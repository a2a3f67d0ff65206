import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What is asked of a server, over a connection of its own: `fetch` would share one, and its first use is slow. */
export type Asked = {
  readonly url: string;
  readonly token?: string;
  /** Sent as JSON with POST. */
  readonly body?: object;
};

/** An answer as it comes in. Times are those of `performance.now()`. */
export class Incoming {
  readonly status: number;
  /** When its head was here. */
  readonly at: number;
  readonly #message: IncomingMessage;
  #text = '';
  /** How long the text was at which times. */
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
    message.on('error', () => {}); // cut off: it is over
    message.once('close', () => {
      this.#isOver = true;
    });
  }

  /** When `text` came, which may be before this is asked; undefined when it has not come within `ms`, or the answer ended without it. */
  async whenSaid(text: string, ms: number): Promise<number | undefined> {
    const signal = AbortSignal.timeout(ms);
    while (!this.#text.includes(text)) {
      if (this.#isOver || signal.aborted) return undefined;
      await Promise.race([once(this.#message, 'data', { signal }), once(this.#message, 'close', { signal })]).catch(() => {});
    }
    const end = this.#text.indexOf(text) + text.length;
    return this.#arrivals.find(({ length }) => length >= end)?.at;
  }

  /** All of it, when it ends within `ms`, else what has come. */
  async whole(ms: number): Promise<string> {
    if (!this.#isOver) await once(this.#message, 'close', { signal: AbortSignal.timeout(ms) }).catch(() => {});
    return this.#text;
  }

  close(): void {
    this.#message.destroy();
  }
}

/** Resolves when the head of the answer is here; rejects when there is none within `ms`. */
export async function ask({ url, token, body }: Asked, ms: number): Promise<Incoming> {
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
