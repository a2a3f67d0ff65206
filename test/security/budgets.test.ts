import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { networkOf } from '../../lib/network.ts';
import { startProcess } from '../cluster/pair.ts';
import { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { newHook, openLobby } from '../helpers/fixtures.ts';
import { PASSWORD, signUpAt, startServerFor } from '../helpers/server.ts';
import { SlowSender } from './slow-sender.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' };
const MIB = 1024 * 1024;
const SENDERS = 500;

/** The memory of a process, in MiB (proc(5)). */
async function residentMiB(pid: number | undefined): Promise<number> {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** Opens connections to the server, a few hundred at once at most as its accept queue. */
const senders = (t: ExecutionContext, url: string, count: number): Promise<SlowSender[]> =>
  Promise.all(Array.from({ length: count }, () => new SlowSender(t, url).connected()));

test.serial(
  '500 strangers who slowly post 950 KB each to /login take little more memory than 500 legal forms, and a log-in beside them works',
  async (t) => {
    const server = await startProcess(t, {});
    await signUpAt(server.url, 'Ann');
    const logIn = async (): Promise<number> => (await new Client(server.url).form('/login', { name: 'Ann', password: PASSWORD })).status;
    const legal = `name=&password=&pad=${'x'.repeat(15_000)}`;
    const visitors = await senders(t, server.url, SENDERS);
    for (const visitor of visitors) visitor.head('POST /signup', { ...FORM, 'Content-Length': legal.length }).send(legal);
    t.deepEqual(new Set(await Promise.all(visitors.map((visitor) => visitor.answered()))), new Set([422, 429]));
    t.is(await logIn(), 303);
    const before = await residentMiB(server.pid);

    const most = Buffer.from(`name=Ann&password=${'x'.repeat(900_000)}`);
    const declared = await senders(t, server.url, SENDERS);
    for (const sender of declared) sender.head('POST /login', { ...FORM, 'Content-Length': 950_000 }).send(most);
    t.is(await logIn(), 303);
    const statuses = await Promise.all(declared.map((sender) => sender.answered()));
    // Those that are beyond the number whose rest is discarded are cut, some of them before they have read the answer.
    t.true(statuses.every((status) => status === 413 || status === 0) && statuses.includes(413), statuses.join());

    const chunked = await senders(t, server.url, SENDERS);
    for (const sender of chunked) sender.head('POST /login', { ...FORM, 'Transfer-Encoding': 'chunked' }).chunk('x'.repeat(15_000));
    t.is(await logIn(), 303);
    const grown = (await residentMiB(server.pid)) - before;
    t.log(`${grown.toFixed(1)} MiB more with ${SENDERS} bodies`);
    // Node.js reads 64 KiB from each socket before anybody can refuse the request: 2 times 32 MiB until they are collected, and the rest of 20 bodies.
    t.true(grown < 150, `${grown} MiB`);
    const isWaiting = chunked.some(({ isClosed, status }) => !isClosed && status === 0);
    t.true(isWaiting, 'the others are still sending');
  },
);

test('who reads the answer only after sending all of a body that is too long gets it, and may send the next request', async (t) => {
  const site = await startServerFor(t);
  const sender = await new SlowSender(t, site.url).connected();
  sender.socket.pause();
  const body = Buffer.from(`name=Zoe&password=${'x'.repeat(900_000)}`);
  sender.head('POST /login', { ...FORM, 'Content-Length': body.length }).send(body);
  await eventually(() => sender.socket.writableLength === 0);
  sender.socket.resume();
  t.is(await sender.answered(), 413);
  await eventually(() => sender.answer.includes('value="Zoe"'));
  sender.answer = '';
  sender.head('GET /login');
  t.is(await sender.answered(), 200);
});

test('the connection of a body without end is closed', async (t) => {
  const site = await startServerFor(t);
  const sender = await new SlowSender(t, site.url).connected();
  sender.head('POST /login', { ...FORM, 'Transfer-Encoding': 'chunked' });
  const more = (): void => {
    while (!sender.isClosed && sender.chunk('x'.repeat(60_000)).socket.writableLength < 1_000_000);
  };
  sender.socket.on('drain', more);
  more();
  t.is(await sender.closed(), 413);
});

test('a form before the log-in that is too long is shown again with the field that is too long; one within the limit is taken', async (t) => {
  const site = await startServerFor(t);
  await site.signUp('Ann');
  const visitor = site.client();
  for (const [path, title] of [
    ['/login', 'Log in'],
    ['/signup', 'Sign up'],
  ] as const) {
    const long = await visitor.form(path, { name: 'Zoë', return_to: '/groups/lobby', password: 'x'.repeat(20_000) });
    t.is(long.status, 413);
    t.regex(long.text, new RegExp(`<h2[^>]*>${title}`));
    t.true(long.text.includes('password is too long. The request body is too large: 16384 bytes at most.'));
    t.true(long.text.includes('value="Zoë"') && long.text.includes('value="/groups/lobby"'), 'what was typed is kept');
    const json = await visitor.json('POST', path, { name: 'Zoë', password: 'x'.repeat(20_000) });
    t.deepEqual([json.status, json.json().code], [413, 'tooLarge']);
  }
  t.is((await visitor.form('/login', { name: 'Ann', password: PASSWORD, pad: 'x'.repeat(16_000) })).status, 303);
});

test('past the budget the body that has been arriving longest gets 503 and Retry-After, not the log-in that comes whole', async (t) => {
  const site = await startServerFor(t, { bodyLimits: { maxTotalBytes: 4096, maxNetworkBytes: 4096 } });
  await site.signUp('Ann');
  const slow = await senders(t, site.url, 6);
  for (const sender of slow) {
    sender.head('POST /login', { ...FORM, 'Content-Length': 1010 }).send(`name=Ann&password=no&pad=${'x'.repeat(975)}`);
    if (slow.indexOf(sender) >= 4) await eventually(() => slow[slow.indexOf(sender) - 4]?.status === 503);
  }
  t.deepEqual(slow.map(({ status }) => status).toSorted(), [0, 0, 0, 0, 503, 503]);
  t.regex(slow.find(({ status }) => status === 503)?.answer ?? '', /^Retry-After: 5\r$/m);
  t.is((await site.client().form('/login', { name: 'Ann', password: PASSWORD })).status, 303);
  for (const sender of slow.filter(({ status }) => status === 0)) sender.send('x'.repeat(10));
  const rest = await Promise.all(slow.map((sender) => sender.answered()));
  t.true(rest.filter((status) => status === 422).length >= 3, `they are read to their end: ${rest}`);
});

test('a body of a stranger that comes too slowly ends; uploads and webhooks may take as long', async (t) => {
  const site = await openLobby(t, { bodyLimits: { withinMs: 200 } });
  const hook = await newHook(site.ann, 'Robo');
  const boundary = '--b\r\nContent-Disposition: form-data; name="body"\r\n\r\n';
  const [stranger, webhook, upload] = await senders(t, site.url, 3);
  upload
    ?.head('POST /groups/lobby/messages', {
      'Content-Type': 'multipart/form-data; boundary=b',
      'Content-Length': boundary.length + 16,
      ...{ Accept: 'application/json', Cookie: site.bob.cookieHeader },
    })
    .send(boundary);
  webhook?.head(`POST ${hook}`, { 'Content-Type': 'text/plain', 'Content-Length': 5 }).send('hel');
  stranger?.head('POST /login', { ...FORM, 'Content-Length': 100 }).send('name=Ann&pass');
  t.is(await stranger?.answered(), 400);
  t.true(stranger?.answer.includes('The request took too long.'));
  webhook?.send('lo');
  upload?.send('hello\r\n--b--\r\n\r\n');
  t.is(await webhook?.answered(), 200);
  t.is(await upload?.answered(), 201);
});

test('no route reads more of a stranger than a form', async (t) => {
  const site = await openLobby(t);
  const unsafe = site.server
    .routes()
    .filter(({ method }) => method !== 'GET' && method !== 'OPTIONS') // which have no body
    .map(({ method, path }) => `${method} ${path}`);
  t.true(unsafe.length > 30);
  const all = await senders(t, site.url, unsafe.length);
  for (const [at, sender] of all.entries())
    sender.head((unsafe[at] ?? '').replaceAll(/:\w+/g, 'lobby'), { ...FORM, 'Content-Length': 900_000 }).send('x'.repeat(20_000));
  const answers = await Promise.all(all.map((sender) => sender.answered()));
  for (const [at, status] of answers.entries()) t.true(status >= 303 && status < 500, `${unsafe[at]} ${status}`);
});

test('connections beyond MAX_CONNECTIONS are closed; when one ends, the next is served', async (t) => {
  const site = await startServerFor(t, { env: { MAX_CONNECTIONS: '5' } });
  const idle = await senders(t, site.url, 5);
  await eventually(() => connectionsOf(site.server.http).then((count) => count === 5));
  const further = new SlowSender(t, site.url).head('GET /healthz');
  t.is(await further.answered(), 0);
  t.is(site.core.meters.refusedConnections.total, 1);
  idle[0]?.socket.destroy();
  await eventually(() => connectionsOf(site.server.http).then((count) => count === 4));
  t.is(await new SlowSender(t, site.url).head('GET /healthz').answered(), 200);
});

const connectionsOf = (http: import('node:http').Server): Promise<number> =>
  new Promise((resolve) => http.getConnections((_, count) => resolve(count)));

test('connections of one address over which nobody is logged in are limited; streams, webhooks and posts by token are not counted', async (t) => {
  const site = await openLobby(t, { env: { MAX_CONNECTIONS_PER_ADDRESS: '8' } });
  const streams = Array.from({ length: 12 }, () =>
    new SlowSender(t, site.url).head('GET /groups/lobby/events', { Cookie: site.bob.cookieHeader, Accept: 'text/event-stream' }),
  );
  for (const stream of streams) t.is(await stream.answered(), 200);
  const [hook, { text }] = await Promise.all([newHook(site.ann, 'Robo'), site.ann.form('/settings/tokens', { name: 'raw' })]);
  const [, token = ''] = /value="([A-Za-z0-9]{40})"/.exec(text) ?? [];
  const post = { 'Content-Type': 'text/plain', 'Content-Length': 2 };
  const posts = [
    ...Array.from({ length: 5 }, () => ({ line: `POST ${hook}`, headers: post })),
    ...Array.from({ length: 5 }, () => ({ line: 'POST /groups/lobby/messages', headers: { ...post, Authorization: `Bearer ${token}` } })),
  ];
  for (const { line, headers } of posts) {
    const sender = new SlowSender(t, site.url).head(line, headers).send('hi');
    t.true([200, 201].includes(await sender.answered()));
    t.false(sender.isClosed);
  }
  const strangers = await senders(t, site.url, 12);
  for (const stranger of strangers) stranger.head('GET /healthz');
  const answers = await Promise.all(strangers.map((stranger) => stranger.answered()));
  t.true(answers.includes(0) && answers.filter((status) => status === 200).length <= 8, `${answers}`);
  t.is(site.core.meters.refusedConnections.address, answers.filter((status) => status === 0).length);
  for (const { socket } of strangers) socket.destroy();
  await eventually(async () => (await new SlowSender(t, site.url).head('GET /healthz').answered()) === 200);
});

test('with TRUST_PROXY all connections are those of the proxy, and none is counted by address', async (t) => {
  const site = await startServerFor(t, { env: { MAX_CONNECTIONS_PER_ADDRESS: '3', TRUST_PROXY: 'on' } });
  const strangers = await senders(t, site.url, 10);
  for (const stranger of strangers) stranger.head('GET /healthz');
  t.deepEqual(await Promise.all(strangers.map((stranger) => stranger.answered())), Array(10).fill(200));
});

for (const [address, network, wide] of [
  ['192.0.2.7', '192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64', '2001:db8:1::/48'],
  ['2001:DB8::1', '2001:db8:0:0::/64', '2001:db8:0::/48'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0::/48'],
  ['::1', '0:0:0:0::/64', '0:0:0::/48'],
  ['', '', ''],
] as const)
  test(`limits count ${address || 'a connection without an address'} as ${network || 'one of its own'}`, (t) => {
    t.deepEqual([networkOf(address), networkOf(address, 48)], [network, wide]);
  });

test('one byte at a time takes no more memory than its bytes', async (t) => {
  const site = await startServerFor(t);
  await site.signUp('Ann');
  const sender = await new SlowSender(t, site.url).connected();
  sender.head('POST /login', { ...FORM, 'Transfer-Encoding': 'chunked' });
  for (const byte of `name=Ann&password=${encodeURIComponent(PASSWORD)}`) sender.chunk(byte);
  sender.send('0\r\n\r\n');
  t.is(await sender.answered(), 303);
  t.true(sender.answer.length < MIB);
});
