import test, { type ExecutionContext } from 'ava';
import type { Core } from '../../lib/core.ts';
import { newUid, systemRandom } from '../../lib/ids.ts';
import { openAppender } from '../../lib/log/appender.ts';
import { STORE_WAIT_MS } from '../../lib/request-scope.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { Clock, startServerFor } from '../helpers/server.ts';
import { freshDatabase, present } from '../helpers/services.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { LOBBY, openSite } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';
import { Wire } from '../helpers/wire.ts';

const { mongo, redis, shared } = await sharedServices(test);

/** Maximum latency of a message from one server to streams of another after all connections are back, ms: one probe per second and its time. */
const LATEST_MS = 2000;

/** Two servers on one database and one Redis over separate proxied connections: Ann posts at the first, Bob has a stream of the second. */
async function openPair(t: ExecutionContext) {
  const database = { url: freshDatabase(present(mongo)) };
  const wires = await Promise.all([database, present(redis), database, present(redis)].map((service) => Wire.open(t, service)));
  const [mongo1, redis1, mongo2, redis2] = wires as [Wire, Wire, Wire, Wire];
  const clock = new Clock();
  const { ann, bob, core, lobby, annUser } = await openSite(t, {
    env: { MONGODB_URL: mongo1.url, REDIS_URL: redis1.url },
    clock,
    storeWaitMs: STORE_WAIT_MS,
  });
  const second = await startServerFor(t, {
    env: { MONGODB_URL: mongo2.url, REDIS_URL: redis2.url, POSTS_PER_SECOND: '0' },
    clock,
    storeWaitMs: STORE_WAIT_MS,
  });
  const reader = await EventReader.open(bob.at(second.url), `${LOBBY}/events?as=json`);
  t.teardown(() => reader.close());
  return { ann, core, lobby, annUser, second, reader, redis1, redis2, mongo2 };
}

/** Resolves to the seq of the message, once it is acknowledged. */
async function post(ann: Client, key: string): Promise<number> {
  for (;;) {
    const { status, json } = await ann.json('POST', `${LOBBY}/messages`, { body: key }, { 'Idempotency-Key': key });
    if (status === 200 || status === 201) return Number(json().seq);
  }
}

const isUp = (core: Core): Promise<boolean> =>
  core.bus.ping().then(
    () => true,
    () => false,
  );

async function arrives(t: ExecutionContext, reader: EventReader, seq: number, since: number): Promise<void> {
  await reader.until(() => (reader.ids.at(-1) ?? 0) >= seq);
  const ms = performance.now() - since;
  t.log(`${Math.round(ms)} ms`);
  t.true(ms < LATEST_MS, `it took ${Math.round(ms)} ms`);
}

shared.serial("outage: entries whose writer's server alone lost Redis are announced once it has reconnected", async (t) => {
  const { ann, core, reader, redis1 } = await openPair(t);
  redis1.cut();
  await eventually(async () => !(await isUp(core)));
  const seq = await post(ann, 'nobody is told');
  redis1.restore();
  await eventually(() => isUp(core));
  await arrives(t, reader, seq, performance.now());
});

shared.serial('outage: entries posted while both servers reconnect to Redis arrive within 2 s of that, each time', async (t) => {
  const { ann, core, second, reader, redis1, redis2 } = await openPair(t);
  for (const round of [1, 2, 3, 4]) {
    redis1.cut();
    redis2.cut();
    redis2.restore();
    await eventually(() => isUp(second.core));
    const seq = await post(ann, `round ${round}`);
    redis1.restore();
    await eventually(() => isUp(core));
    await arrives(t, reader, seq, performance.now());
  }
});

for (const how of ['cut', 'hold'] as const)
  shared.serial(`${how}: an entry that was never announced is found though MongoDB was away when Redis came back`, async (t) => {
    const { core, lobby, annUser, second, reader, redis2, mongo2 } = await openPair(t);
    redis2[how]();
    for (let lost = 0; lost < 3; ) if (!(await isUp(second.core))) lost += 1; // until the server has noticed it too
    mongo2[how]();
    const { append } = openAppender({ ...core, bus: { ...core.bus, publish: () => {} } }); // as if the process died before
    const draft = { kind: 'message', author: annUser.id, uid: newUid(systemRandom), body: 'unheard', format: 'text' } as const;
    const { seq } = await append(lobby.id, draft);
    redis2.restore();
    await eventually(() => isUp(second.core));
    t.is((await fetch(`${second.url}/readyz`)).status, 503); // meanwhile heads cannot be read either
    mongo2.restore();
    await eventually(async () => (await fetch(`${second.url}/readyz`)).status === 200);
    await arrives(t, reader, seq, performance.now());
  });
