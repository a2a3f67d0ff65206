import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import type { ExecutionContext } from 'ava';

/** The response for a name: its addresses, or none at all. A name without an entry does not exist. */
export type Zone = Readonly<Record<string, readonly string[] | 'silence'>>;

const [A, AAAA, NXDOMAIN] = [1, 28, 3];

/** A DNS server on a free UDP port of 127.0.0.1 (RFC 1035). */
export class NameServer {
  readonly address: string;
  /** The queried names, in order. */
  readonly asked: string[] = [];
  readonly #socket: Socket;
  readonly #zone: Zone;
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket, zone: Zone) {
    this.#socket = socket;
    this.#zone = zone;
    this.address = `127.0.0.1:${socket.address().port}`;
    socket.on('message', (query, from) => this.#take(query, from));
  }

  static async open(t: Pick<ExecutionContext, 'teardown'>, zone: Zone): Promise<NameServer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    t.teardown(() => socket.close());
    return new NameServer(socket, zone);
  }

  /** Resolves once `condition` holds, asked again at each query. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #take(query: Buffer, from: RemoteInfo): void {
    const { name, type, end } = questionOf(query);
    this.asked.push(name);
    const found = this.#zone[name];
    if (found !== 'silence') this.#socket.send(answerTo(query.subarray(0, end), type, found), from.port, from.address);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** `question`: header and question as they came. */
function answerTo(question: Buffer, type: number, addresses: readonly string[] | undefined): Buffer {
  const records = (addresses ?? []).filter((one) => (isIPv4(one) ? A : AAAA) === type).map((one) => recordOf(type, one));
  const header = Buffer.from(question);
  header.writeUInt16BE(0x8180 | (addresses ? 0 : NXDOMAIN), 2);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8); // no authority, no additional records
  return Buffer.concat([header, ...records]);
}

function recordOf(type: number, address: string): Buffer {
  const data =
    type === A ? address.split('.').map(Number) : address.split(':').flatMap((part) => [...Buffer.from(part.padStart(4, '0'), 'hex')]);
  return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length, ...data]);
}
