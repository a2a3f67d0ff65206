import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { BSON } from 'mongodb';
import type { Service } from '../helpers/services.ts';

export type Command = Readonly<Record<string, unknown>>;

const OP_MSG = 2013;
const HEADER_BYTES = 16;
const FLAGS_BYTES = 4;

/** A proxy of a MongoDB server that records every command. */
export async function tapped(
  t: ExecutionContext,
  service: Service,
): Promise<{ readonly port: number; readonly commands: readonly Command[] }> {
  const commands: Command[] = [];
  const { hostname, port } = new URL(service.url);
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let rest = Buffer.alloc(0);
    client.on('data', (chunk) => {
      rest = readMessages(Buffer.concat([rest, chunk]), commands);
      upstream.write(chunk);
    });
    upstream.pipe(client);
    for (const socket of [client, upstream])
      socket.on('error', () => {}).on('close', () => [client, upstream].map((each) => each.destroy()));
    clients.add(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    server.close();
    for (const client of clients) client.destroy();
  });
  return { port: (server.address() as AddressInfo).port, commands };
}

/** Takes whole messages off the front (MongoDB wire protocol, OP_MSG); resolves to what is left. */
function readMessages(bytes: Buffer<ArrayBuffer>, commands: Command[]): Buffer<ArrayBuffer> {
  let rest = bytes;
  while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
    const message = rest.subarray(0, rest.readInt32LE(0));
    rest = rest.subarray(message.length);
    const section = message.subarray(HEADER_BYTES + FLAGS_BYTES);
    if (message.readInt32LE(12) === OP_MSG && section[0] === 0)
      commands.push(BSON.deserialize(section.subarray(1, 1 + section.readInt32LE(1))));
  }
  return rest;
}
