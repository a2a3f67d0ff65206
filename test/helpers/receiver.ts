import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

/** A call of an outgoing webhook. */
export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a payload it says itself
  readonly body: any;
};

/** The response of a bot: a status, a text, or a function that writes it. */
export type Answering =
  | number
  | string
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Uint8Array }
  | ((received: Received, response: ServerResponse) => unknown);

/** The HTTP server of a bot on a free port of 127.0.0.1. */
export class Receiver {
  readonly url: string;
  readonly received: Received[] = [];
  /** The responses to the next calls, in order; afterwards `usually`. */
  readonly answers: Answering[] = [];
  usually: Answering = 204;
  /** The current and the maximum number of concurrent calls. */
  open = 0;
  maxOpen = 0;
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bot`;
    server.on('request', (request, response) => void this.#take(request, response));
  }

  static async open(t: Pick<ExecutionContext, 'teardown'>): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new Receiver(server);
    t.teardown(() => receiver.close());
    return receiver;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Resolves once this number of calls has come in, to the last of them. */
  async call(count: number): Promise<Received> {
    for (;;) {
      const found = this.received[count - 1];
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open += 1;
    this.maxOpen = Math.max(this.maxOpen, this.open);
    response.once('close', () => {
      this.open -= 1;
    });
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { method = '', url: path = '' } = request;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const received = { method, path, headers, text, body: JSON.parse(text) };
    this.received.push(received);
    answer(this.answers.shift() ?? this.usually, received, response);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function answer(how: Answering, received: Received, response: ServerResponse): void {
  if (typeof how === 'function') how(received, response);
  else if (typeof how === 'number') response.writeHead(how).end();
  else if (typeof how === 'string') response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(how);
  else response.writeHead(how.status ?? 200, how.headers).end(how.body);
}
