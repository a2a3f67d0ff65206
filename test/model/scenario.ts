import { DomainError } from '../../lib/errors.ts';
import { announceMembershipChanges } from '../../lib/groups/membership.ts';
import type { Call } from './caller.ts';
import type { Turn } from './commands.ts';
import { Deeds } from './deeds.ts';
import type { DiskKind } from './disk.ts';
import { TestEnvironment } from './environment.ts';
import { LATEST_MS } from './line.ts';
import { HEARTBEAT_MS } from './process.ts';
import type { TapeSource } from './tape.ts';
import { type Weather, World } from './world.ts';

export type Setting = { readonly kind: DiskKind; readonly tape: TapeSource; readonly weather: Weather; readonly turns: readonly Turn[] };

/** A finished run: nothing is in progress. */
export type Played = { readonly environment: TestEnvironment; readonly calls: readonly Call[] };

const PROCESSES = 2;
/** Time after the last fault until everything is consistent: a time-out, the longest retry pause, a heartbeat and a reconnection, ms. */
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

/** Runs one setting. */
class Director {
  readonly #world: World;
  readonly #setting: Setting;
  readonly #environment: TestEnvironment;
  readonly #deeds: Deeds;

  constructor(world: World, setting: Setting) {
    this.#world = world;
    this.#setting = setting;
    this.#environment = new TestEnvironment(world, setting.kind, PROCESSES);
    this.#deeds = new Deeds(this.#environment);
  }

  async play(): Promise<Played> {
    await this.#world.until(() => this.#environment.disk.isQuiet, { what: 'the beginning' });
    for (const { command, steps } of this.#setting.turns) {
      this.#world.note(`» ${JSON.stringify(command)}`);
      await this.#deeds.do(command);
      await this.#world.steps(steps);
    }
    await this.#finish();
    return { environment: this.#environment, calls: this.#deeds.calls };
  }

  async #finish(): Promise<void> {
    const { readers, processes } = this.#environment;
    this.#world.calm();
    for (const process of processes) process.busHeals();
    for (const reader of readers) reader.slow(false);
    await this.#awaited(this.#deeds.answered(), 'all answers');
    await this.#deeds.do({ do: 'wait', ms: LATEST_MS }); // abandoned requests may still be executed
    await this.#awaited(this.#finishLines(), 'lines that were left out');
    await this.#caughtUp();
    // New readers at the end: a member gets the whole log.
    for (const user of this.#environment.users.keys()) await this.#deeds.do({ do: 'open', user, format: 'json', from: 'start' });
    await this.#deeds.do({ do: 'wait', ms: HEARTBEAT_MS * 1.1 + 500 }); // afterwards all processes have the same state
    for (const user of this.#environment.users.keys()) await this.#deeds.do({ do: 'open', user, format: 'json', from: 'now' });
    await this.#caughtUp();
    await this.#world.until(() => this.#environment.disk.isQuiet, { what: 'the disk to be quiet' });
  }

  #caughtUp(): Promise<void> {
    const most = { maxMs: CATCH_UP_MS, maxSteps: CATCH_UP_STEPS, what: 'all streams to be where the log ends' };
    const { readers } = this.#environment;
    const areThere = (): boolean => readers.every((reader) => reader.isAt(this.#environment.length));
    return this.#world.until(() => areThere() && !readers.some((reader) => reader.isToGo(this.#environment.log)), most);
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
    await this.#environment.disk.back();
    const { core } = this.#environment.process(0);
    for (let isDone = false; !isDone; ) isDone = await announceMembershipChanges(core, -100_000).then(() => true, isToBeTriedAgain);
  }
}

/** A lost response of one write delays the next one by more than its own time-out. */
function isToBeTriedAgain(error: unknown): false {
  if (error instanceof DomainError && error.code === 'unavailable') return false;
  throw error;
}
