import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openCore } from '../../../lib/app.ts';
import { createBot } from '../../../lib/bots/operations.ts';
import { readConfig } from '../../../lib/config.ts';
import { newUid, systemRandom } from '../../../lib/ids.ts';
import { LEASE_MS } from '../../../lib/webhooks/outgoing/deliveries.ts';
import { setWebhook } from '../../../lib/webhooks/outgoing/operations.ts';
import { person } from '../../cluster/pair.ts';
import { startServerAhead } from '../../faults/load.ts';
import type { Client } from '../../helpers/client.ts';
import { groupAt, userNamed } from '../../helpers/fixtures.ts';
import { Receiver } from '../../helpers/receiver.ts';
import { PATIENT_MS } from '../../helpers/server.ts';
import { sharedServices } from '../../helpers/shared-services.ts';

const { freshEnv, shared } = await sharedServices(test);

type Env = Readonly<Record<string, string>>;

async function settings(t: ExecutionContext, more: Env = {}): Promise<Env> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-out-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return { DATA_DIR: dir, LOG_LEVEL: 'error', POSTS_PER_SECOND: '0', ALLOW_OUTGOING: '127.0.0.1', ...more };
}

/** Creates a bot in Lobby that is called for every message, by another process; resolves when all servers know of it. */
async function makeBot(env: Env, url: string, clients: readonly Client[]): Promise<void> {
  const core = await openCore(readConfig(env), { role: 'visitor', storeWaitMs: PATIENT_MS });
  const group = await groupAt(core, 'lobby');
  const { user } = await createBot(core, undefined, { name: 'Echo', group });
  await setWebhook(core, user, { url, on: 'all' });
  const isCalled = async (who: Client): Promise<boolean> => {
    const before = (await core.store.deliveries.ofBot(user.id, { limit: 100 })).length + (await core.store.log.listPending(100)).length;
    await post(who, `is it known? ${newUid(systemRandom)}`);
    return (await core.store.deliveries.ofBot(user.id, { limit: 100 })).length + (await core.store.log.listPending(100)).length > before;
  };
  for (const who of clients) while (!(await isCalled(who))); // on MongoDB a process may cache for 1 s that there is no webhook
  await core.close();
}

/** Posts it again while a busy machine lets the store answer too late: the key keeps it one message. */
const post = async (who: Client, body: string): Promise<string> => {
  const send = () => who.json('POST', '/groups/lobby/messages', { body }, { 'Idempotency-Key': body });
  let { status } = await send();
  while (status === 503) ({ status } = await send());
  if (status !== 201 && status !== 200) throw new Error(`a post was answered ${status}`);
  return body;
};

/** Resolves when the receiver has got all these messages, to the delivery ids of each. */
async function hears(receiver: Receiver, bodies: readonly string[]): Promise<Map<string, Set<string>>> {
  const idsOf = (): Map<string, Set<string>> => {
    const heard = new Map<string, Set<string>>();
    for (const { body, headers } of receiver.received)
      heard.set(body.message.text, (heard.get(body.message.text) ?? new Set()).add(headers['webhook-id'] ?? ''));
    return heard;
  };
  while (!bodies.every((body) => idsOf().has(body))) await receiver.call(receiver.received.length + 1);
  return idsOf();
}

async function losesNone(t: ExecutionContext, env: Env): Promise<void> {
  const receiver = await Receiver.open(t);
  receiver.usually = () => {}; // calls get no response: the server is killed while they are in progress
  const first = await startServerAhead(t, env);
  const ann = await person(first.url, 'Ann');
  await makeBot(env, receiver.url, [ann]);
  const bodies = await Promise.all(Array.from({ length: 30 }, (_, index) => post(ann, `message ${index}`)));
  await first.kill('SIGKILL');
  t.true(receiver.received.length < bodies.length, `${receiver.received.length} were sent`); // how many, depends on the time limit of a call
  receiver.usually = 204;
  await startServerAhead(t, env, LEASE_MS + 1000);
  const heard = await hears(receiver, bodies);
  t.deepEqual(
    [...heard.values()].filter((ids) => ids.size !== 1),
    [],
    'what was sent twice has the same id',
  );
}

test.serial('sqlite: kill -9 between the response to a post and the delivery loses no delivery', async (t) => {
  await losesNone(t, await settings(t));
});

shared.serial('mongo and redis: kill -9 between the response to a post and the delivery loses no delivery', async (t) => {
  await losesNone(t, await settings(t, freshEnv()));
});

shared.serial('two server processes on one store deliver each message to each bot once', async (t) => {
  const env = await settings(t, freshEnv());
  const receiver = await Receiver.open(t);
  const servers = await Promise.all([startServerAhead(t, env), startServerAhead(t, env)]);
  const [one, two] = servers;
  if (!one || !two) throw new Error('two servers were started');
  const [ann, bob] = [await person(one.url, 'Ann'), await person(two.url, 'Bob')];
  await makeBot(env, receiver.url, [ann, bob]);
  const bodies = await Promise.all(Array.from({ length: 60 }, (_, index) => post(index % 2 ? ann : bob, `message ${index}`)));
  await hears(receiver, bodies);
  const core = await openCore(readConfig(env), { role: 'visitor', storeWaitMs: PATIENT_MS });
  t.teardown(core.close);
  const bot = await userNamed(core, 'Echo');
  const states = async () =>
    (await core.store.deliveries.ofBot(bot.id, { limit: 200 })).map(({ state, attempts }) => `${state} ${attempts.length}`);
  while ((await states()).some((state) => state.startsWith('waiting'))); // the calls were answered; their outcomes are being stored
  t.deepEqual(new Set(await states()), new Set(['done 1']));
  const texts = receiver.received.map(({ body }) => body.message.text);
  t.is(new Set(texts).size, texts.length, 'each once');
});
