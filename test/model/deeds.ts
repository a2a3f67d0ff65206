import { addMember, removeMember, setArchived } from '../../lib/groups/operations.ts';
import { newUid } from '../../lib/ids.ts';
import { edit, erase, post, react, unerase } from '../../lib/messages/operations.ts';
import { type Call, Caller, type Request } from './caller.ts';
import type { Command } from './commands.ts';
import { SLUG } from './process.ts';
import { Reader } from './reader.ts';
import { GROUP, type Stage } from './stage.ts';

const CALLERS = 4;
const EMOJI = '👍';
/** Three of these are more than a slow reader may leave unread. */
const BULK = 'x'.repeat(450_000);

type FollowUp = {
  readonly do: 'react' | 'edit' | 'erase' | 'unerase';
  readonly caller: number;
  readonly target: number;
  readonly on?: boolean;
};

/** What people, operators and bad luck do to a stage. */
export class Deeds {
  readonly calls: Call[] = [];
  readonly #stage: Stage;
  readonly #callers: readonly Caller[];
  /** Ann, once at each process. */
  readonly #operators: readonly Caller[];
  #bodies = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    const caller = (which: number, index: number) => new Caller(stage, stage.user(which), this.calls, () => stage.process(index));
    this.#callers = Array.from({ length: CALLERS }, (_, index) => caller(index, index));
    this.#operators = stage.processes.map((_, index) => caller(0, index));
  }

  /** Resolves when every request so far has been answered. */
  async answered(): Promise<void> {
    await Promise.all([...this.#callers, ...this.#operators].map(({ done }) => done));
  }

  /** Does what a command says. What it asks for may still be under way afterwards. */
  async do(command: Command): Promise<void> {
    const { process } = { process: 0, ...command };
    const target = this.#stage.process(process);
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
        return this.#stage.crowd(command.count);
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
        return this.#stage.crash(process);
      case 'stop':
        return this.#stage.stop(process);
      case 'bus':
        return command.how === 'heal' ? target.busHeals() : target.busFails(command.how);
      case 'away':
        return this.#stage.disk.away(command.ms);
      case 'failover':
        return this.#stage.disk.failover(command.kept, command.ms);
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

  /** A body of its own, unless it has a key: then the same again, or another that the key does not stand for. */
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

  /** The same again before the first is answered; or an edit while it is being erased. */
  #twice(caller: number, which: number, what: 'react' | 'erase'): void {
    const target = this.#target(which);
    if (target === undefined) return;
    const first = this.#following(target, { do: what, on: true });
    const second = this.#following(target, { do: what === 'erase' ? 'edit' : what, on: true });
    this.#caller(caller).request(first, second);
  }

  /** The seq of one of the newest messages. */
  #target(which: number): number | undefined {
    const messages = this.#stage.log.filter(({ kind }) => kind === 'message');
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
    const user = this.#stage.user(1 + (member % 2));
    const change = isIn ? addMember : removeMember;
    const what = `${isIn ? 'add' : 'remove'} ${user.name}`;
    this.#asks(this.#operator(process), what, ({ core }, { group }) => change(core, this.#stage.ann.id, group, user));
  }

  #archive(process: number, on: boolean): void {
    this.#asks(this.#operator(process), `archive ${on}`, ({ core }, { group }) => setArchived(core, this.#stage.ann.id, group, on));
  }

  /** What is no post, and so has no seq to be told. */
  #asks(caller: Caller, what: string, work: (...args: Parameters<Request['run']>) => Promise<unknown>): void {
    const run: Request['run'] = async (process, at) => {
      await work(process, at);
      return undefined;
    };
    caller.request({ what, body: undefined, key: undefined, run });
  }

  #open({ user, format, from }: Command & { do: 'open' }): void {
    const lengthOfLog = (): number => this.#stage.length;
    const reader = new Reader({
      world: this.#stage.world,
      user: this.#stage.user(user),
      slug: SLUG,
      format,
      lengthOfLog,
      isHonest: from !== 'ahead',
    });
    const index = this.#stage.readers.push(reader);
    const length = lengthOfLog();
    const after = { start: 0, now: undefined, middle: Math.floor(length / 2), ahead: length + 3 }[from];
    reader.open(after, () => this.#stage.process(index + reader.stays.length));
  }

  #reader(which: number): Reader | undefined {
    return this.#stage.readers[which % Math.max(1, this.#stage.readers.length)];
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
    const { world } = this.#stage;
    const until = world.time.ms + ms;
    void world.time.after(ms); // so that there is something to wait for
    await world.until(() => world.time.ms >= until, { what: 'a wait' });
  }
}
