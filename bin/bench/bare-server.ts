/**
 * What everything is compared with: a bare Node http server that holds event streams and writes one Buffer per message to each socket of a room.
 * It authorises nobody, stores nothing, and forgets. With `BATCH=1` all messages of a turn of the event loop go out in one write; with `FILE`
 * each message is appended there, with fdatasync, before it is answered.
 * GET /<room> opens a stream; with Last-Event-ID it gets what it missed of the last 1,000 messages. POST /<room> sends the body to the room.
 */
import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

type Room = { readonly sockets: Set<Socket>; readonly kept: Buffer[]; waiting: Buffer[]; last: number };

const isBatching = process.env.BATCH === '1';
const file = process.env.FILE ? openSync(process.env.FILE, 'a') : undefined;
const rooms = new Map<string, Room>();
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n:\n\n';
const KEPT = 1000;

function roomAt(name: string): Room {
  const room = rooms.get(name) ?? { sockets: new Set(), kept: [], waiting: [], last: 0 };
  rooms.set(name, room);
  return room;
}

function open(room: Room, request: IncomingMessage): void {
  const { socket } = request;
  const missed = room.last - Number(request.headers['last-event-id'] ?? room.last);
  socket.setTimeout(0).setNoDelay(true);
  socket.write(missed > 0 ? Buffer.concat([Buffer.from(HEAD), ...room.kept.slice(-missed)]) : HEAD);
  room.sockets.add(socket);
  socket.once('close', () => room.sockets.delete(socket)).on('error', () => {});
}

function send(room: Room, text: string): void {
  room.last += 1;
  const frame = Buffer.from(`id: ${room.last}\ndata: ${text}\n\n`);
  room.kept.push(frame);
  if (room.kept.length > KEPT) room.kept.shift();
  if (!isBatching) write(room, frame);
  else if (room.waiting.push(frame) === 1) setImmediate(() => write(room, Buffer.concat(room.waiting.splice(0))));
}

function write(room: Room, bytes: Buffer): void {
  for (const socket of room.sockets) socket.write(bytes);
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  if (file !== undefined) {
    writeSync(file, text);
    fdatasyncSync(file);
  }
  send(roomAt(request.url ?? '/'), text);
  response.writeHead(204).end();
}

const server = createServer((request, response) => {
  if (request.method === 'POST') void take(request, response);
  else open(roomAt(request.url ?? '/'), request);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.once('SIGTERM', () => process.exit(0));
