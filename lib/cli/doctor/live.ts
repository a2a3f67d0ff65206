import type { Token } from '../../accounts/port.ts';
import { createToken, revokeToken } from '../../accounts/tokens.ts';
import { randomId, SYSTEM_GROUP } from '../../ids.ts';
import type { OpenCore } from '../../open-core.ts';
import type { Finding } from './checks.ts';
import { openProbeAccount, type ProbeAccount } from './probe-account.ts';
import { ask, type Incoming } from './request.ts';

const WITHIN_MS = 3000;
/** With a working bus, streams close within 1 s of a revocation. */
const BUS_WITHIN_MS = 1000;
/** Tokens older than this were left behind by an interrupted run and are revoked. */
const TOKEN_LIFETIME_MS = 60_000;

type Report = (check: string, examine: () => Promise<Finding>) => Promise<boolean>;

/** A hop that failed; `finding` is its result. */
class HopFailed extends Error {
  readonly finding: Finding;
  constructor(finding: Finding) {
    super(finding.detail);
    this.finding = finding;
  }
}

/**
 * Posts a message over HTTP, follows it to open streams, and reports the duration of each hop; stops at the first that fails.
 * Uses a group with only the doctor in it and a token that is revoked at the end. The revocation is the last hop.
 */
export async function probeLive(core: OpenCore, url: string, report: Report): Promise<void> {
  const account = await openProbeAccount(core);
  await revokeOld(core, account);
  const { token, record } = await createToken(core, account.user);
  const probe = new LiveProbe(core, account, url, token);
  try {
    for (const [check, hop] of probe.hops(record)) if (!(await report(`live ${check}`, () => hop().catch(findingOf)))) return;
  } finally {
    probe.close();
    if (await core.store.tokens.byHash(record.hash)) await revokeToken(core, account.user.id, account.user.id, record.hash);
  }
}

function findingOf(error: unknown): Finding {
  if (error instanceof HopFailed) return error.finding;
  throw error;
}

async function revokeOld(core: OpenCore, { user }: ProbeAccount): Promise<void> {
  const old = (await core.store.tokens.listOf(user.id)).filter(({ createdAt }) => createdAt < core.now() - TOKEN_LIFETIME_MS);
  for (const { hash } of old) await revokeToken(core, user.id, user.id, hash);
}

class LiveProbe {
  readonly #core: OpenCore;
  readonly #account: ProbeAccount;
  readonly #url: string;
  readonly #token: string;
  readonly #text: string;
  readonly #open: Incoming[] = [];
  #postedAt = 0;
  #lastAt = 0;

  constructor(core: OpenCore, account: ProbeAccount, url: string, token: string) {
    this.#core = core;
    this.#account = account;
    this.#url = url;
    this.#token = token;
    this.#text = `Probe ${randomId(core.random)}`;
  }

  hops(record: Token): [check: string, hop: () => Promise<Finding>][] {
    const path = `/groups/${this.#account.group.slug}`;
    return [
      ['accept', () => this.#accept()],
      ['append', () => this.#append(path)],
      ['stream', () => this.#shown(0, 'until the open stream had it')],
      ['frame', () => this.#shown(1, 'until the page without JavaScript had it')],
      ['bus', () => this.#revoke(record)],
      ['total', async () => took(this.#lastAt - this.#postedAt, 'from the request until the last stream had the message')],
    ];
  }

  close(): void {
    for (const stream of this.#open) stream.close();
  }

  async #accept(): Promise<Finding> {
    await this.#ask('/healthz'); // not measured: the first request loads modules of this program
    const startedAt = performance.now();
    const answer = await this.#ask('/healthz');
    return took(answer.at - startedAt, 'for a new connection and a minimal response');
  }

  async #append(path: string): Promise<Finding> {
    for (const streamPath of [`${path}/events?as=json`, `${path}/live`]) this.#open.push(await this.#ask(streamPath));
    this.#postedAt = performance.now();
    const answer = await this.#ask(`${path}/messages`, { body: this.#text });
    return took(answer.at - this.#postedAt, 'from the request to its 201: the message is durable');
  }

  async #shown(index: number, what: string): Promise<Finding> {
    const at = await this.#open[index]?.receivedAt(this.#text, WITHIN_MS);
    if (at === undefined)
      return {
        detail: `the message was not received within ${WITHIN_MS} ms`,
        mend: "See bus and store above, and the server's log.",
      };
    this.#lastAt = Math.max(this.#lastAt, at);
    return took(at - this.#postedAt, `from the request ${what}`);
  }

  /** Revokes the token in this process; the server must then close the stream that was opened with it. */
  async #revoke({ hash }: Token): Promise<Finding> {
    const { bus, config } = this.#core;
    const { user } = this.#account;
    const published = Promise.withResolvers<number>();
    const stop = await bus.subscribe(SYSTEM_GROUP, (event) => {
      const isOurs = event.type === 'head' || (event.type === 'entries' && event.entries.some(({ author }) => author === user.id));
      if (isOurs) published.resolve(performance.now());
    });
    await revokeToken(this.#core, user.id, user.id, hash);
    const closedAt = await this.#open[0]?.receivedAt('event: closed', WITHIN_MS);
    stop();
    const way = config.redisUrl ? 'Redis' : 'the database file';
    const ms = closedAt === undefined ? Number.POSITIVE_INFINITY : closedAt - (await published.promise);
    if (ms <= BUS_WITHIN_MS) return took(ms, `until the server learnt of a revocation through ${way} and closed the stream`);
    const detail = `the server did not close the stream within ${BUS_WITHIN_MS} ms of the revocation`;
    return { detail, mend: config.redisUrl ? 'Give the server the same REDIS_URL.' : "See the server's log." };
  }

  async #ask(path: string, body?: object): Promise<Incoming> {
    const url = this.#url + path;
    const answer = await ask({ url, token: this.#token, ...(body ? { body } : {}) }, WITHIN_MS).catch((error: Error) => error);
    if (answer instanceof Error) throw new HopFailed({ detail: `${url}: ${reasonOf(answer)}`, mend: this.#adviceOnSilence() });
    if (answer.status < 300) return answer;
    throw new HopFailed({
      detail: `${path} answers ${answer.status}: ${reasonIn(await answer.whole(WITHIN_MS))}`,
      mend: this.#adviceOn(answer.status),
    });
  }

  #adviceOnSilence(): string {
    return this.#core.config.publicUrl === undefined
      ? "See the server's log."
      : 'Correct PUBLIC_URL, its DNS entry, its certificate or the proxy that listens there. The server itself answered the check above.';
  }

  #adviceOn(status: number): string {
    const { user, group } = this.#account;
    if (user.disabled) return `Enable the account ${user.name} at /admin.`;
    if (status === 401) return 'The server uses another store: run this with the DATA_DIR or MONGODB_URL of the server.';
    if (group.archived) return `parley group archive ${group.slug} --off`;
    return status === 429 ? 'Raise STREAMS_PER_USER to 2 or more.' : "See the server's log.";
  }
}

const took = (ms: number, what: string): Finding => ({ detail: `${ms.toFixed(1)} ms ${what}`, ms: Math.round(ms * 10) / 10 });

/** A connection error after attempts at several addresses has a code and no message. */
const reasonOf = (error: Error): string => error.message || ('code' in error ? String(error.code) : error.name);

/** The `detail` of a problem document (RFC 9457), else the first 200 characters of the response. */
function reasonIn(body: string): string {
  const [, detail] = /"detail":"((?:[^"\\]|\\.)*)"/.exec(body) ?? [];
  return detail ?? body.trim().slice(0, 200);
}
