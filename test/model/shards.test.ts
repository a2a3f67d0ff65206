import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { openGroup } from '../../lib/groups/operations.ts';
import type { GroupId } from '../../lib/ids.ts';
import { post } from '../../lib/messages/operations.ts';
import { BusNet } from './bus.ts';
import { Disk } from './disk.ts';
import { rounds, runs } from './effort.ts';
import { furnish, START, userNamed } from './environment.ts';
import { ModelProcess } from './process.ts';
import { Reader } from './reader.ts';
import { CATCH_UP_MS } from './scenario.ts';
import { putUser } from './state.ts';
import { openModelStore } from './store.ts';
import { anyTape, type TapeSource } from './tape.ts';
import { FAIR, type Weather, World } from './world.ts';

const ANN = userNamed('ann', 0);
/** Each log on its own shard; everything else on the first. */
const [HERE, AWAY] = ['here' as GroupId, 'away' as GroupId];

/** Time for a hint, a probe, a ping time-out and the steps between them, ms. */
const SILENCE_MS = 50 + 1000 + 1000 + 200;

class Cluster {
  readonly world: World;
  readonly shards: readonly [Disk, Disk];
  readonly processes: readonly ModelProcess[];
  readonly readers: readonly Reader[];

  constructor(tape: TapeSource, weather: Weather, heartbeatMs?: number) {
    this.world = new World(tape, weather);
    this.world.time.install(() => this.world.tape.fraction('random'));
    this.shards = [new Disk('document', this.world), new Disk('document', this.world)];
    void this.shards[0].write(putUser(ANN));
    for (const group of [HERE, AWAY]) furnish(this.shards[0], this.diskOf(group), group, group, [ANN]);
    const net = new BusNet(this.world, () => START + this.world.time.ms);
    const open = (name: string) =>
      new ModelProcess(name, this.world, openModelStore(this.world, name, this.shards, this.diskOf), net.join(name), heartbeatMs);
    this.processes = [open('p1'), open('p2')];
    this.readers = [HERE, AWAY].flatMap((group) => this.processes.map((process) => this.#read(group, process)));
  }

  readonly diskOf = (group: GroupId): Disk => this.shards[group === AWAY ? 1 : 0];

  length(group: GroupId): number {
    return this.diskOf(group).committed.logs.get(group)?.size ?? 0;
  }

  /** Posts at all processes; resolves to whether each post was acknowledged. */
  async posts(group: GroupId, count: number): Promise<boolean[]> {
    const one = async (index: number): Promise<void> => {
      const { core } = this.processes[index % 2] ?? assert.fail();
      await post(core, await openGroup(core, ANN, group, core.lookupCache), { body: `${group} ${index}` });
    };
    let taken: boolean[] | undefined;
    void Promise.allSettled(Array.from({ length: count }, (_, index) => one(index))).then((all) => {
      taken = all.map(({ status }) => status === 'fulfilled');
    });
    await this.world.until(() => taken !== undefined, { maxMs: 10_000, what: `posts to ${group}` });
    return taken ?? [];
  }

  /** Asserts that all streams of a group reach the head of its log within one heartbeat. */
  async caughtUp(group: GroupId, maxMs = CATCH_UP_MS): Promise<void> {
    const mine = group === HERE ? this.readers.slice(0, 2) : this.readers.slice(2);
    const isThere = (): boolean => mine.every((reader) => reader.isAt(this.length(group)));
    await this.world.until(isThere, { maxMs, what: `the streams of ${group}` });
    for (const reader of mine)
      assert.deepEqual(
        reader.stays.flatMap(({ heard }) => heard.map(({ seq }) => seq)),
        upTo(this.length(group)),
      );
  }

  #read(group: GroupId, process: ModelProcess): Reader {
    const wanted = {
      world: this.world,
      user: ANN,
      slug: group,
      format: 'json',
      isHonest: true,
      lengthOfLog: () => this.length(group),
    } as const;
    const reader = new Reader(wanted);
    reader.open(0, () => process);
    return reader;
  }
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** One shard is down while both groups have streams; the group on the other shard is not affected. */
async function oneShardAway(tape: TapeSource, lostEvents: number, count: number): Promise<void> {
  const cluster = new Cluster(tape, { ...FAIR, lostEvents });
  const { world, shards } = cluster;
  try {
    await cluster.caughtUp(HERE);
    await cluster.caughtUp(AWAY);
    shards[1].away(30_000);
    assert.deepEqual(
      await cluster.posts(HERE, count),
      Array.from({ length: count }, () => true),
    );
    await cluster.caughtUp(HERE);
    assert.deepEqual(await cluster.posts(AWAY, 2), [false, false]);
    assert.equal(cluster.length(AWAY), 1, 'what was refused is not there');
    await world.until(() => !shards[1].isAway, { what: 'the shard to be back' });
    assert.deepEqual(
      await cluster.posts(AWAY, count),
      Array.from({ length: count }, () => true),
    );
    for (const group of [HERE, AWAY]) await cluster.caughtUp(group);
    assert.deepEqual(world.violations, []);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.stack : error}\n${world.trace}`);
  } finally {
    world.time.uninstall();
  }
}

/** The bus is down or frozen, and the next heartbeat is far away. */
async function silence(tape: TapeSource, how: 'down' | 'frozen', count: number): Promise<void> {
  const cluster = new Cluster(tape, FAIR, 60_000);
  try {
    await cluster.caughtUp(HERE);
    for (const process of cluster.processes) process.busFails(how);
    await cluster.posts(HERE, count);
    await cluster.caughtUp(HERE, SILENCE_MS);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.stack : error}\n${cluster.world.trace}`);
  } finally {
    cluster.world.time.uninstall();
  }
}

for (const round of rounds) {
  test.serial(`with the bus silent what is posted is heard within two seconds${round}`, async (t) => {
    const property = fc.asyncProperty(anyTape(2000), fc.constantFrom('down', 'frozen'), fc.integer({ min: 1, max: 8 }), silence);
    await fc.assert(property, runs(60));
    t.pass();
  });

  test.serial(`with one shard away the groups of the others neither wait nor miss anything${round}`, async (t) => {
    const lost = fc.constantFrom(0, 30, 100);
    const property = fc.asyncProperty(anyTape(2000), lost, fc.integer({ min: 1, max: 8 }), oneShardAway);
    await fc.assert(property, runs(60));
    t.pass();
  });
}
