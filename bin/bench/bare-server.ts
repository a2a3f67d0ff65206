/**
 * The baseline: a bare Node.js http server that holds event streams and writes one Buffer per message to each socket of a group.
 * It does not authorise and stores nothing. With `BATCH=1` all messages of one event loop turn are one write; with `FILE`
 * each message is appended to that file, with fdatasync, before the response.
 * GET /<group> opens a stream; with Last-Event-ID it gets the messages it missed, of the last 1,000. POST /<group> sends the body to the group.
 */
import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

type Group = { readonly sockets: Set<Socket>; readonly kept: Buffer[]; waiting: Buffer[]; last: number };

const isBatching = process.env.BATCH === '1';
const file = process.env.FILE ? openSync(process.env.FILE, 'a') : undefined;
const groups = new Map<string, Group>();
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n:\n\n';
const KEPT = 1000;

function groupAt(name: string): Group {
  const group = groups.get(name) ?? { sockets: new Set(), kept: [], waiting: [], last: 0 };
  groups.set(name, group);
  return group;
}

function open(group: Group, request: IncomingMessage): void {
  const { socket } = request;
  const missed = group.last - Number(request.headers['last-event-id'] ?? group.last);
  socket.setTimeout(0).setNoDelay(true);
  socket.write(missed > 0 ? Buffer.concat([Buffer.from(HEAD), ...group.kept.slice(-missed)]) : HEAD);
  group.sockets.add(socket);
  socket.once('close', () => group.sockets.delete(socket)).on('error', () => {});
}

function send(group: Group, text: string): void {
  group.last += 1;
  const frame = Buffer.from(`id: ${group.last}\ndata: ${text}\n\n`);
  group.kept.push(frame);
  if (group.kept.length > KEPT) group.kept.shift();
  if (!isBatching) write(group, frame);
  else if (group.waiting.push(frame) === 1) setImmediate(() => write(group, Buffer.concat(group.waiting.splice(0))));
}

function write(group: Group, bytes: Buffer): void {
  for (const socket of group.sockets) socket.write(bytes);
}

async function onPost(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  if (file !== undefined) {
    writeSync(file, text);
    fdatasyncSync(file);
  }
  send(groupAt(request.url ?? '/'), text);
  response.writeHead(204).end();
}

const server = createServer((request, response) => {
  if (request.method === 'POST') void onPost(request, response);
  else open(groupAt(request.url ?? '/'), request);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.once('SIGTERM', () => process.exit(0));
