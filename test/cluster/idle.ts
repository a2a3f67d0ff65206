import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { Client } from '../helpers/client.ts';

const MAY_IDLE_MS = 9000;

/** A keep-alive client that opens a new connection only after `Connection: close`. */
export class IdleConnection {
  /** The statuses; 0 for a connection that ended without a response. */
  readonly statuses: number[] = [];
  readonly #t: ExecutionContext;
  readonly #who: Client;
  #socket: Socket | undefined;
  #usedAt = 0;

  private constructor(t: ExecutionContext, who: Client) {
    this.#t = t;
    this.#who = who;
  }

  static async open(t: ExecutionContext, who: Client): Promise<IdleConnection> {
    const connection = new IdleConnection(t, who);
    await connection.ask();
    return connection;
  }

  /** Resolves with the response or the end of the connection. */
  async ask(): Promise<void> {
    if (this.#socket?.closed) return this.#askAnew();
    const socket = this.#socket ?? (await this.#connect());
    const { promise: over, resolve: isOver } = Promise.withResolvers<string>();
    let answer = '';
    const read = (chunk: string): void => {
      answer += chunk;
      if (/\r\n\r\n.*"status":"ok"|\r\n\r\n.*ok/s.test(answer)) isOver(answer);
    };
    const end = (): void => isOver(answer);
    socket.on('data', read).once('close', end);
    socket.write(`GET /healthz HTTP/1.1\r\nHost: ${new URL(this.#who.url).host}\r\n\r\n`);
    const text = await over;
    socket.off('data', read).off('close', end);
    this.#usedAt = performance.now();
    this.statuses.push(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0));
    if (/^Connection: close/im.test(text)) this.#socket = undefined;
  }

  /** The server may close a connection that was idle for 10 s, but not earlier. */
  async #askAnew(): Promise<void> {
    this.#socket = undefined;
    if (performance.now() - this.#usedAt < MAY_IDLE_MS) this.statuses.push(0);
    else await this.ask();
  }

  async #connect(): Promise<Socket> {
    const { hostname, port } = new URL(this.#who.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    this.#t.teardown(() => socket.destroy());
    socket.on('error', () => {}); // `close` follows
    await once(socket, 'connect');
    this.#socket = socket;
    return socket;
  }
}
