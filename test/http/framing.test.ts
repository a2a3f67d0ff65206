import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let token: string;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
  const { text } = await ann.form('/settings/tokens', { name: 'raw' });
  token = /value="([A-Za-z0-9]{40})"/.exec(text)?.[1] ?? '';
});
test.after.always(() => site.close());

/** Sends bytes as they are, and resolves to all that comes back until the server ends the connection. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes);
  return textOf(socket);
}

const statusesIn = (answers: string): string[] => [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);
const messageCount = async (): Promise<string | null> =>
  (await ann.get('/groups/lobby/messages', 'application/json')).headers.get('x-total-count');

/** By each way a request takes: the layers, a stream and a post on the fast path, a static file. */
const REQUESTS: [what: string, line: string, more: string, body: string, status: string][] = [
  ['a page', 'GET /login', '', '', '200'],
  ['a health check', 'GET /healthz', '', '', '200'],
  ['a file', 'GET /static/none.js', '', '', '404'],
  ['a stream that is refused', 'GET /groups/lobby/events', '', '', '401'],
  ['a post by token', 'POST /groups/lobby/messages', 'Content-Type: text/plain\r\nContent-Length: 2\r\n', 'hi', '201'],
];

for (const [what, line, more, body, status] of REQUESTS)
  test.serial(`${what} with two Host headers, or none that is a host, is refused; with one it is served`, async (t) => {
    const send = (hosts: string): Promise<string> => {
      const auth = line.startsWith('POST') ? `Authorization: Bearer ${token}\r\n` : '';
      return raw(`${line} HTTP/1.1\r\n${hosts}${auth}${more}Connection: close\r\n\r\n${body}`);
    };
    for (const hosts of [
      'Host: localhost\r\nHost: localhost\r\n',
      'Host: localhost\r\nhost: evil.example\r\n',
      'Host: localhost, x\r\n',
      'Host: localhost/y\r\n',
      'Host: a b\r\n',
      'Host: u@localhost\r\n',
      '',
    ]) {
      const before = await messageCount();
      t.deepEqual(statusesIn(await send(hosts)), ['400'], JSON.stringify(hosts));
      t.is(await messageCount(), before);
    }
    for (const host of ['localhost', 'localhost:3000', '127.0.0.1:80', '[::1]:3000', 'chat_a.localhost'])
      t.deepEqual(statusesIn(await send(`Host: ${host}\r\n`)), [status], host);
  });

test.serial('framing: a request refused for its Host ends the connection, whatever follows', async (t) => {
  const answers = await raw(
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  t.deepEqual(statusesIn(answers), ['400']);
  t.regex(answers, /^Content-Type: application\/problem\+json/im);
  const twice = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  t.deepEqual(statusesIn(await raw(twice)), ['200', '200']);
});

const HIDDEN = 'POST /groups/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n';
const FRAMINGS: [what: string, headers: string, body: string][] = [
  ['Content-Length and Transfer-Encoding', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['Transfer-Encoding and Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'],
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 7\r\n', 'hi'],
  ['a list of lengths', 'Content-Length: 2, 7\r\n', 'hi'],
  ['a length with a sign', 'Content-Length: +2\r\n', 'hi'],
  ['a coding after chunked', 'Transfer-Encoding: chunked, gzip\r\n', '2\r\nhi\r\n0\r\n\r\n'],
  ['an unknown coding', 'Transfer-Encoding: xchunked\r\n', '2\r\nhi\r\n0\r\n\r\n'],
  ['a space before the colon', 'Transfer-Encoding : chunked\r\n', '2\r\nhi\r\n0\r\n\r\n'],
  ['a chunk size that is none', 'Transfer-Encoding: chunked\r\n', '0x2\r\nhi\r\n0\r\n\r\n'],
  ['a header folded onto two lines', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'],
];

for (const [what, headers, body] of FRAMINGS)
  for (const path of ['/groups/lobby/messages', '/login'])
    test.serial(`POST ${path} with ${what} is refused and ends the connection`, async (t) => {
      const before = await messageCount();
      const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: text/plain\r\n`;
      t.deepEqual(statusesIn(await raw(`${head}${headers}\r\n${body}${HIDDEN}`)), ['400']);
      t.is(await messageCount(), before);
    });

test.serial('framing: a chunked request body is accepted', async (t) => {
  const head = `POST /groups/lobby/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: text/plain\r\n`;
  t.deepEqual(statusesIn(await raw(`${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhi\r\n0\r\n\r\n`)), ['201']);
});

test.serial('methods that would echo a request or open a tunnel are refused; a GET of the same page is served', async (t) => {
  for (const method of ['TRACE', 'TRACK', 'CONNECT']) {
    const answer = await raw(`${method} /login HTTP/1.1\r\nHost: localhost\r\nCookie: parley=in-the-request\r\nConnection: close\r\n\r\n`);
    t.regex(answer, /^(HTTP\/1\.1 4\d\d |$)/, method);
    t.false(answer.includes('in-the-request'), method);
  }
  t.deepEqual(statusesIn(await raw('GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')), ['200']);
});
