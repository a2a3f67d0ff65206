import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** URL and headers of a request. */
export type Target = { readonly url: string; readonly headers?: Readonly<Record<string, string>> };

/** The bytes of a request; built once and sent many times. */
export function requestBytes(method: string, path: string, { url, headers = {} }: Target, body?: string): Buffer {
  const lines = Object.entries({
    Host: new URL(url).host,
    ...headers,
    ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
  });
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body ?? ''}`);
}

export async function dial({ url }: Target): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/** A keep-alive connection with one request at a time: a minimal client, so that the load costs little. */
export class Wire {
  readonly #socket: Socket;
  #head = '';
  #missing = 0;
  #status = 0;
  #answered: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => this.#answered?.reject(new Error('the server closed a kept connection')));
    socket.on('error', () => {});
  }

  /** Resolves to the status of the response when it is complete. */
  send(request: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      this.#socket.write(request);
    });
  }

  /** Resolves with the first packet of the response. */
  async first(request: Buffer): Promise<void> {
    this.#socket.write(request);
    const [bytes] = (await once(this.#socket, 'data')) as [Buffer];
    const head = bytes.subarray(0, 80).toString('latin1');
    if (!/^HTTP\/1.1 20[01] /.test(head)) throw new Error(`a request was answered ${head}`);
  }

  close(): void {
    this.#answered = undefined;
    this.#socket.destroy();
  }

  /** Reads responses with a Content-Length; the benchmark requests no others. */
  #read(chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#missing -= chunk.length;
    } else {
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end === -1) return;
      this.#status = Number(this.#head.slice(9, 12));
      this.#missing = Number(/^content-length: (\d+)/im.exec(this.#head.slice(0, end))?.[1] ?? 0) - (this.#head.length - end - 4);
      this.#head = '';
    }
    if (this.#missing > 0) return;
    const { resolve } = this.#answered ?? {};
    this.#answered = undefined;
    resolve?.(this.#status);
  }
}
