import type { Cast } from './cast.ts';
import { openCast } from './cast.ts';
import { holdsExactly } from './checks.ts';
import { Ledger } from './ledger.ts';
import { hasLetGo, weigh } from './memory.ts';
import { historyAfter } from './plain-readers.ts';
import { type Step, type StoreKind, schedule } from './schedule.ts';
import { Stage } from './stage.ts';
import { strike } from './strike.ts';
import type { World } from './world.ts';
import { write } from './writers.ts';

export type RunOptions = {
  readonly store: StoreKind;
  readonly seed: string;
  /** For so long faults are dealt, ms; or exactly so many of them. */
  readonly ms?: number;
  readonly steps?: number;
  readonly say: (line: string) => void;
};

/** What a run came to: counts by name. */
export type Report = ReadonlyMap<string, number>;

/** Lets everybody write and read while things go wrong as the seed has it, then checks that nothing is lost, doubled or out of order. Rejects with what is. */
export async function run(options: RunOptions): Promise<Report> {
  const done: Step[] = [];
  const stage = await Stage.open(options.store);
  const world: World = { stage, ledger: new Ledger() };
  try {
    await perform(world, options, done);
    return world.ledger.counts;
  } catch (error) {
    world.ledger.fail(error); // whoever is still at it gives up
    throw new Error(accountOf(options, done, error), { cause: error });
  } finally {
    await stage.close();
  }
}

/** What went wrong, after what, and how to see it again. */
function accountOf({ store, seed }: RunOptions, done: readonly Step[], error: unknown): string {
  const steps = done.map(({ after, fault }) => `  after ${after} messages: ${JSON.stringify(fault)}`);
  const command = `node bin/faults.ts --store ${store} --seed ${seed} --steps ${done.length}`;
  return [`Not exact under seed ${seed}: ${String(error)}`, ...steps, `The same schedule again: ${command}`].join('\n');
}

async function perform(world: World, options: RunOptions, done: Step[]): Promise<void> {
  const { ledger } = world;
  const cast = await openCast(world, options.seed);
  const running = cast.readers.map((reader) => reader.run());
  const writing = Promise.all([...cast.writers.map((writer) => write(world, writer, options.seed)), cast.walk()]);
  writing.catch((error) => ledger.fail(error));
  let warm = { taken: 0, held: 0 };
  try {
    await ledger.messages(100);
    warm = await weigh(world);
    await strikeAll(world, cast, options, done);
    ledger.end();
    await ledger.inTime('the writers to finish', writing);
    await catchUp(world, cast);
    for (let beat = 1; beat <= 2; beat += 1) await Promise.all(cast.readers.map((reader) => reader.heartbeat()));
  } finally {
    ledger.end();
    for (const reader of cast.readers) reader.close();
  }
  await Promise.race([Promise.all(running), ledger.failed]);
  await Promise.race([holdsExactly(world, cast), ledger.failed]);
  hasLetGo(world, warm, await weigh(world));
  await ledger.sound();
  countAll(world, cast, done);
}

async function strikeAll(world: World, cast: Cast, { store, seed, ms, steps, say }: RunOptions, done: Step[]): Promise<void> {
  const until = performance.now() + (ms ?? Number.POSITIVE_INFINITY);
  for (const step of schedule(seed, store)) {
    if (done.length >= (steps ?? Number.POSITIVE_INFINITY) || performance.now() > until) return;
    done.push(step);
    await world.ledger.messages(step.after);
    say(`${world.ledger.acknowledged.size} messages; ${JSON.stringify(step.fault)}`);
    await Promise.race([strike(world, cast, step.fault), world.ledger.failed]);
    world.ledger.count(`fault: ${step.fault.kind}`);
  }
}

/** Until every reader has all that there is. */
async function catchUp({ ledger }: World, { readers, frame, person }: Cast): Promise<void> {
  const { head, lastRow } = await ends(person);
  await ledger.inTime(
    'the readers to catch up',
    Promise.all(readers.map((reader) => reader.reach(reader === frame.reader ? lastRow : head))),
  );
}

/** The end of the log, by a stream's own account of it: the page's cursor; and the last seq that is a row. */
async function ends(person: Cast['person']): Promise<{ head: number; lastRow: number }> {
  const { text } = await person.insist({ path: '/groups/lobby', headers: { Accept: 'text/html' } });
  const head = Number(/events\?after=(\d+)/.exec(text)?.[1]);
  const last = await historyAfter(person, Math.max(0, head - 200));
  return { head, lastRow: last.at(-1)?.seq ?? 0 };
}

function countAll({ ledger, stage }: World, { readers }: Cast, done: readonly Step[]): void {
  ledger.count('faults', done.length);
  ledger.count('messages', ledger.acknowledged.size);
  ledger.count('refusals', ledger.refusals);
  for (const { connections } of readers) ledger.count('streams opened', connections);
  ledger.count('servers', stage.servers.length);
}
