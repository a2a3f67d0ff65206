import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { eventually } from '../helpers/eventually.ts';

/** A request over a socket of its own whose body comes in pieces, or never to its end; closed with the test. */
export class SlowSender {
  readonly socket: Socket;
  answer = '';
  isClosed = false;

  constructor(t: Pick<ExecutionContext, 'teardown'>, url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    t.teardown(() => this.socket.destroy());
    this.socket
      .on('error', () => {})
      .on('data', (chunk) => {
        this.answer += chunk;
      });
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  async connected(): Promise<this> {
    if (this.socket.connecting) await once(this.socket, 'connect');
    return this;
  }

  /** Sends the head of a request. */
  head(line: string, headers: Readonly<Record<string, string | number>> = {}): this {
    const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`);
    return this;
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  chunk(bytes: string): this {
    return this.send(`${bytes.length.toString(16)}\r\n${bytes}\r\n`);
  }

  /** The status of the answer so far. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.answer)?.[1] ?? 0);
  }

  /** Resolves to the status, 0 without an answer, once the server has closed the connection. */
  async closed(): Promise<number> {
    await eventually(() => this.isClosed);
    return this.status;
  }

  /** Resolves to the status once an answer has come; to 0 when the connection is closed before. */
  async answered(): Promise<number> {
    await eventually(() => this.status > 0 || this.isClosed);
    return this.status;
  }
}
