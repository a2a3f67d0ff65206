import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { program } from '../helpers/programs.ts';
import { signUpAt } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { freshSettings, LAUNCHER, Running } from './cli.ts';

const onLinux = requireOrSkip(test, program('prlimit'));

type Answer = { readonly status: number; readonly text: string };

/** Somebody who is logged in, and whose requests share one connection: it needs no further handle. */
class Person {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #cookie: string;

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  static async at(t: ExecutionContext, url: string): Promise<Person> {
    const person = new Person(url, (await signUpAt(url, 'Ann')).cookieHeader);
    t.teardown(() => person.#agent.destroy());
    return person;
  }

  async ask(method: string, path: string, accept: string, type = '', body = ''): Promise<Answer> {
    const headers = { Accept: accept, Cookie: this.#cookie, 'Sec-Fetch-Site': 'same-origin', ...(type && { 'Content-Type': type }) };
    const sent = request(new URL(path, this.#url), { method, agent: this.#agent, headers }).end(body);
    const [answer] = await once(sent, 'response');
    return { status: answer.statusCode, text: await text(answer) };
  }

  get = (path: string, accept = 'application/json') => this.ask('GET', path, accept);

  post = (body: string) => this.ask('POST', '/groups/lobby/messages', 'application/json', 'application/json', JSON.stringify({ body }));

  upload = (name: string, accept = 'application/json') =>
    this.ask(
      'POST',
      '/groups/lobby/messages',
      accept,
      'multipart/form-data; boundary=edge',
      `--edge\r\nContent-Disposition: form-data; name="attachment"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\ntext\r\n--edge--\r\n`,
    );
}

/** The lowest number that no handle of the process has: with it as the limit, nothing more can be opened. */
function firstFree(pid: number): number {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let free = 0;
  while (taken.has(free)) free += 1;
  return free;
}

const limitTo = (pid: number, soft: number): void => void execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);

onLinux(
  'without a free file handle: uploads are refused with the reason, reading and posting go on, and it recovers by itself',
  async (t) => {
    const server = new Running({ ...(await freshSettings(t)), PORT: '0' }, ['serve']);
    t.teardown(() => server.ended('SIGTERM'));
    const ann = await Person.at(t, await server.listening());
    const pid = server.child.pid ?? 0;
    t.is((await ann.post('before')).status, 201);
    t.is((await ann.get('/readyz')).status, 200);

    limitTo(pid, firstFree(pid));
    const ready = await ann.get('/readyz');
    t.is(ready.status, 503);
    t.like(JSON.parse(ready.text), { status: 'not ready', reason: 'handles', detail: 'The server has no free file handle.' });
    const refused = await ann.upload('refused.txt');
    t.is(refused.status, 503, refused.text);
    t.is(
      JSON.parse(refused.text).detail,
      'The server has no free file handle. Nothing that was acknowledged is lost. Try again in a moment.',
    );
    const page = await ann.upload('refused-too.txt', 'text/html');
    t.is(page.status, 503);
    t.true(page.text.includes('The server has no free file handle. Nothing that was acknowledged is lost.'), page.text.slice(0, 2000));
    const read = await ann.get('/groups/lobby', 'text/html');
    t.is(read.status, 200);
    t.true(read.text.includes('before'));
    const during = await ann.post('during');
    t.true([201, 503].includes(during.status), during.text);

    limitTo(pid, 4096);
    t.is((await ann.upload('after.txt')).status, 201);
    await eventually(async () => (await ann.get('/readyz')).status === 200);
    const { text: messages } = await ann.get('/groups/lobby/messages');
    t.deepEqual(
      ['"before"', 'refused.txt', 'refused-too.txt', '"during"', 'after.txt'].map((each) => messages.includes(each)),
      [true, false, false, during.status === 201, true],
    );
    await server.until('"fault":"handles","reason":"This process has no free file handle.","msg":"the store failed"');
    await server.until('"fault":"handles","msg":"the store takes writes again"');
  },
);

onLinux(
  'connections leave file handles to everything else: with as many as the limit of open files admits, uploads and pages go on',
  async (t) => {
    const settings = { ...(await freshSettings(t)), PORT: '0' };
    const server = new Running(settings, ['-c', 'ulimit -n 160; exec "$0" "$@"', LAUNCHER, 'serve'], 'sh');
    t.teardown(() => server.ended('SIGTERM'));
    const url = await server.listening();
    const ann = await Person.at(t, url);
    t.is((await ann.post('before')).status, 201);
    const open = new Set<object>();
    for (let k = 0; k < 150; k += 1) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      open.add(socket);
      socket.on('error', () => {}).on('close', () => open.delete(socket));
      t.teardown(() => socket.destroy());
    }
    await server.until('as many connections are open as the limit of open files (ulimit -n, LimitNOFILE) admits');
    await eventually(() => open.size < 80);
    t.true(open.size > 60, `${open.size} of 150 are served`);
    t.is((await ann.upload('one.txt')).status, 201);
    t.is((await ann.get('/groups/lobby', 'text/html')).status, 200);
    t.is((await ann.get('/readyz')).status, 200);
  },
);
