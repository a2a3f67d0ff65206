import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { Client } from '../helpers/client.ts';
import { type Service, startService } from '../helpers/process.ts';
import { PASSWORD } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

export const PARLEY = fileURLToPath(new URL('../../bin/parley', import.meta.url));
export const MESSAGES = '/groups/lobby/messages';
const EVENTS = '/groups/lobby/events?as=json&after=0';

/** Variables that configure the tests and are not passed to the program. */
export const OUR_OWN = ['MONGODB_URL', 'REDIS_URL'];

type Env = Readonly<Record<string, string>>;

/**
 * Runs a command that serves Parley in a separate process, with the variables of `env` and without those of OUR_OWN that it does not name; on a new data
 * folder unless it names one.
 */
export function startCommand(command: readonly string[], env: Env): Promise<Service> {
  return startService({
    name: 'parley',
    command: 'env',
    args: (port, dir) => [
      ...OUR_OWN.flatMap((name) => (name in env ? [] : ['-u', name])),
      ...Object.entries({ DATA_DIR: `${dir}/data`, ...env, PORT: String(port) }).map(([name, value]) => `${name}=${value}`),
      ...command,
    ],
    listening: /Parley is at/,
    url: (port) => `http://127.0.0.1:${port}`,
  });
}

/** The program in a separate process, on a new data folder unless `env` names a database. */
export const startParley = (env: Env = {}): Promise<Service> =>
  startCommand([PARLEY, 'serve'], { LOG_LEVEL: 'error', POSTS_PER_SECOND: '0', STREAMS_PER_USER: '0', ...env });

const SERVER_AHEAD = fileURLToPath(new URL('./server-ahead.ts', import.meta.url));

/** A server in a separate process with a clock that is `aheadMs` ahead; it is stopped with the test. */
export async function startServerAhead(t: ExecutionContext, env: Env, aheadMs = 0): Promise<Service> {
  const service = await startCommand([process.execPath, SERVER_AHEAD, String(aheadMs)], env);
  t.teardown(service.stop);
  return service;
}

/** Signs up Ann as the first account, a member of Lobby. */
export async function signUp(url: string): Promise<Client> {
  const client = new Client(url);
  const { status, text } = await client.form('/signup', { name: 'Ann', password: PASSWORD });
  if (status !== 303) throw new Error(`sign-up answered ${status}: ${text.slice(0, 200)}`);
  return client;
}

/** The same session at another address. */
function at(url: string, { cookies }: Client): Client {
  const client = new Client(url);
  for (const [name, value] of cookies) client.cookies.set(name, value);
  return client;
}

type Dependencies = {
  readonly who: Client;
  /** The servers. A client that gets no answer waits for `isUp` and tries the next one. */
  readonly urls: readonly string[];
  readonly isUp: () => Promise<unknown>;
};

/** Concurrent posters. Each message has a key and is sent again until a server acknowledges it. */
export class Load {
  /** Acknowledged seq by body. */
  readonly acknowledged = new Map<string, number>();
  readonly #parts: Dependencies;
  #isOver = false;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  readonly #posters: Promise<void>[];

  constructor(parts: Dependencies, posters: number) {
    this.#parts = parts;
    this.#posters = Array.from({ length: posters }, (_, index) => this.#post(index));
  }

  async #post(index: number): Promise<void> {
    for (let i = 0; !this.#isOver; i += 1) await this.#postOne(`${index} ${i}`, index);
  }

  async #postOne(body: string, first: number): Promise<void> {
    const { who, urls, isUp } = this.#parts;
    for (let attempt = first; ; attempt += 1) {
      const client = at(urls[attempt % urls.length] ?? '', who);
      const answer = await client.json('POST', MESSAGES, { body }, { 'Idempotency-Key': `key ${body}` }).catch(() => undefined);
      if (answer?.status === 201 || answer?.status === 200) return this.#acknowledge(body, Number(answer.json().seq));
      if (answer && answer.status !== 503) throw new Error(`a post was answered ${answer.status}: ${answer.text}`);
      await isUp();
    }
  }

  #acknowledge(body: string, seq: number): void {
    this.acknowledged.set(body, seq);
    for (const { count, resolve } of this.#waiting) if (this.acknowledged.size >= count) resolve();
    this.#waiting = this.#waiting.filter(({ count }) => this.acknowledged.size < count);
  }

  /** Resolves after 20 to 119 further messages, chosen at random. */
  atSomeMoment(): Promise<void> {
    const count = this.acknowledged.size + randomInt(20, 120);
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Resolves once every message sent is acknowledged. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#posters);
  }
}

/** Follows a stream, reconnecting with the last id, until `last`. Resolves to the seqs and bodies received. */
export async function follow(
  { who, urls, isUp }: Dependencies,
  last: () => Promise<number>,
): Promise<{ seqs: number[]; bodies: string[] }> {
  const events: EventReader['events'] = [];
  const lastId = (): string | undefined => events.at(-1)?.id;
  const lastSeq = (): number => seqOf(lastId() ?? '0');
  const until = last();
  let end = Number.POSITIVE_INFINITY;
  for (let attempt = 0; lastSeq() < end; attempt += 1) {
    const cursor = lastId() === undefined ? {} : { 'Last-Event-ID': lastId() ?? '' };
    const reader = await EventReader.open(at(urls[attempt % urls.length] ?? '', who), EVENTS, cursor).catch(() => undefined);
    if (!reader) {
      await isUp();
      continue;
    }
    const done = until.then((seq) => {
      end = seq;
      return reader.until(() => (reader.ids.at(-1) ?? lastSeq()) >= seq);
    });
    await Promise.race([done, reader.ended()]).catch(() => {});
    reader.close();
    events.push(...reader.events.filter(({ id }) => id !== undefined));
  }
  return { seqs: events.map(({ id = '' }) => seqOf(id)), bodies: bodiesOf(events.map(({ data }) => JSON.parse(data))) };
}

const seqOf = (id: string): number => Number.parseInt(id, 10);

const bodiesOf = (entries: readonly { readonly kind: string; readonly body?: string }[]): string[] =>
  entries.flatMap(({ kind, body }) => (kind === 'message' && body !== undefined ? [body] : []));

/** All messages, page by page. */
export async function readAll(who: Client): Promise<{ seq: number; n: number; body: string }[]> {
  const messages: { seq: number; n: number; body: string }[] = [];
  for (;;) {
    const page = await who.get(`${MESSAGES}?after=${messages.at(-1)?.seq ?? 0}&limit=200`, 'application/json');
    const rows = page.json<{ seq: number; n: number; body: string }[]>();
    if (rows.length === 0) return messages;
    messages.push(...rows);
  }
}

/** Asserts that each acknowledged message exists once, at the acknowledged seq; that there is no other message; and that no number is missing. */
export async function holdsExactly(t: ExecutionContext, who: Client, load: Load, heard: Awaited<ReturnType<typeof follow>>): Promise<void> {
  const messages = await readAll(who);
  const bodies = messages.map(({ body }) => body);
  t.is(new Set(bodies).size, bodies.length, 'none twice');
  t.deepEqual(new Map(messages.map(({ body, seq }) => [body, seq])), new Map([...load.acknowledged].sort(([, a], [, b]) => a - b)));
  t.deepEqual(
    messages.map(({ n }) => n),
    bodies.map((_, index) => index + 1),
  );
  t.deepEqual(
    heard.seqs,
    heard.seqs.map((_, index) => index + 1),
    'the stream has every seq once, in order',
  );
  t.deepEqual(heard.bodies, bodies, 'the stream says what the pages say');
}
