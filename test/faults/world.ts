import { setImmediate as turn } from 'node:timers/promises';
import type { Answer } from '../helpers/client.ts';
import { LONGEST_ANSWER_MS } from './bounds.ts';
import type { Dice } from './dice.ts';
import type { Ledger } from './ledger.ts';
import type { Stage } from './stage.ts';

export const GROUP = '/groups/lobby';
export const MESSAGES = `${GROUP}/messages`;

/** What every client of a run works with. */
export type World = { readonly stage: Stage; readonly ledger: Ledger };

export type Headers = Readonly<Record<string, string>>;
export type Request = {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string;
  /** Not to be hung up on: one that is still being worked on while its repetition is already answered could undo what came after. */
  readonly isPatient?: true;
};

/** How often a client hangs up before it has its answer, and within how many turns of the event loop. */
const HANG_UP_SHARE = 0.03;
const HANG_UP_TURNS = 60;

/** Somebody, known by a cookie or a token, who asks whichever server is up, by turns. */
export class Person {
  readonly name: string;
  /** What says who it is: a cookie, a token, or nothing. */
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

  /** Asks again until there is an answer other than "come back later", which `onRefusal` is shown. The same request may so arrive several times. */
  async insist(request: Request, onRefusal: (refusal: Answer) => void = () => {}): Promise<Answer> {
    for (;;) {
      const answer = await this.#ask(request);
      if (answer && !isForNow(answer)) return answer;
      if (answer?.status === 503) onRefusal(answer);
      await turn();
    }
  }

  /** Undefined when no answer came. */
  async #ask(request: Request): Promise<Answer | undefined> {
    const { stage, ledger } = this.#world;
    await stage.someUp();
    this.#attempt += stage.isUp(this.#attempt + 1) ? 1 : 2;
    const { favourite = this.#attempt } = stage;
    const server = stage.isUp(favourite) ? favourite : this.#attempt;
    const hangUp = new AbortController();
    if (!request.isPatient && this.dice.chance(HANG_UP_SHARE)) void turns(this.dice.int(0, HANG_UP_TURNS)).then(() => hangUp.abort());
    const { method = 'GET', path } = request;
    const asked = this.#fetch(stage.url(server), request, hangUp.signal);
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

  /** Whatever goes wrong is said in the way that lets a client come back. */
  #check(what: string, { status, headers, text }: Answer): void {
    const { ledger, stage } = this.#world;
    ledger.expect(status < 500 || status === 503, () => `${what} was answered ${status}: ${text.slice(0, 300)}`);
    if (status === 409) ledger.count('repeated while the first was still being written');
    if (!isForNow({ status })) return;
    ledger.expect(Number(headers.get('Retry-After')) > 0, () => `${what} was refused without Retry-After`);
    if (status === 409) return;
    ledger.refuse();
    if (!stage.isStoreAway())
      ledger.count(`refused while the store was there: ${what.replace(/hooks.*/, 'hooks/…').replaceAll(/\d+/g, 'N')}: ${reasonIn(text)}`);
  }
}

/** Of a problem, a page, or a webhook's word. */
const reasonIn = (text: string): string =>
  /"detail":"([^"]*)"|role="alert">([^<]*)|<h1>[^<]*<\/h1>\s*<p>([^<]*)/.exec(text)?.slice(1).find(Boolean) ?? text.slice(0, 80);

/** The store is away, or the same request is still being dealt with. */
const isForNow = ({ status }: Pick<Answer, 'status'>): boolean => status === 503 || status === 409;

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await turn();
}
