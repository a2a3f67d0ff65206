import type { User } from '../../lib/accounts/port.ts';
import { DomainError, StoreUnavailable } from '../../lib/errors.ts';
import { openGroup } from '../../lib/groups/operations.ts';
import type { GroupAccess } from '../../lib/groups/rules.ts';
import type { TestEnvironment } from './environment.ts';
import { type ModelProcess, SLUG } from './process.ts';

/** The result that a caller got: done, with the seq if known; refused by a rule; or unknown. */
type Answer =
  | { readonly kind: 'done'; readonly seq: number | undefined }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unknown' };

/** One request. `highest`: the highest seq acknowledged to any caller before it was made. */
export type Call = {
  readonly what: string;
  readonly body: string | undefined;
  readonly key: string | undefined;
  readonly user: User;
  readonly highest: number;
  answer: Answer | undefined;
};

export type Request = Pick<Call, 'what' | 'body' | 'key'> & {
  /** Resolves to the seq of the message, where there is one. */
  readonly run: (process: ModelProcess, at: GroupAccess) => Promise<number | undefined>;
};

/** A caller that makes its requests sequentially, each to one process. */
export class Caller {
  readonly user: User;
  readonly #environment: TestEnvironment;
  readonly #calls: Call[];
  readonly #processOf: () => ModelProcess;
  #last: Promise<void> = Promise.resolve();

  constructor(environment: TestEnvironment, user: User, calls: Call[], processOf: () => ModelProcess) {
    this.#environment = environment;
    this.user = user;
    this.#calls = calls;
    this.#processOf = processOf;
  }

  /** Makes these requests concurrently, after all previous ones were answered. */
  request(...requests: readonly Request[]): void {
    this.#last = this.#last.then(async () => void (await Promise.all(requests.map((request) => this.#make(request)))));
  }

  /** Resolves when everything so far has been answered. */
  get done(): Promise<void> {
    return this.#last;
  }

  async #make({ run, ...what }: Request): Promise<void> {
    const call: Call = { ...what, user: this.user, highest: highestTold(this.#calls), answer: undefined };
    this.#calls.push(call);
    const process = this.#processOf();
    this.#environment.world.note(`${this.user.name} asks ${process.name}: ${call.what} ${call.body ?? ''} ${call.key ?? ''}`);
    const answer = await Promise.race([this.#ask(process, run).catch(answerOf), process.death]);
    call.answer = answer === 'dead' ? { kind: 'unknown' } : answer;
    this.#environment.world.note(`${this.user.name} is told of ${call.what} ${call.body ?? ''}: ${JSON.stringify(call.answer)}`);
  }

  /** As a route does: read the access, receive the rest of the request, run the operation. */
  async #ask(process: ModelProcess, run: Request['run']): Promise<Answer> {
    const { core } = process;
    const at = await openGroup(core, this.user, SLUG, core.lookupCache);
    await this.#environment.world.step(`${this.user.name}'s request arrives`);
    return { kind: 'done', seq: await run(process, at) };
  }
}

const highestTold = (calls: readonly Call[]): number =>
  Math.max(0, ...calls.map(({ answer }) => (answer?.kind === 'done' ? (answer.seq ?? 0) : 0)));

function answerOf(error: unknown): Answer {
  if (error instanceof StoreUnavailable) return { kind: 'unknown' };
  if (!(error instanceof DomainError)) throw error;
  return error.code === 'unavailable' ? { kind: 'unknown' } : { kind: 'refused', code: error.code };
}
