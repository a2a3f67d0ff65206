import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
  await ann.json('POST', '/groups/lobby/messages', { body: 'hello' });
});
test.after.always(() => site.close());
test.afterEach('the server still answers', async (t) => {
  t.is((await ann.get('/groups/lobby')).status, 200);
});

const MB = 1024 * 1024;
const FORM = 'application/x-www-form-urlencoded';

/** Sends a body of unknown length in pieces of 64 KiB. */
async function sendChunked(path: string, type: string, size: number): Promise<{ status: number | undefined; text: string }> {
  const headers = { Cookie: ann.cookieHeader, 'Content-Type': type, Accept: 'application/json' };
  const sent = request(`${site.url}${path}`, { method: 'POST', headers });
  sent.on('error', () => {}); // the server need not read to the end
  for (let left = size; left > 0; left -= 65_536) sent.write('x'.repeat(Math.min(left, 65_536)));
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, text: await textOf(answer) };
}

test('request body: more than 1 MiB is refused, with or without Content-Length', async (t) => {
  for (const path of ['/groups/lobby/messages', '/login', '/settings/password']) {
    const declared = await ann.send(path, {
      method: 'POST',
      body: 'x'.repeat(MB + 1),
      headers: { Accept: 'application/json', 'Content-Type': FORM },
    });
    t.deepEqual([declared.status, declared.json().code], [413, 'tooLarge'], path);
    const chunked = await sendChunked(path, FORM, MB + 1);
    t.deepEqual([chunked.status, JSON.parse(chunked.text).code], [413, 'tooLarge'], path);
  }
  t.is((await sendChunked('/hooks/none', 'text/plain', 3 * MB)).status, 404, 'a hook looks at the token first');
  t.is((await sendChunked('/groups/lobby/messages', 'text/plain', MB)).status, 413, 'read, and too long for a message');
  t.is((await sendChunked('/groups/lobby/messages', 'text/plain', 60_000)).status, 201);
});

test('request body: a wrong Content-Length does no harm', async (t) => {
  for (const [length, body] of [
    ['5', 'body=hello'],
    ['500', 'body=hello'],
    ['-1', 'x'],
    ['0x10', 'x'],
    ['99999999999999999999', 'x'],
  ] as const) {
    const head = `POST /groups/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;
    const answer = await raw(`${head}${body}`);
    t.regex(answer, /^(HTTP\/1\.1 4\d\d |$)/, length);
  }
});

/** Writes bytes as they are, ends, and reads what comes back. */
async function raw(bytes: string | Buffer): Promise<string> {
  const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.end(bytes);
  return textOf(socket).catch(() => '');
}

const BROKEN: [what: string, type: string, body: string | Uint8Array, status: number][] = [
  ['JSON that ends early', 'application/json', '{"body":"x', 400],
  ['JSON that is a list', 'application/json', '["body"]', 400],
  ['JSON that is a word', 'application/json', 'null', 400],
  ['JSON as deep as it is long', 'application/json', `${'['.repeat(50_000)}`, 400],
  ['JSON with a prototype', 'application/json', '{"__proto__":{"body":"x"}}', 400],
  ['JSON with a constructor', 'application/json', '{"constructor":{"prototype":{"body":"x"}}}', 400],
  ['nothing as JSON', 'application/json', '', 400],
  ['multipart without a boundary', 'multipart/form-data', '--x\r\n\r\n--x--', 400],
  ['multipart that ends early', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nhel', 400],
  ['multipart that is not', 'multipart/form-data; boundary=x', 'body=hello', 400],
  ['multipart with a boundary of nothing', 'multipart/form-data; boundary=""', '----', 400],
  ['multipart without a name', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data\r\n\r\nhello\r\n--x--\r\n', 400],
  [
    'multipart with a file for a text',
    'multipart/form-data; boundary=x',
    '--x\r\nContent-Disposition: form-data; name="body"; filename="a"\r\n\r\nhello\r\n--x--\r\n',
    400,
  ],
  ['a form with half an escape', FORM, 'body=%E0%A4%A&x=%', 201],
  ['a form of one long name', FORM, 'a'.repeat(100_000), 400],
  ['a form of many names', FORM, 'a=1&'.repeat(100_000), 400],
  ['a form with a prototype', FORM, '__proto__[body]=x&__proto__=y', 400],
  [
    'bad UTF-8 in JSON',
    'application/json',
    Buffer.from([0x7b, 0x22, 0x62, 0x6f, 0x64, 0x79, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    201,
  ],
  ['bad UTF-8 in text', 'text/plain', Uint8Array.of(0x61, 0xc3, 0x28, 0xed, 0xa0, 0x80), 201],
  ['half of a pair in JSON', 'application/json', '{"body":"a\\ud83eb"}', 201],
  ['an unknown type', 'application/x-unknown', 'hello', 400],
  ['a type that is no type', '/;;=', 'hello', 400],
];

for (const [what, type, body, status] of BROKEN)
  test(`${what} gets ${status}`, async (t) => {
    const answer = await ann.send('/groups/lobby/messages', {
      method: 'POST',
      body: body as Uint8Array,
      headers: { Accept: 'application/json', 'Content-Type': type },
    });
    t.is(answer.status, status, answer.text);
    if (status === 201) t.true((answer.json().body as string).isWellFormed());
  });

test('robustness: no request has polluted Object.prototype', (t) => {
  t.is(({} as Record<string, unknown>).body, undefined);
});

test('robustness: unexpected paths are 404 or refused', async (t) => {
  for (const path of [
    '/%',
    '/%E0%A4%A',
    '/groups/%E0%A4%A',
    '/groups/lobby/messages/%ff',
    '/groups/lobby/%2e%2e/settings',
    '/groups//messages',
    '/GROUPS/none',
    `/${'x'.repeat(8000)}`,
    '/?',
    '/groups/lobby/messages?x=%E0%A4%A',
    '/static/%2e%2e/%2e%2e/package.json',
    '/static/..%2f..%2fpackage.json',
    '/groups/lobby;x=1',
    '/groups/lobby/messages/1%00',
  ]) {
    for (const accept of ['text/html', 'application/json']) {
      const answer = await ann.get(path, accept);
      t.true(answer.status < 500, `${path.slice(0, 50)} ${answer.status}`);
      t.false(answer.text.includes('"dependencies"'));
    }
  }
});

test('robustness: unexpected headers do no harm', async (t) => {
  for (const headers of [
    { Accept: ',;=/*,,,' },
    { Accept: 'text/html;q=NaN,application/json;q=-1' },
    { Accept: 'x/'.repeat(3000) },
    { 'User-Agent': 'x'.repeat(7000) },
    { Cookie: '=;;=parley=%;parley=;parley;"' },
    { Cookie: 'parley=%E0%A4%A; parley_known=.....' },
    { Cookie: `parley=${'x'.repeat(7000)}` },
    { Cookie: 'parley=__proto__; parley_known=__proto__.constructor' },
    { 'HX-Request': 'true', 'HX-Target': '"><b>' },
    { 'Last-Event-ID': '-1' },
    { 'X-Forwarded-For': `${'1.2.3.4,'.repeat(500)}`, 'X-Forwarded-Proto': 'javascript', 'X-Forwarded-Host': '"><b>' },
    { 'If-None-Match': '*', Range: 'bytes=0-1', 'Accept-Encoding': 'gzip;q=0, *;q=0' },
  ] satisfies Record<string, string>[]) {
    const answer = await site.client().send('/login', { headers });
    t.true(answer.status < 500, JSON.stringify(headers).slice(0, 80));
    t.false(answer.text.includes('"><b>'));
  }
});

test('robustness: an invalid request or oversized head is refused by the connection only', async (t) => {
  t.regex(
    await raw(`GET /login HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'x'.repeat(40_000)}\r\nConnection: close\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  );
  t.regex(await raw('GET /login HTTP/1.1\r\nHost: localhost\r\nBad Header\r\n\r\n'), /^HTTP\/1\.1 400 /);
  t.regex(await raw('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'), /^HTTP\/1\.1 400 /);
  t.regex(await raw('GET /login HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400 /, 'no Host');
  const smuggled =
    'POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /me HTTP/1.1\r\nHost: localhost\r\n\r\n';
  t.regex(await raw(smuggled), /^HTTP\/1\.1 400 /);
});

test('robustness: an invalid Host header is not rendered as markup', async (t) => {
  const page = await raw(
    `GET /groups/lobby/bots HTTP/1.1\r\nHost: "><b id=pwned>\r\nCookie: ${ann.cookieHeader}\r\nConnection: close\r\n\r\n`,
  );
  t.false(page.includes('<b id=pwned>'));
});

test('robustness: a client that disconnects during its request does no harm', async (t) => {
  for (const part of ['POST /groups/lobby/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nbody=', 'GET /gro']) {
    const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.write(part, () => resolve()));
    socket.destroy();
    await once(socket, 'close');
  }
  t.is((await ann.get('/healthz')).status, 200);
});
