import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import type { Service } from '../helpers/process.ts';
import { killAfterPost } from './acknowledged.ts';
import { LONGEST_STOP_MS } from './bounds.ts';
import { killBeforeLine } from './group-changes.ts';
import type { Participants } from './participants.ts';
import type { Pipe } from './pipe.ts';
import type { Blow, Fault } from './schedule.ts';
import { hangUp, uploadUnderClock } from './uploads.ts';
import type { World } from './world.ts';
import { api, bulk, type Writer } from './writers.ts';

/** Injects a fault and reverts it; resolves when everything is up again. */
export async function strike(world: World, participants: Participants, fault: Fault): Promise<void> {
  const { ledger } = world;
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'clock':
    case 'cut':
      return (await strikeBlow(world, participants, fault))();
    case 'pause':
      return pause(world, participants, fault.reader, () => ledger.messages(fault.messages));
    case 'flood':
      return flood(world, participants, fault.reader);
    case 'lock':
      return lock(world, fault.refusals);
    case 'acknowledged':
      return killAfterPost(world, participants, fault.server);
    case 'ahead':
      return uploadUnderClock(world, participants, fault);
    case 'hangUp':
      return hangUp(world, participants, fault.messages);
    case 'change':
      return killBeforeLine(world, participants, fault.what);
    case 'publisher':
      return publisherCut(world, participants, fault);
    case 'outage':
      return bothAway(world, fault);
    case 'redis':
      return redisAway(world, participants, fault);
    case 'clients':
      return dropClients(world, fault.type);
    case 'mongo':
      return storeAway(world, participants, fault);
    default:
      throw fault satisfies never;
  }
}

/** Resolves to the function that reverts the fault. */
async function strikeBlow({ environment, ledger }: World, { readers }: Participants, blow: Blow): Promise<() => Promise<void>> {
  if (blow.kind === 'cut') {
    readers[blow.reader]?.pipe?.cutAfter(blow.bytes);
    return async () => {};
  }
  const server = environment.server(blow.server);
  if (blow.kind === 'clock') {
    if (server.pid !== undefined) process.kill(server.pid, 'SIGUSR2');
    return async () => {};
  }
  const ms = await environment.end(server, blow.kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
  if (blow.kind === 'stop') {
    ledger.most('longest stop, ms', ms);
    ledger.expect(ms < LONGEST_STOP_MS, () => `a server took ${Math.round(ms)} ms to stop`);
  }
  return () => environment.start(server);
}

async function pause({ ledger }: World, { readers }: Participants, index: number, until: (pipe: Pipe) => Promise<unknown>): Promise<void> {
  const reader = readers[index];
  if (!reader) throw new Error(`there is no reader ${index}`);
  const pipe = await ledger.inTime(`a stream of ${reader.name}`, reader.open());
  pipe.pause();
  await until(pipe);
  pipe.resume();
}

/** Writes until the unread data fills the socket buffers and exceeds the server's limit of unsent bytes. */
async function flood(world: World, participants: Participants, index: number): Promise<void> {
  const { ledger } = world;
  const writer = participants.writers.find(({ name }) => name === 'api3');
  if (!writer) throw new Error('nobody can flood');
  ledger.flood(true);
  await pause(world, participants, index, async (pipe) => {
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

/** Whether a process still owns the other end of a connection: a closed socket has no inode. See proc(5). */
async function isAttached(port: number): Promise<boolean> {
  const ours = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  const ESTABLISHED = '01';
  return rows.some(([, , remote, state, , , , , , inode]) => remote?.endsWith(ours) && state === ESTABLISHED && inode !== '0');
}

/** Another process holds the write lock of the file. */
async function lock({ environment, ledger }: World, refusals: number): Promise<void> {
  const db = new DatabaseSync(join(environment.dataDir, 'parley.db'), { timeout: 10_000 });
  environment.storeIsAway(true);
  db.exec('BEGIN IMMEDIATE');
  await ledger.refused(refusals);
  db.exec('ROLLBACK');
  db.close();
  environment.storeIsAway(false);
}

const present = (service: Service | undefined): Service => {
  if (!service) throw new Error('this run has no such service');
  return service;
};

/** Messages still reach readers on a server that no writer uses, though it gets no notifications. See LONGEST_DELAY_MS. */
async function redisAway(world: World, participants: Participants, { how, messages, during }: Fault & { kind: 'redis' }): Promise<void> {
  const { environment, ledger } = world;
  const redis = present(environment.redis);
  environment.favourite = messages;
  await redis.kill(how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  await ledger.messages(Math.ceil(messages / 2));
  await (await strikeBlow(world, participants, during))();
  await ledger.messages(Math.ceil(messages / 2));
  const { highest } = ledger;
  await Promise.all(participants.programs.map(({ reader }) => reader.reach(highest)));
  await (how === 'kill' ? redis.restart() : redis.kill('SIGCONT'));
  environment.favourite = undefined;
}

/** The other servers get no notification of its messages until it can publish again or they compare heads. */
async function publisherCut(
  { environment, ledger }: World,
  { programs }: Participants,
  { server, messages }: Fault & { kind: 'publisher' },
): Promise<void> {
  const wire = environment.wires[server];
  if (!wire) throw new Error(`server ${server} has no network of its own`);
  environment.favourite = server;
  wire.cut();
  await ledger.messages(messages);
  wire.restore();
  const { highest } = ledger;
  await ledger.inTime('the readers, with Redis back', Promise.all(programs.map(({ reader }) => reader.reach(highest))));
  environment.favourite = undefined;
}

/** Nothing can be written and no notification arrives. */
async function bothAway({ environment, ledger }: World, { how, refusals }: Fault & { kind: 'outage' }): Promise<void> {
  const both = [present(environment.redis), present(environment.mongo)];
  environment.storeIsAway(true);
  await Promise.all(both.map((service) => service.kill(how === 'kill' ? 'SIGKILL' : 'SIGSTOP')));
  await ledger.refused(refusals);
  await Promise.all(both.map((service) => (how === 'kill' ? service.restart() : service.kill('SIGCONT'))));
  environment.storeIsAway(false);
}

async function dropClients({ environment }: World, type: 'normal' | 'pubsub'): Promise<void> {
  const admin = new Redis(present(environment.redis).url);
  await admin.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
  admin.disconnect();
}

/** Nothing can be written, requests get 503, and nothing is lost. A server that dies meanwhile is started after the store. */
async function storeAway(world: World, participants: Participants, { how, refusals, during }: Fault & { kind: 'mongo' }): Promise<void> {
  const { environment, ledger } = world;
  const mongo = present(environment.mongo);
  environment.storeIsAway(true);
  await mongo.kill(how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  await ledger.refused(Math.ceil(refusals / 2));
  await saysStoreIsDown(world);
  const bringBack = await strikeBlow(world, participants, during);
  if (!environment.isAllDown()) await ledger.refused(Math.ceil(refusals / 2));
  await (how === 'kill' ? mongo.restart() : mongo.kill('SIGCONT'));
  await bringBack();
  environment.storeIsAway(false);
}

async function saysStoreIsDown({ environment, ledger }: World): Promise<void> {
  const asked = environment.servers.map(({ url }) =>
    fetch(`${url}/readyz`).then(async (answer) => ({ status: answer.status, text: await answer.text() })),
  );
  for (const { status, text } of await ledger.inTime('/readyz', Promise.all(asked)))
    ledger.expect(status === 503 && JSON.parse(text).store === 'down', () => `with the store away /readyz said ${status} ${text}`);
}
