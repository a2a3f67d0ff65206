import { createToken, revokeToken } from '../../accounts/operations.ts';
import type { Token } from '../../accounts/port.ts';
import { randomId, SYSTEM_GROUP } from '../../ids.ts';
import type { OpenCore } from '../../open-core.ts';
import type { Finding } from './checks.ts';
import { openProbeAccount, type ProbeAccount } from './probe-account.ts';
import { ask, type Incoming } from './request.ts';

const WITHIN_MS = 3000;
/** Streams close within a second of a revocation; past that the bus is not what tells the server. */
const BUS_WITHIN_MS = 1000;
/** A token that an earlier run left behind, since it was stopped, is revoked after so long. */
const TOKEN_LIVES_MS = 60_000;

type Report = (check: string, examine: () => Promise<Finding>) => Promise<boolean>;

/** A way that cannot be gone on: said as what was found at that hop. */
class Stopped extends Error {
  readonly finding: Finding;
  constructor(finding: Finding) {
    super(finding.detail);
    this.finding = finding;
  }
}

/**
 * Posts a message as people do, follows it to open streams, and reports how long each hop took; stops at the first that fails.
 * Everything happens in a group that only the doctor is in, with a token that is revoked at the end: which is itself the last hop.
 */
export async function probeLive(core: OpenCore, url: string, report: Report): Promise<void> {
  const place = await openProbeAccount(core);
  await revokeOld(core, place);
  const { token, record } = await createToken(core, place.user);
  const trip = new Trip(core, place, url, token);
  try {
    for (const [check, hop] of trip.hops(record)) if (!(await report(`live ${check}`, () => hop().catch(stoppedAt)))) return;
  } finally {
    trip.close();
    if (await core.store.tokens.byHash(record.hash)) await revokeToken(core, place.user.id, place.user.id, record.hash);
  }
}

function stoppedAt(error: unknown): Finding {
  if (error instanceof Stopped) return error.finding;
  throw error;
}

async function revokeOld(core: OpenCore, { user }: ProbeAccount): Promise<void> {
  const old = (await core.store.tokens.listOf(user.id)).filter(({ createdAt }) => createdAt < core.now() - TOKEN_LIVES_MS);
  for (const { hash } of old) await revokeToken(core, user.id, user.id, hash);
}

class Trip {
  readonly #core: OpenCore;
  readonly #place: ProbeAccount;
  readonly #url: string;
  readonly #token: string;
  readonly #probe: string;
  readonly #open: Incoming[] = [];
  #postedAt = 0;
  #lastAt = 0;

  constructor(core: OpenCore, place: ProbeAccount, url: string, token: string) {
    this.#core = core;
    this.#place = place;
    this.#url = url;
    this.#token = token;
    this.#probe = `Probe ${randomId(core.random)}`;
  }

  hops(record: Token): [check: string, hop: () => Promise<Finding>][] {
    const path = `/groups/${this.#place.group.slug}`;
    return [
      ['accept', () => this.#accept()],
      ['append', () => this.#append(path)],
      ['stream', () => this.#shown(0, 'the open stream had it')],
      ['frame', () => this.#shown(1, 'the page without JavaScript had it')],
      ['bus', () => this.#revoke(record)],
      ['total', async () => took(this.#lastAt - this.#postedAt, 'from the request to the last of those who were to have it')],
    ];
  }

  close(): void {
    for (const stream of this.#open) stream.close();
  }

  async #accept(): Promise<Finding> {
    await this.#ask('/healthz'); // the first time is that of this program, which loads what it needs for it
    const startedAt = performance.now();
    const answer = await this.#ask('/healthz');
    return took(answer.at - startedAt, 'a new connection, and the smallest answer');
  }

  async #append(path: string): Promise<Finding> {
    for (const streamPath of [`${path}/events?as=json`, `${path}/live`]) this.#open.push(await this.#ask(streamPath));
    this.#postedAt = performance.now();
    const answer = await this.#ask(`${path}/messages`, { body: this.#probe });
    return took(answer.at - this.#postedAt, 'from the request to its 201: the message is on the disk');
  }

  async #shown(index: number, what: string): Promise<Finding> {
    const at = await this.#open[index]?.whenSaid(this.#probe, WITHIN_MS);
    if (at === undefined)
      return {
        detail: `the message did not come within ${WITHIN_MS} ms`,
        mend: 'See bus and store above; the log of the server says more.',
      };
    this.#lastAt = Math.max(this.#lastAt, at);
    return took(at - this.#postedAt, `after the request ${what}`);
  }

  /** Revoked here, heard there: the server closes the stream that was opened with the token. */
  async #revoke({ hash }: Token): Promise<Finding> {
    const { bus, config } = this.#core;
    const { user } = this.#place;
    const published = Promise.withResolvers<number>();
    const stop = await bus.subscribe(SYSTEM_GROUP, (event) => {
      const isOurs = event.type === 'head' || (event.type === 'entries' && event.entries.some(({ author }) => author === user.id));
      if (isOurs) published.resolve(performance.now());
    });
    await revokeToken(this.#core, user.id, user.id, hash);
    const closedAt = await this.#open[0]?.whenSaid('event: closed', WITHIN_MS);
    stop();
    const way = config.redisUrl ? 'Redis' : 'the database file';
    const ms = closedAt === undefined ? Number.POSITIVE_INFINITY : closedAt - (await published.promise);
    if (ms <= BUS_WITHIN_MS) return took(ms, `by ${way} the server heard of a revocation, and closed its stream`);
    const detail = `the server did not close a stream within ${BUS_WITHIN_MS} ms of its revocation`;
    return { detail, mend: config.redisUrl ? 'Give the server the same REDIS_URL.' : 'The log of the server says more.' };
  }

  async #ask(path: string, body?: object): Promise<Incoming> {
    const url = this.#url + path;
    const answer = await ask({ url, token: this.#token, ...(body ? { body } : {}) }, WITHIN_MS).catch((error: Error) => error);
    if (answer instanceof Error) throw new Stopped({ detail: `${url}: ${reasonOf(answer)}`, mend: this.#adviceOnSilence() });
    if (answer.status < 300) return answer;
    throw new Stopped({
      detail: `${path} answers ${answer.status}: ${reasonIn(await answer.whole(WITHIN_MS))}`,
      mend: this.#adviceOn(answer.status),
    });
  }

  #adviceOnSilence(): string {
    return this.#core.config.publicUrl === undefined
      ? 'The log of the server says more.'
      : 'Correct PUBLIC_URL, its DNS entry, its certificate or the proxy that listens there: the server itself answered above.';
  }

  #adviceOn(status: number): string {
    const { user, group } = this.#place;
    if (user.disabled) return `Enable the account ${user.name} at /admin.`;
    if (status === 401) return 'The server uses another store: run this with the DATA_DIR or MONGODB_URL of the server.';
    if (group.archived) return `parley group archive ${group.slug} --off`;
    return status === 429 ? 'Raise STREAMS_PER_USER to 2 or more.' : 'The log of the server says more.';
  }
}

const took = (ms: number, what: string): Finding => ({ detail: `${ms.toFixed(1)} ms ${what}`, ms: Math.round(ms * 10) / 10 });

/** An error of a connection that was tried at several addresses has a code and no message. */
const reasonOf = (error: Error): string => error.message || ('code' in error ? String(error.code) : error.name);

/** Of a problem (RFC 9457) its detail, else the beginning of whatever was said. */
function reasonIn(said: string): string {
  const [, detail] = /"detail":"((?:[^"\\]|\\.)*)"/.exec(said) ?? [];
  return detail ?? said.trim().slice(0, 200);
}
