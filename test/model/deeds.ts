import { addMember, removeMember, setArchived } from '../../lib/groups/operations.ts';
import { newUid } from '../../lib/ids.ts';
import { edit, erase, post, react, unerase } from '../../lib/messages/operations.ts';
import { type Call, Caller, type Request } from './caller.ts';
import type { Command } from './commands.ts';
import { GROUP, type TestEnvironment } from './environment.ts';
import { SLUG } from './process.ts';
import { Reader } from './reader.ts';

const CALLERS = 4;
const EMOJI = '👍';
/** Three of these exceed the limit of unsent bytes of a slow reader. */
const BULK = 'x'.repeat(450_000);

type FollowUp = {
  readonly do: 'react' | 'edit' | 'erase' | 'unerase';
  readonly caller: number;
  readonly target: number;
  readonly on?: boolean;
};

/** Executes commands on a environment. */
export class Deeds {
  readonly calls: Call[] = [];
  readonly #environment: TestEnvironment;
  readonly #callers: readonly Caller[];
  /** Callers for Ann, one for each process. */
  readonly #operators: readonly Caller[];
  #bodies = 0;

  constructor(environment: TestEnvironment) {
    this.#environment = environment;
    const caller = (which: number, index: number) =>
      new Caller(environment, environment.user(which), this.calls, () => environment.process(index));
    this.#callers = Array.from({ length: CALLERS }, (_, index) => caller(index, index));
    this.#operators = environment.processes.map((_, index) => caller(0, index));
  }

  /** Resolves when every request so far has been answered. */
  async answered(): Promise<void> {
    await Promise.all([...this.#callers, ...this.#operators].map(({ done }) => done));
  }

  /** Executes a command. Its requests may still be in progress afterwards. */
  async do(command: Command): Promise<void> {
    const { process } = { process: 0, ...command };
    const target = this.#environment.process(process);
    switch (command.do) {
      case 'post':
        return this.#caller(command.caller).request(this.#posting(command.key, command.text));
      case 'burst':
        return this.#caller(command.caller).request(...Array.from({ length: command.count }, () => this.#posting()));
      case 'react':
      case 'edit':
      case 'erase':
      case 'unerase':
        return this.#follow(command);
      case 'twice':
        return this.#twice(command.caller, command.target, command.what);
      case 'crowd':
        return this.#environment.crowd(command.count);
      case 'bulk':
        return this.#bulk(command.caller);
      case 'move':
        return this.#move(process, command.member, command.in);
      case 'archive':
        return this.#archive(process, command.on);
      case 'clock':
        target.clockOffsetMs = command.ms;
        return;
      case 'crash':
        return this.#environment.crash(process);
      case 'stop':
        return this.#environment.stop(process);
      case 'bus':
        return command.how === 'heal' ? target.busHeals() : target.busFails(command.how);
      case 'away':
        return this.#environment.disk.away(command.ms);
      case 'failover':
        return this.#environment.disk.failover(command.kept, command.ms);
      case 'open':
        return this.#open(command);
      case 'slow':
        return this.#reader(command.reader)?.slow(command.on);
      case 'break':
        return this.#reader(command.reader)?.break();
      case 'wait':
        return this.#wait(command.ms);
      default:
        throw command satisfies never;
    }
  }

  /** A new body, unless it has a key: then the same body again, or another one that conflicts with the key. */
  #posting(key?: number, text?: number): Request {
    this.#bodies += 1;
    const body = key === undefined ? `b${this.#bodies}` : `k${key} t${text}`;
    const named = key === undefined ? undefined : `c:${key}`;
    const run: Request['run'] = async ({ core }, at) => (await post(core, at, { body, key: named })).message.seq;
    return { what: 'post', body, key: named, run };
  }

  #follow({ caller, target: which, ...how }: FollowUp): void {
    const target = this.#target(which);
    if (target !== undefined) this.#caller(caller).request(this.#following(target, how));
  }

  /** The same request again before the response to the first; or an edit during an erasure. */
  #twice(caller: number, which: number, what: 'react' | 'erase'): void {
    const target = this.#target(which);
    if (target === undefined) return;
    const first = this.#following(target, { do: what, on: true });
    const second = this.#following(target, { do: what === 'erase' ? 'edit' : what, on: true });
    this.#caller(caller).request(first, second);
  }

  /** The seq of one of the newest messages. */
  #target(which: number): number | undefined {
    const messages = this.#environment.log.filter(({ kind }) => kind === 'message');
    return messages[messages.length - 1 - (which % Math.max(1, messages.length))]?.seq;
  }

  #following(target: number, how: Omit<FollowUp, 'caller' | 'target'>): Request {
    this.#bodies += 1;
    const body = `e${this.#bodies}`;
    const run: Request['run'] = async ({ core }, at) => {
      if (how.do === 'react') await react(core, at, target, EMOJI, how.on ?? true);
      if (how.do === 'edit') await edit(core, at, target, body);
      if (how.do === 'erase') await erase(core, at, target);
      if (how.do === 'unerase') await unerase(core, at, target);
      return undefined;
    };
    return {
      what: `${how.do === 'react' && how.on === false ? 'unreact' : how.do} ${target}`,
      body: how.do === 'edit' ? body : undefined,
      key: undefined,
      run,
    };
  }

  #bulk(which: number): void {
    const caller = this.#caller(which);
    const draft = { kind: 'topic', author: caller.user.id, topic: BULK } as const;
    this.#asks(caller, 'bulk', ({ core }) => core.appender.append(GROUP, { ...draft, uid: newUid(core.random) }));
  }

  #move(process: number, member: number, isIn: boolean): void {
    const user = this.#environment.user(1 + (member % 2));
    const change = isIn ? addMember : removeMember;
    const what = `${isIn ? 'add' : 'remove'} ${user.name}`;
    this.#asks(this.#operator(process), what, ({ core }, { group }) => change(core, this.#environment.ann.id, group, user));
  }

  #archive(process: number, on: boolean): void {
    this.#asks(this.#operator(process), `archive ${on}`, ({ core }, { group }) => setArchived(core, this.#environment.ann.id, group, on));
  }

  /** A request that is no post and so resolves to no seq. */
  #asks(caller: Caller, what: string, work: (...args: Parameters<Request['run']>) => Promise<unknown>): void {
    const run: Request['run'] = async (process, at) => {
      await work(process, at);
      return undefined;
    };
    caller.request({ what, body: undefined, key: undefined, run });
  }

  #open({ user, format, from }: Command & { do: 'open' }): void {
    const lengthOfLog = (): number => this.#environment.length;
    const reader = new Reader({
      world: this.#environment.world,
      user: this.#environment.user(user),
      slug: SLUG,
      format,
      lengthOfLog,
      isHonest: from !== 'ahead',
    });
    const index = this.#environment.readers.push(reader);
    const length = lengthOfLog();
    const after = { start: 0, now: undefined, middle: Math.floor(length / 2), ahead: length + 3 }[from];
    reader.open(after, () => this.#environment.process(index + reader.stays.length));
  }

  #reader(which: number): Reader | undefined {
    return this.#environment.readers[which % Math.max(1, this.#environment.readers.length)];
  }

  #caller(which: number): Caller {
    return this.#callers[which % CALLERS] ?? this.#nobody();
  }

  #operator(which: number): Caller {
    return this.#operators[which % this.#operators.length] ?? this.#nobody();
  }

  #nobody(): never {
    throw new Error('nobody');
  }

  async #wait(ms: number): Promise<void> {
    const { world } = this.#environment;
    const until = world.time.ms + ms;
    void world.time.after(ms); // so that there is an entry to wait for
    await world.until(() => world.time.ms >= until, { what: 'a wait' });
  }
}
