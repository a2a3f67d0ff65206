import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { Service } from './process.ts';

type Pair = readonly [Socket, Socket];

/** A TCP proxy between a client and a service that a test can break and repair. */
export class Wire {
  /** The URL of the service through the proxy. */
  readonly url: string;
  readonly #pairs = new Set<Pair>();
  #state: 'open' | 'cut' | 'held' = 'open';
  #delayMs = 0;
  #isLast: (request: Buffer) => boolean = () => false;
  #onLast = (): void => {};

  private constructor(url: string) {
    this.url = url;
  }

  /** `url`: of the service, where it is not the one that it names itself. Closed with the test. */
  static async open(t: Pick<ExecutionContext, 'teardown'>, service: Pick<Service, 'url'>): Promise<Wire> {
    const target = new URL(service.url);
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const own = new URL(service.url);
    own.port = String((server.address() as AddressInfo).port);
    if (own.protocol === 'mongodb:') own.searchParams.set('directConnection', 'true'); // otherwise the driver would connect to the address that the server names
    const wire = new Wire(own.href);
    server.on('connection', (client) => wire.#join(client, connect(Number(target.port), target.hostname)));
    t.teardown(() => {
      wire.cut();
      server.close();
    });
    return wire;
  }

  #join(client: Socket, upstream: Socket): void {
    const pair: Pair = [client, upstream];
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.on('error', () => {}).on('data', (chunk) => this.#pass(chunk, to, from === upstream));
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#state === 'cut') client.destroy();
    if (this.#state === 'held') for (const socket of pair) socket.pause();
  }

  #pass(chunk: Buffer, to: Socket, isAnswer: boolean): void {
    if (!isAnswer && this.#isLast(chunk)) {
      this.#isLast = () => false;
      this.cut();
      this.#onLast();
    } else if (isAnswer && this.#delayMs > 0) setTimeout(() => to.write(chunk), this.#delayMs).unref();
    else to.write(chunk);
  }

  /** What the service sends arrives so much later, ms. Only for a service that sends nothing before it is asked again. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Every connection ends, and so does every new one. */
  cut(): void {
    this.#state = 'cut';
    for (const [client] of this.#pairs) client.destroy();
  }

  /** Resolves when the client sends what `isLast` says: that does not pass, and the wire is cut. */
  cutAt(isLast: (request: Buffer) => boolean): Promise<void> {
    this.#isLast = isLast;
    return new Promise((resolve) => {
      this.#onLast = resolve;
    });
  }

  /** Nothing passes, and nobody is told so. */
  hold(): void {
    this.#state = 'held';
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** All is well again; what was held passes now. */
  restore(): void {
    this.#state = 'open';
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }
}
