import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import type { Service } from '../helpers/process.ts';
import { killAfterPost } from './acknowledged.ts';
import { LONGEST_STOP_MS } from './bounds.ts';
import type { Cast } from './cast.ts';
import type { Pipe } from './pipe.ts';
import type { Blow, Fault } from './schedule.ts';
import type { World } from './world.ts';
import { api, bulk, type Writer } from './writers.ts';

/** Does what the schedule says, and undoes it; resolves when all is up again. */
export async function strike(world: World, cast: Cast, fault: Fault): Promise<void> {
  const { ledger } = world;
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'clock':
    case 'cut':
      return (await strikeBlow(world, cast, fault))();
    case 'pause':
      return pause(world, cast, fault.reader, () => ledger.messages(fault.messages));
    case 'flood':
      return flood(world, cast, fault.reader);
    case 'lock':
      return lock(world, fault.refusals);
    case 'acknowledged':
      return killAfterPost(world, cast, fault.server);
    case 'publisher':
      return publisherCut(world, cast, fault);
    case 'outage':
      return bothAway(world, fault);
    case 'redis':
      return redisAway(world, cast, fault);
    case 'clients':
      return dropClients(world, fault.type);
    case 'mongo':
      return storeAway(world, cast, fault);
    default:
      throw fault satisfies never;
  }
}

/** Resolves to what brings things back. */
async function strikeBlow({ stage, ledger }: World, { readers }: Cast, blow: Blow): Promise<() => Promise<void>> {
  if (blow.kind === 'cut') {
    readers[blow.reader]?.pipe?.cutAfter(blow.bytes);
    return async () => {};
  }
  const server = stage.server(blow.server);
  if (blow.kind === 'clock') {
    if (server.pid !== undefined) process.kill(server.pid, 'SIGUSR2');
    return async () => {};
  }
  const ms = await stage.end(server, blow.kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
  if (blow.kind === 'stop') {
    ledger.most('longest stop, ms', ms);
    ledger.expect(ms < LONGEST_STOP_MS, () => `a server took ${Math.round(ms)} ms to stop`);
  }
  return () => stage.start(server);
}

async function pause({ ledger }: World, { readers }: Cast, index: number, until: (pipe: Pipe) => Promise<unknown>): Promise<void> {
  const reader = readers[index];
  if (!reader) throw new Error(`there is no reader ${index}`);
  const pipe = await ledger.inTime(`a stream of ${reader.name}`, reader.open());
  pipe.pause();
  await until(pipe);
  pipe.resume();
}

/** So much is written that what a reader has not read fills the socket and then the server's patience. */
async function flood(world: World, cast: Cast, index: number): Promise<void> {
  const { ledger } = world;
  const writer = cast.writers.find(({ name }) => name === 'api3');
  if (!writer) throw new Error('nobody can flood');
  ledger.flood(true);
  await pause(world, cast, index, async (pipe) => {
    for (let i = 0; await isAttached(pipe.port); i += 1) {
      ledger.expect(i < 100, () => 'a reader that does not read was never cut off');
      await Promise.race([
        Promise.all([1, 2, 3, 4].map((part) => pour(world, writer, `${ledger.acknowledged.size}.${part}`))),
        ledger.failed,
      ]);
    }
    void pipe.ended.then(() => ledger.count('readers cut off by the server'));
  });
  ledger.flood(false);
}

async function pour(world: World, writer: Writer, name: string): Promise<void> {
  const text = bulk(name);
  const seq = await api(world, writer, text, `bulk ${name}`);
  world.ledger.acknowledge({ text, author: writer.person.name, seq });
  world.ledger.count('messages to flood with');
}

/** Whether the other end of one of our connections still belongs to a process: what a process has let go of has no inode. See proc(5). */
async function isAttached(port: number): Promise<boolean> {
  const ours = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  const ESTABLISHED = '01';
  return rows.some(([, , remote, state, , , , , , inode]) => remote?.endsWith(ours) && state === ESTABLISHED && inode !== '0');
}

/** Somebody has the file open and is writing to it. */
async function lock({ stage, ledger }: World, refusals: number): Promise<void> {
  const db = new DatabaseSync(join(stage.dataDir, 'parley.db'), { timeout: 10_000 });
  stage.storeIsAway(true);
  db.exec('BEGIN IMMEDIATE');
  await ledger.refused(refusals);
  db.exec('ROLLBACK');
  db.close();
  stage.storeIsAway(false);
}

const present = (service: Service | undefined): Service => {
  if (!service) throw new Error('this run has no such service');
  return service;
};

/** Messages go on, and reach the readers of a server that nobody writes to, though no bell rings there. See LONGEST_DELAY_MS. */
async function redisAway(world: World, cast: Cast, { how, messages, during }: Fault & { kind: 'redis' }): Promise<void> {
  const { stage, ledger } = world;
  const redis = present(stage.redis);
  stage.favourite = messages;
  await redis.kill(how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  await ledger.messages(Math.ceil(messages / 2));
  await (await strikeBlow(world, cast, during))();
  await ledger.messages(Math.ceil(messages / 2));
  const { highest } = ledger;
  await Promise.all(cast.programs.map(({ reader }) => reader.reach(highest)));
  await (how === 'kill' ? redis.restart() : redis.kill('SIGCONT'));
  stage.favourite = undefined;
}

/** The other servers are not notified of its messages, until it can publish again or they compare their logs by themselves. */
async function publisherCut(
  { stage, ledger }: World,
  { programs }: Cast,
  { server, messages }: Fault & { kind: 'publisher' },
): Promise<void> {
  const wire = stage.wires[server];
  if (!wire) throw new Error(`server ${server} has no network of its own`);
  stage.favourite = server;
  wire.cut();
  await ledger.messages(messages);
  wire.restore();
  const { highest } = ledger;
  await ledger.inTime('the readers, with Redis back', Promise.all(programs.map(({ reader }) => reader.reach(highest))));
  stage.favourite = undefined;
}

/** Nothing can be written, and no server is notified of anything. */
async function bothAway({ stage, ledger }: World, { how, refusals }: Fault & { kind: 'outage' }): Promise<void> {
  const both = [present(stage.redis), present(stage.mongo)];
  stage.storeIsAway(true);
  await Promise.all(both.map((service) => service.kill(how === 'kill' ? 'SIGKILL' : 'SIGSTOP')));
  await ledger.refused(refusals);
  await Promise.all(both.map((service) => (how === 'kill' ? service.restart() : service.kill('SIGCONT'))));
  stage.storeIsAway(false);
}

async function dropClients({ stage }: World, type: 'normal' | 'pubsub'): Promise<void> {
  const admin = new Redis(present(stage.redis).url);
  await admin.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
  admin.disconnect();
}

/** Nothing can be written, nothing is lost, and everybody is told so. A server that dies meanwhile comes back after the store. */
async function storeAway(world: World, cast: Cast, { how, refusals, during }: Fault & { kind: 'mongo' }): Promise<void> {
  const { stage, ledger } = world;
  const mongo = present(stage.mongo);
  stage.storeIsAway(true);
  await mongo.kill(how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  await ledger.refused(Math.ceil(refusals / 2));
  await saysStoreIsDown(world);
  const bringBack = await strikeBlow(world, cast, during);
  if (!stage.isAllDown()) await ledger.refused(Math.ceil(refusals / 2));
  await (how === 'kill' ? mongo.restart() : mongo.kill('SIGCONT'));
  await bringBack();
  stage.storeIsAway(false);
}

async function saysStoreIsDown({ stage, ledger }: World): Promise<void> {
  const asked = stage.servers.map(({ url }) =>
    fetch(`${url}/readyz`).then(async (answer) => ({ status: answer.status, text: await answer.text() })),
  );
  for (const { status, text } of await ledger.inTime('/readyz', Promise.all(asked)))
    ledger.expect(status === 503 && JSON.parse(text).store === 'down', () => `with the store away /readyz said ${status} ${text}`);
}
