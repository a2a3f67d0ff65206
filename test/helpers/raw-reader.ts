import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { Client } from './client.ts';
import { eventually } from './eventually.ts';

/** A request over a TCP socket whose response is read only after `read()`; destroyed with the test. */
export class RawReader {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  isClosed = false;

  constructor(t: ExecutionContext, client: Client, path: string, method = 'GET') {
    const { hostname, port } = new URL(client.url);
    this.socket = connect(Number(port), hostname);
    t.teardown(() => this.socket.destroy());
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.socket.on('error', () => {});
    this.socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nCookie: ${client.cookieHeader}\r\nAccept: text/event-stream\r\n\r\n`,
    );
  }

  /** Starts to read the response. */
  read(): this {
    this.socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    return this;
  }

  /** What was received so far, with the head. */
  get text(): string {
    return this.received.toString('utf8');
  }

  /** Resolves to the text received once `found` is true of it. Throws when the connection is closed before. */
  async until(found: (text: string) => boolean): Promise<string> {
    await eventually(() => found(this.text) || this.isClosed);
    if (!found(this.text)) throw new Error(`the connection was closed after ${this.received.length} bytes`);
    return this.text;
  }

  /** Resolves to all that was received, once the connection is closed. */
  async closed(): Promise<string> {
    await eventually(() => this.isClosed);
    return this.text;
  }
}
