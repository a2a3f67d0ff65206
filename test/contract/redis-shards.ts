import calculateSlot from 'cluster-key-slot';
import { Redis } from 'ioredis';
import type { GroupId } from '../../lib/ids.ts';
import { type Service, startService } from '../helpers/process.ts';
import { type Missing, which } from '../helpers/programs.ts';
import { randomGroup } from './bus.ts';

const SLOTS = 16_384;
/** Offset from a node's port to its cluster port, which is below the ephemeral ports, as in helpers/process.ts. */
const BUS = -12_000;

/** One node of the cluster and a connection to it for commands. */
export type Shard = { readonly service: Service; readonly port: number; readonly id: string; readonly ask: Redis };

/** A Redis Cluster of real servers on this machine, each with an equal part of the slots and no replica. */
export type Shards = {
  readonly url: string;
  readonly shards: readonly Shard[];
  /** The shard that serves a group's channel in the initial layout. */
  of(group: GroupId): Shard;
  /** A random group of that shard. */
  groupAt(shard: Shard): GroupId;
  /** Moves one slot to another shard, as `redis-cli --cluster reshard` does. */
  move(slot: number, from: Shard, to: Shard): Promise<void>;
  stop(): Promise<void>;
};

export async function startShards(count: number): Promise<Shards | Missing> {
  const command = which('redis-server');
  if (!command) return { missing: 'no redis-server on PATH' };
  const shards = await Promise.all(Array.from({ length: count }, () => startShard(command)));
  const [first] = shards;
  if (!first) throw new Error('a cluster has nodes');
  await Promise.all(shards.map((shard, i) => shard.ask.cluster('ADDSLOTSRANGE', ...rangeOf(i, count))));
  await Promise.all(shards.map((shard, i) => shard.ask.cluster('SET-CONFIG-EPOCH', i + 1)));
  for (const shard of shards) if (shard !== first) await first.ask.cluster('MEET', '127.0.0.1', shard.port, shard.port + BUS);
  for (const shard of shards) await agrees(shard, count);
  const of = (group: GroupId): Shard => shards[Math.floor((calculateSlot(`{${group}}`) * count) / SLOTS)] ?? first;
  return {
    url: shards.map(({ service }) => service.url).join(','),
    shards,
    of,
    groupAt(shard) {
      for (;;) {
        const group = randomGroup();
        if (of(group) === shard) return group;
      }
    },
    async move(slot, from, to) {
      await to.ask.cluster('SETSLOT', slot, 'IMPORTING', from.id);
      await from.ask.cluster('SETSLOT', slot, 'MIGRATING', to.id);
      for (const one of [to, from]) await one.ask.cluster('SETSLOT', slot, 'NODE', to.id);
    },
    async stop() {
      for (const { ask } of shards) ask.disconnect();
      await Promise.all(shards.map(({ service }) => service.stop()));
    },
  };
}

async function startShard(command: string): Promise<Shard> {
  const service = await startService({
    name: 'redis-shard',
    command,
    args: (port, dir) => [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', '', '--appendonly', 'no'],
      ...['--cluster-enabled', 'yes', '--cluster-port', String(port + BUS), '--cluster-announce-ip', '127.0.0.1'],
      ...['--cluster-node-timeout', '1000', '--cluster-require-full-coverage', 'no'],
    ],
    listening: /Ready to accept connections/,
    url: (port) => `redis://127.0.0.1:${port}`,
  });
  const port = Number(new URL(service.url).port);
  const ask = new Redis(service.url, { retryStrategy: () => 50 });
  ask.on('error', () => {}); // while its server is killed
  return { service, port, ask, id: String(await ask.cluster('MYID')) };
}

/** ceil, so that slot → shard is floor(slot × count / 16384). */
function rangeOf(i: number, count: number): [number, number] {
  return [Math.ceil((i * SLOTS) / count), Math.ceil(((i + 1) * SLOTS) / count) - 1];
}

/** WAIT makes the server pause between two polls. */
async function agrees({ ask }: Shard, count: number): Promise<void> {
  for (;;) {
    const info = String(await ask.cluster('INFO'));
    if (info.includes(`cluster_known_nodes:${count}`) && info.includes('cluster_state:ok') && info.includes('cluster_slots_ok:16384'))
      return;
    await ask.wait(1, 50);
  }
}
