import { setImmediate as turn } from 'node:timers/promises';
import type { Answer } from '../helpers/client.ts';
import { LONGEST_ANSWER_MS } from './bounds.ts';
import type { Dice } from './dice.ts';
import type { TestEnvironment } from './environment.ts';
import type { Ledger } from './ledger.ts';

export const GROUP = '/groups/lobby';
export const MESSAGES = `${GROUP}/messages`;

/** What all clients of a run share. */
export type World = { readonly environment: TestEnvironment; readonly ledger: Ledger };

export type Headers = Readonly<Record<string, string>>;
type Request = {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string;
  /** The client waits for the response: a request still in progress while its repetition is answered could revert a later change. */
  readonly isPatient?: true;
};

/** Probability that a client disconnects before the response, and the maximum number of event loop turns until then. */
const HANG_UP_SHARE = 0.03;
const HANG_UP_TURNS = 60;

/** A client with a cookie or token that uses the servers in turn. */
export class Person {
  readonly name: string;
  /** The credentials: a cookie, a token, or none. */
  readonly credentials: Headers;
  readonly dice: Dice;
  readonly #world: World;
  #attempt: number;

  constructor(world: World, name: string, credentials: Headers, dice: Dice) {
    this.name = name;
    this.credentials = credentials;
    this.dice = dice;
    this.#world = world;
    this.#attempt = dice.int(0, 1);
  }

  /** Repeats a request until the response is not 503, nor 409 for a request in progress; `onRefusal` gets those. The request may arrive several times. */
  async insist(request: Request, onRefusal: (refusal: Answer) => void = () => {}): Promise<Answer> {
    for (;;) {
      const answer = await this.#ask(request);
      if (answer && !isForNow(answer)) return answer;
      if (answer?.status === 503) onRefusal(answer);
      await turn();
    }
  }

  /** Sends a request once, whatever comes of it. Undefined without a response. */
  once(request: Request): Promise<Answer | undefined> {
    return this.#ask(request);
  }

  /** Undefined without a response. */
  async #ask(request: Request): Promise<Answer | undefined> {
    const { environment, ledger } = this.#world;
    await environment.someUp();
    this.#attempt += environment.isUp(this.#attempt + 1) ? 1 : 2;
    const { favourite = this.#attempt } = environment;
    const server = environment.isUp(favourite) ? favourite : this.#attempt;
    const hangUp = new AbortController();
    if (!request.isPatient && this.dice.chance(HANG_UP_SHARE)) void turns(this.dice.int(0, HANG_UP_TURNS)).then(() => hangUp.abort());
    const { method = 'GET', path } = request;
    const asked = this.#fetch(environment.url(server), request, hangUp.signal);
    const answer = await ledger.inTime(`an answer to ${method} ${path}`, asked, LONGEST_ANSWER_MS);
    if (answer) this.#check(`${method} ${path}`, answer);
    else ledger.count('requests without an answer');
    return answer;
  }

  #fetch(url: string, { path, method = 'GET', headers, body }: Request, signal: AbortSignal): Promise<Answer | undefined> {
    const init: RequestInit = { method, redirect: 'manual', headers: { ...this.credentials, ...headers }, body: body ?? null, signal };
    const read = async (response: Response): Promise<Answer> => {
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
    };
    return fetch(new URL(path, url), init)
      .then(read)
      .catch(() => undefined);
  }

  /** Checks that an error response lets a client retry. */
  #check(what: string, { status, headers, text }: Answer): void {
    const { ledger, environment } = this.#world;
    ledger.expect(status < 500 || status === 503, () => `${what} was answered ${status}: ${text.slice(0, 300)}`);
    if (status === 409 && !isDecided(text)) ledger.count('repeated while the first was still being written');
    if (!isForNow({ status, text })) return;
    ledger.expect(Number(headers.get('Retry-After')) > 0, () => `${what} was refused without Retry-After`);
    if (status === 409) return;
    ledger.refuse();
    if (!environment.isStoreAway())
      ledger.count(`refused while the store was there: ${what.replace(/hooks.*/, 'hooks/…').replaceAll(/\d+/g, 'N')}: ${reasonIn(text)}`);
  }
}

/** The error code of a problem document, a page, or a webhook response. */
const reasonIn = (text: string): string =>
  /"detail":"([^"]*)"|role="alert">([^<]*)|<h1>[^<]*<\/h1>\s*<p>([^<]*)/.exec(text)?.slice(1).find(Boolean) ?? text.slice(0, 80);

/** The store is down, or the first request with this key is still in progress. */
const isForNow = ({ status, text }: Pick<Answer, 'status' | 'text'>): boolean => status === 503 || (status === 409 && !isDecided(text));

/** Whether somebody else was faster. */
const isDecided = (text: string): boolean => text.includes('"code":"conflict"');

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await turn();
}
