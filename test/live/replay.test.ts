import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, noise, numbers, openSite } from '../helpers/site.ts';

const json = (data: string): { body?: string; kind: string } => JSON.parse(data);

test('replay: a stream starts after ?after, or after Last-Event-ID, which takes precedence', async (t) => {
  const { bob, post, stream } = await openSite(t);
  await post('a', 'b', 'c', 'd'); // 3 to 6, after two joins
  const byQuery = await stream(bob, '?as=json&after=4');
  const byHeader = await stream(bob, '?as=json', { 'Last-Event-ID': '5' });
  const byBoth = await stream(bob, '?as=json&after=0', { 'Last-Event-ID': '5' });
  const fromNow = await stream(bob, '?as=json');
  await post('e');
  for (const [reader, ids] of [
    [byQuery, [5, 6, 7]],
    [byHeader, [6, 7]],
    [byBoth, [6, 7]],
    [fromNow, [7]],
  ] as const) {
    await reader.until((events) => events.some(({ data }) => data !== '' && json(data).body === 'e'));
    t.deepEqual(reader.ids, ids);
  }
});

/** A thread, which reads while this one writes: opens streams at once, and tells the first part that each receives. */
const READERS = `
  const { connect } = require('node:net');
  const { once } = require('node:events');
  const { parentPort, workerData: { port, request, count } } = require('node:worker_threads');
  const first = async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    socket.write(request);
    const [text] = await once(socket, 'data');
    socket.destroy();
    return text;
  };
  Promise.all(Array.from({ length: count }, first)).then((texts) => parentPort.postMessage(texts));
`;

test('replay: of streams that reconnect at once, most get their head and the entries that they have missed in one write', async (t) => {
  const { bob, post } = await openSite(t, { env: { STREAMS_PER_USER: '0' } });
  await post('a', 'b', 'c');
  const { host, port } = new URL(bob.url);
  const request = `GET ${LOBBY}/events?as=json&after=2 HTTP/1.1\r\nHost: ${host}\r\nCookie: ${bob.cookieHeader}\r\n\r\n`;
  const thread = new Worker(READERS, { eval: true, workerData: { port, request, count: 50 } });
  t.teardown(() => thread.terminate());
  const [texts] = (await once(thread, 'message')) as [string[]];
  for (const text of texts) t.regex(text, /^HTTP\/1\.1 200 OK\r\n/);
  const whole = texts.filter((text) => text.match(/(?<="body":")\w/g)?.join('') === 'abc');
  t.true(whole.length > texts.length / 2, `${whole.length} of ${texts.length}: a busy machine may send some in two`);
});

test('replay: a Last-Event-ID that is not of this stream is 400, like a malformed ?after; an empty one is ignored', async (t) => {
  const { bob, post, stream } = await openSite(t);
  for (const last of ['abc', '-1', '1.5x', 'none.1-2', '12345678901']) {
    const refused = await bob.send(`${LOBBY}/events?as=json&after=1`, { headers: { 'Last-Event-ID': last } });
    t.like({ status: refused.status, ...refused.json() }, { status: 400, code: 'malformed', field: 'Last-Event-ID' }, last);
  }
  const reader = await stream(bob, '?as=json&after=1', { 'Last-Event-ID': '' });
  const first = await stream(bob, '?as=json', { 'Last-Event-ID': '0' });
  await post('a');
  await reader.until((events) => events.length === 2);
  t.deepEqual(reader.ids, [2, 3]);
  await first.until((events) => events.length === 3);
  t.is((await bob.get(`${LOBBY}/events?after=-1`)).status, 400);
  t.is((await bob.get(`${LOBBY}/events?as=xml`)).status, 400);
});

test('replay: a cursor past the end of the log gets a reset, and the stream ends', async (t) => {
  const { bob, stream } = await openSite(t);
  for (const as of ['json', 'html']) {
    const events = await (await stream(bob, `?as=${as}&after=3`)).ended();
    t.deepEqual(
      events.filter(({ id, event }) => id !== undefined || event !== 'message').map(({ event }) => event),
      ['reset'],
    );
  }
  const text = await bob.send(`${LOBBY}/events?as=text&after=3`);
  t.deepEqual([text.status, text.text], [200, '']);
});

test('replay: a cursor ahead of this process but not of the log starts after it', async (t) => {
  const { core, bob, lobby, annUser, stream } = await openSite(t);
  const first = await stream(bob, '?as=json');
  // Written without a notification: the cursor of a page may be ahead of the hub's position.
  const head = await core.store.log.head(lobby.id);
  const entry = { kind: 'message', group: lobby.id, author: annUser.id, format: 'text', at: head.at } as const;
  const quiet = [1, 2].map((i) => ({ ...entry, seq: head.seq + i, n: head.n + i, uid: `quiet ${i}`, body: `quiet ${i}` }));
  await core.store.log.append(lobby.id, quiet);
  const ahead = await stream(bob, `?as=json&after=${head.seq + 1}`);
  await ahead.until((events) => events.length === 1);
  t.deepEqual(ahead.ids, [head.seq + 2]);
  await first.until((events) => events.length === 2);
  t.deepEqual(first.ids, [head.seq + 1, head.seq + 2]);
});

test('replay: programs get everything in order from any distance; a page more than 1,000 entries behind is told to reload', async (t) => {
  const { bob, post, stream } = await openSite(t);
  await post(...numbers(3, 1203).map((seq) => `message ${seq}`));
  const programs = await stream(bob, '?as=json&after=0');
  await programs.until((events) => events.length >= 1203);
  t.deepEqual(programs.ids, numbers(1, 1203));
  t.true(programs.events.slice(2).every(({ data }, index) => json(data).body === `message ${index + 3}`));

  const far = await (await stream(bob, '?after=202')).ended();
  t.deepEqual(
    far.filter(({ event }) => event !== 'message').map(({ event }) => event),
    ['reset'],
  );
  const near = await stream(bob, '?after=203');
  await near.until(() => near.ids.length === 1000);
  t.deepEqual(near.ids, numbers(204, 1203));

  const text = new RawReader(t, bob, `${LOBBY}/events?as=text&after=1200`).read();
  await text.until((received) => received.includes('Ann: message 1203\n'));
  t.deepEqual(text.text.match(/message \d+/g), ['message 1201', 'message 1202', 'message 1203']);
});

test('replay: a history of many megabytes is sent in full to a client that keeps reading', async (t) => {
  // No heartbeat: it cuts off a reader that has more than 1 MiB to come, and a busy machine may take longer to send it all.
  const { bob, post, stream } = await openSite(t, { heartbeatMs: 3_600_000 });
  const bodies = numbers(1, 150).map(() => noise(60_000));
  await post(...bodies);
  const reader = await stream(bob, '?as=json&after=2');
  await reader.until((events) => events.length === 150);
  t.deepEqual(
    reader.events.map(({ data }) => json(data).body),
    bodies,
  );
});

test('replay: clients that reconnect at once with the same cursor share the reads', async (t) => {
  const { core, bob, post, stream } = await openSite(t, { env: { STREAMS_PER_USER: '0' } });
  await post(...numbers(3, 102).map(String));
  const before = core.meters.windows;
  const startedAt = performance.now();
  const readers = await Promise.all(numbers(1, 20).map(() => stream(bob, '?as=json&after=2')));
  await Promise.all(readers.map((reader) => reader.until((events) => events.length === 100)));
  const reads = core.meters.windows - before;
  const seconds = Math.ceil((performance.now() - startedAt) / 1000);
  t.true(reads <= 2 + seconds, `${reads} reads in ${seconds} s`); // what was read is kept for a second, in which a busy machine may not serve them all
});

test('streams: HEAD responds with the headers of a stream and opens none', async (t) => {
  const { server, bob } = await openSite(t);
  for (const path of [`${LOBBY}/events`, `${LOBBY}/live`]) {
    const answer = await bob.send(path, { method: 'HEAD' });
    t.is(answer.status, 200);
    t.regex(answer.headers.get('Content-Type') ?? '', path.endsWith('live') ? /^text\/html/ : /^text\/event-stream/);
    t.is(server.hub.streams, 0);
  }
});

for (const as of ['json', 'html'])
  test(`a ${as} stream opened without a cursor names it before the first entry: who is cut off there misses nothing`, async (t) => {
    const { bob, post, stream } = await openSite(t);
    await post('before');
    const cut = await stream(bob, `?as=${as}`);
    const begin = await cut.until(() => cut.opening !== undefined).then(() => cut.opening ?? '');
    cut.close();
    t.deepEqual(cut.ids, []);
    await post('meanwhile');
    const back = await stream(bob, `?as=${as}`, { 'Last-Event-ID': begin });
    await back.until(() => back.ids.length > 0);
    t.regex(begin, /^3\.\d{6}$/);
    t.deepEqual(back.ids, [4]);
  });
