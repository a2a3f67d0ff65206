import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../helpers/client.ts';
import { EventReader } from '../helpers/stream.ts';
import { MESSAGES, OUR_OWN, PARLEY, readAll, signUp } from './load.ts';

async function start(t: ExecutionContext) {
  const dir = await mkdtemp(join(tmpdir(), 'parley-stop-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const ours = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OUR_OWN.includes(name)));
  const env = { ...ours, DATA_DIR: dir, PORT: '0', LOG_LEVEL: 'error', POSTS_PER_SECOND: '0' };
  const run = async () => {
    const child = spawn(PARLEY, ['serve'], { env, stdio: ['ignore', 'inherit', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    for await (const line of createInterface(child.stderr)) {
      const [, url] = /Parley is at (\S+)/.exec(line) ?? [];
      if (url) {
        child.stderr.pipe(process.stderr, { end: false });
        return { child, url };
      }
    }
    throw new Error('the server did not start');
  };
  return run;
}

/** Sends the head of a post without its body; resolves once the server handles the request. */
async function beginPost(t: ExecutionContext, who: Client, body: string): Promise<{ finish(): Promise<string> }> {
  const { hostname, port, host } = new URL(who.url);
  const socket: Socket = connect(Number(port), hostname).setEncoding('utf8');
  t.teardown(() => socket.destroy());
  const content = JSON.stringify({ body });
  const head = [
    `POST ${MESSAGES} HTTP/1.1`,
    `Host: ${host}`,
    `Cookie: ${who.cookieHeader}`,
    'Accept: application/json',
    'Content-Type: application/json',
    `Content-Length: ${content.length}`,
    'Expect: 100-continue',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  const finish = async (): Promise<string> => {
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(content);
    await once(socket, 'close');
    return answer;
  };
  return { finish };
}

test('stop: the server completes its requests, ends its streams and exits with 0 within 10 s', async (t) => {
  const run = await start(t);
  const { child, url } = await run();
  const who = await signUp(url);
  const stream = await EventReader.open(who, '/groups/lobby/events?as=json&after=0');
  const page = await who.open('/groups/lobby/live');
  const stalled = connect(Number(new URL(url).port), '127.0.0.1');
  t.teardown(() => stalled.destroy());
  stalled.write(`GET /groups/lobby/events HTTP/1.1\r\nHost: ${new URL(url).host}\r\nCookie: ${who.cookieHeader}\r\n\r\n`);
  await once(stalled, 'readable'); // its response is never read
  const posts = await Promise.all(['a', 'b', 'c', 'd'].map((body) => beginPost(t, who, body)));
  await stream.until((events) => events.length === 1);

  const startedAt = performance.now();
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await stream.ended();
  await page.text();
  const answers = await Promise.all(posts.map((post) => post.finish()));
  for (const answer of answers) t.regex(answer, /^HTTP\/1\.1 201 /);
  t.deepEqual(await exited, [0, null]);
  t.true(performance.now() - startedAt < 10_000);
  await t.throwsAsync(who.get('/healthz'), undefined, 'nobody listens there any more');

  const again = await run();
  const back = await readAll(Object.assign(who, { url: again.url }));
  t.deepEqual(back.map(({ body }) => body).sort(), ['a', 'b', 'c', 'd']);
});

test('stop: a connection without a request, such as a preconnect, does not delay the exit', async (t) => {
  const run = await start(t);
  const { child, url } = await run();
  const silent = connect(Number(new URL(url).port), '127.0.0.1').resume();
  t.teardown(() => silent.destroy());
  await once(silent, 'connect');
  const who = await signUp(url); // the server has handled the previous request
  const half = await beginPost(t, who, 'begun');
  const startedAt = performance.now();
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const closed = once(silent, 'close');
  t.regex(await half.finish(), /^HTTP\/1\.1 201 /);
  await closed;
  t.deepEqual(await exited, [0, null]);
  t.true(performance.now() - startedAt < 5500, 'long before it would have lost patience');
});
