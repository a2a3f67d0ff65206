import { DomainError } from '../../lib/errors.ts';
import { announceMembershipChanges } from '../../lib/groups/membership.ts';
import type { Call } from './caller.ts';
import type { Turn } from './commands.ts';
import { Deeds } from './deeds.ts';
import type { DiskKind } from './disk.ts';
import { LATEST_MS } from './line.ts';
import { HEARTBEAT_MS } from './process.ts';
import { Stage } from './stage.ts';
import type { TapeSource } from './tape.ts';
import { type Weather, World } from './world.ts';

export type Setting = { readonly kind: DiskKind; readonly tape: TapeSource; readonly weather: Weather; readonly turns: readonly Turn[] };

/** A run that is over: nothing is under way any more. */
export type Played = { readonly stage: Stage; readonly calls: readonly Call[] };

const PROCESSES = 2;
/** Once nothing goes wrong any more: an answer that was given up for lost, the longest pause of who waits for the store, a heartbeat, a return. */
export const CATCH_UP_MS = 2500 + 1000 + HEARTBEAT_MS * 1.1 + 1400;
const CATCH_UP_STEPS = 6000;

/**
 * Plays one run to its end: the commands, then calm, until all have been answered and all streams are where the log ends. Whatever fails is
 * told with the last steps that led there.
 */
export async function play(setting: Setting, check: (played: Played) => void): Promise<void> {
  const world = new World(setting.tape, setting.weather);
  world.time.install(() => world.tape.fraction('random'));
  try {
    check(await new Director(world, setting).play());
    if (world.violations.length > 0) throw new Error(world.violations.join('\n'));
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.stack : error}\n${world.trace}`);
  } finally {
    world.time.uninstall();
  }
}

/** Plays one setting. */
class Director {
  readonly #world: World;
  readonly #setting: Setting;
  readonly #stage: Stage;
  readonly #deeds: Deeds;

  constructor(world: World, setting: Setting) {
    this.#world = world;
    this.#setting = setting;
    this.#stage = new Stage(world, setting.kind, PROCESSES);
    this.#deeds = new Deeds(this.#stage);
  }

  async play(): Promise<Played> {
    await this.#world.until(() => this.#stage.disk.isQuiet, { what: 'the beginning' });
    for (const { command, steps } of this.#setting.turns) {
      this.#world.note(`» ${JSON.stringify(command)}`);
      await this.#deeds.do(command);
      await this.#world.steps(steps);
    }
    await this.#finish();
    return { stage: this.#stage, calls: this.#deeds.calls };
  }

  async #finish(): Promise<void> {
    const { readers, processes } = this.#stage;
    this.#world.calm();
    for (const process of processes) process.busHeals();
    for (const reader of readers) reader.slow(false);
    await this.#awaited(this.#deeds.answered(), 'all answers');
    await this.#deeds.do({ do: 'wait', ms: LATEST_MS }); // what nobody waits for any more may still happen
    await this.#awaited(this.#finishLines(), 'lines that were left out');
    await this.#caughtUp();
    // Whoever comes now finds all at rest: a member gets the whole log, whatever happened to it before.
    for (const user of this.#stage.users.keys()) await this.#deeds.do({ do: 'open', user, format: 'json', from: 'start' });
    await this.#deeds.do({ do: 'wait', ms: HEARTBEAT_MS * 1.1 + 500 }); // after which no process knows less than another
    for (const user of this.#stage.users.keys()) await this.#deeds.do({ do: 'open', user, format: 'json', from: 'now' });
    await this.#caughtUp();
    await this.#world.until(() => this.#stage.disk.isQuiet, { what: 'the disk to be quiet' });
  }

  #caughtUp(): Promise<void> {
    const most = { maxMs: CATCH_UP_MS, maxSteps: CATCH_UP_STEPS, what: 'all streams to be where the log ends' };
    const { readers } = this.#stage;
    const areThere = (): boolean => readers.every((reader) => reader.isAt(this.#stage.length));
    return this.#world.until(() => areThere() && !readers.some((reader) => reader.isToGo(this.#stage.log)), most);
  }

  async #awaited(promise: Promise<unknown>, what: string): Promise<void> {
    let isDone = false;
    promise.then(
      () => {
        isDone = true;
      },
      (error) => this.#world.violations.push(String(error instanceof Error ? error.stack : error)),
    );
    await this.#world.until(() => isDone || this.#world.violations.length > 0, { maxMs: 200_000, maxSteps: 60_000, what });
  }

  /** What the sweep of a running server does. */
  async #finishLines(): Promise<void> {
    await this.#stage.disk.back();
    const { core } = this.#stage.process(0);
    for (let isDone = false; !isDone; ) isDone = await announceMembershipChanges(core, -100_000).then(() => true, isToBeTriedAgain);
  }
}

/** An answer that an earlier write still waits for holds the next one up for longer than that waits. */
function isToBeTriedAgain(error: unknown): false {
  if (error instanceof DomainError && error.code === 'unavailable') return false;
  throw error;
}
