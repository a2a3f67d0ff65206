import { holdsExactly } from './checks.ts';
import { TestEnvironment } from './environment.ts';
import { Ledger } from './ledger.ts';
import { hasLetGo, weigh, weighAtRest } from './memory.ts';
import type { Participants } from './participants.ts';
import { createParticipants } from './participants.ts';
import { historyAfter } from './plain-readers.ts';
import { type Step, type StoreKind, schedule } from './schedule.ts';
import { strike } from './strike.ts';
import type { World } from './world.ts';
import { write } from './writers.ts';

type RunOptions = {
  readonly store: StoreKind;
  readonly seed: string;
  /** `ms`: duration in which faults are injected; `steps`: their exact number instead. */
  readonly ms?: number;
  readonly steps?: number;
  readonly print: (line: string) => void;
};

/** Minimum number of faults of a run that is limited by time. */
const LEAST_FAULTS = 3;

/** The result of a run: counts by name. */
type Report = ReadonlyMap<string, number>;

/** Runs all writers and readers while seeded faults are injected, then checks that nothing is lost, repeated or out of order. Rejects with the first violation. */
export async function run(options: RunOptions): Promise<Report> {
  const done: Step[] = [];
  const environment = await TestEnvironment.open(options.store);
  const world: World = { environment, ledger: new Ledger() };
  try {
    await perform(world, options, done);
    return world.ledger.counts;
  } catch (error) {
    world.ledger.fail(error); // clients that are still running end
    throw new Error(accountOf(options, done, error), { cause: error });
  } finally {
    await environment.close();
  }
}

/** The failure, the steps before it, and the command that repeats the run. */
function accountOf({ store, seed }: RunOptions, done: readonly Step[], error: unknown): string {
  const steps = done.map(({ after, fault }) => `  after ${after} messages: ${JSON.stringify(fault)}`);
  const command = `node bin/faults.ts --store ${store} --seed ${seed} --steps ${done.length}`;
  return [`Not exact under seed ${seed}: ${String(error)}`, ...steps, `The same schedule again: ${command}`].join('\n');
}

async function perform(world: World, options: RunOptions, done: Step[]): Promise<void> {
  const { ledger } = world;
  const participants = await createParticipants(world, options.seed);
  const running = participants.readers.map((reader) => reader.run());
  const writing = Promise.all([...participants.writers.map((writer) => write(world, writer, options.seed)), participants.walk()]);
  writing.catch((error) => ledger.fail(error));
  let warm = { taken: 0, held: 0 };
  try {
    await ledger.messages(100);
    warm = await weigh(world);
    await strikeAll(world, participants, options, done);
    ledger.end();
    await ledger.inTime('the writers to finish', writing);
    await catchUp(world, participants);
    for (let beat = 1; beat <= 2; beat += 1) await Promise.all(participants.readers.map((reader) => reader.heartbeat()));
  } finally {
    ledger.end();
    for (const reader of participants.readers) reader.close();
  }
  await Promise.race([Promise.all(running), ledger.failed]);
  await Promise.race([holdsExactly(world, participants), ledger.failed]);
  hasLetGo(world, warm, await weighAtRest(world, warm));
  await ledger.sound();
  countAll(world, participants, done);
}

async function strikeAll(
  world: World,
  participants: Participants,
  { store, seed, ms, steps, print }: RunOptions,
  done: Step[],
): Promise<void> {
  const until = performance.now() + (ms ?? Number.POSITIVE_INFINITY);
  for (const step of schedule(seed, store)) {
    if (done.length >= (steps ?? Number.POSITIVE_INFINITY) || (done.length >= LEAST_FAULTS && performance.now() > until)) return;
    done.push(step);
    await world.ledger.messages(step.after);
    print(`${world.ledger.acknowledged.size} messages; ${JSON.stringify(step.fault)}`);
    await Promise.race([strike(world, participants, step.fault), world.ledger.failed]);
    world.ledger.count(`fault: ${step.fault.kind}`);
  }
}

/** Resolves when every reader has the whole log. */
async function catchUp({ ledger }: World, { readers, frame, person }: Participants): Promise<void> {
  const { head, lastRow } = await ends(person);
  await ledger.inTime(
    'the readers to catch up',
    Promise.all(readers.map((reader) => reader.reach(reader === frame.reader ? lastRow : head))),
  );
}

/** The head of the log by the page's cursor, and the seq of the last row. */
async function ends(person: Participants['person']): Promise<{ head: number; lastRow: number }> {
  const { text } = await person.insist({ path: '/groups/lobby', headers: { Accept: 'text/html' } });
  const head = Number(/events\?after=(\d+)/.exec(text)?.[1]);
  const last = await historyAfter(person, Math.max(0, head - 200));
  return { head, lastRow: last.at(-1)?.seq ?? 0 };
}

function countAll({ ledger, environment }: World, { readers }: Participants, done: readonly Step[]): void {
  ledger.count('faults', done.length);
  ledger.count('messages', ledger.acknowledged.size);
  ledger.count('refusals', ledger.refusals);
  for (const { connections } of readers) ledger.count('streams opened', connections);
  ledger.count('servers', environment.servers.length);
}
