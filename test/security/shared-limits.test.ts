import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { ACCOUNT_RATES } from '../../lib/accounts/rates.ts';
import { at, person, startProcess } from '../cluster/pair.ts';
import { type Answer, Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Service } from '../helpers/process.ts';
import { PASSWORD } from '../helpers/server.ts';
import { freshDatabase, isMissing, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';

const mongo = await mongoService();
const probe = await redisService({ own: true });
const shared = requireOrSkip(test, mongo, probe);

test.after.always(async () => {
  for (const service of [mongo, probe]) if (!isMissing(service)) await service.stop();
});

const STREAMS = 8;
const POSTS_PER_SECOND = 4;
const [BURST, AHEAD] = [POSTS_PER_SECOND * 3, (POSTS_PER_SECOND * 3) / 4];

type Pair = { readonly redis: Service; readonly first: Service; readonly second: Service; readonly ann: Client; readonly bob: Client };

/** Two servers on one store and one Redis, with Ann, an administrator, and Bob in Lobby. */
async function pair(t: ExecutionContext): Promise<Pair> {
  const redis = present(await redisService({ own: true }));
  t.teardown(redis.stop);
  const limits = { STREAMS_PER_USER: String(STREAMS), POSTS_PER_SECOND: String(POSTS_PER_SECOND) };
  const env = { MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: redis.url, ...limits };
  const [first, second] = [await startProcess(t, env), await startProcess(t, env)];
  return { redis, first, second, ann: await person(first.url, 'Ann'), bob: await person(first.url, 'Bob') };
}

const post = (who: Client, body = 'hello'): Promise<Answer> => who.json('POST', '/groups/lobby/messages', { body });
/** Two bursts of posts at once by each of these. */
const flood = (...all: readonly Client[]): Promise<Answer[]> =>
  Promise.all(all.flatMap((who) => Array.from({ length: 2 * BURST }, (_, n) => post(who, `flood ${n}`))));
const wrongPassword = ({ url }: Service): Promise<Answer> => new Client(url).form('/login', { name: 'Ann', password: 'not hers at all' });

/** Repeats a request until it is refused; resolves to how often it was admitted and to the refusal. */
async function untilRefused(t: ExecutionContext, act: (n: number) => Promise<Answer>, most: number): Promise<[number, Answer]> {
  for (let n = 0; n <= most; n++) {
    const answer = await act(n);
    t.true(answer.status < 500, `${answer.status} ${answer.text}`);
    if (answer.status === 429) return [n, answer];
  }
  throw new Error(`not refused after ${most}`);
}

async function openStream(t: ExecutionContext, who: Client): Promise<{ status: number; close: () => void }> {
  const controller = new AbortController();
  t.teardown(() => controller.abort());
  const { status } = await who.open('/groups/lobby/events', { signal: controller.signal });
  return { status, close: () => controller.abort() };
}

shared.serial('posts of one author are limited over two processes; another author posts at both', async (t) => {
  const { second, ann, bob } = await pair(t);
  const began = performance.now();
  const answers = await flood(bob, at(second, bob));
  const refilled = ((performance.now() - began) / 1000) * POSTS_PER_SECOND;
  const admitted = answers.filter(({ status }) => status !== 429).length;
  t.true(admitted >= BURST && admitted <= BURST + refilled + 2 * AHEAD, `${admitted} with ${refilled} refilled`);
  for (const { status, headers } of answers) t.true(status !== 429 || Number(headers.get('Retry-After')) >= 1);
  for (const who of [ann, at(second, ann)]) t.is((await post(who)).status, 201);
  await eventually(async () => (await post(bob)).status === 201);
});

shared.serial('failed log-ins from one address are counted over two processes; a browser that is known logs in', async (t) => {
  const { first, second, ann } = await pair(t);
  const [, refused] = await untilRefused(t, () => wrongPassword(first), 30);
  t.true(Number(refused.headers.get('Retry-After')) >= 1);
  t.is((await wrongPassword(second)).status, 429);
  t.is((await at(second, ann).form('/login', { name: 'Ann', password: PASSWORD })).status, 303);
});

shared.serial('new groups and joins of one account are limited over two processes; another account goes on', async (t) => {
  const { second, ann, bob } = await pair(t);
  const places = [bob, at(second, bob)] as const;
  const { burst, perHour } = ACCOUNT_RATES.groups;
  const [made, refused] = await untilRefused(
    t,
    (n) => places[n % 2 === 0 ? 0 : 1].json('POST', '/groups', { name: `Group ${n}` }),
    2 * burst,
  );
  t.is(made, burst);
  t.true(Number(refused.headers.get('Retry-After')) > 0 && Number(refused.headers.get('Retry-After')) <= 3600 / perHour);
  for (const who of places) t.is((await who.json('POST', '/groups', { name: 'Another' })).status, 429);
  t.is((await at(second, ann).json('POST', '/groups', { name: 'Of Ann' })).status, 201);

  const began = performance.now();
  const [guessed, stopped] = await untilRefused(
    t,
    (n) => places[n % 2 === 0 ? 0 : 1].json('POST', '/groups/join', { slug: `secret-${n}` }),
    60,
  );
  t.true(guessed >= 19 && guessed <= 21 + (performance.now() - began) / 3000, `${guessed} slugs were tried`);
  t.true(Number(stopped.headers.get('Retry-After')) >= 1);
  t.is((await at(second, ann).json('POST', '/groups/join', { slug: 'lobby' })).status, 200);
});

shared.serial('streams of one user are limited over two processes; one that is closed makes room at the other', async (t) => {
  const { second, ann, bob } = await pair(t);
  const places = [bob, at(second, bob)] as const;
  const streams = [];
  for (let n = 0; n < STREAMS; n++) streams.push(await openStream(t, places[n % 2 === 0 ? 0 : 1]));
  t.deepEqual(
    streams.map(({ status }) => status),
    Array(STREAMS).fill(200),
  );
  for (const who of places) t.is((await openStream(t, who)).status, 429);
  t.is((await openStream(t, at(second, ann))).status, 200);
  streams[0]?.close();
  await eventually(async () => (await openStream(t, at(second, bob))).status === 200);
});

shared(
  'without Redis each process counts alone: nothing legal is refused, nothing fails, and with Redis the limits are shared again',
  async (t) => {
    const { redis, first, second, ann, bob } = await pair(t);
    await untilRefused(t, () => wrongPassword(first), 30);
    await redis.kill('SIGKILL');
    for (const who of [ann, bob, at(second, ann), at(second, bob)]) {
      t.is((await post(who)).status, 201);
      t.is((await openStream(t, who)).status, 200);
      t.is((await who.json('POST', '/groups/join', { slug: 'lobby' })).status, 200);
    }
    t.is((await at(second, bob).json('POST', '/groups', { name: 'Without Redis' })).status, 201);
    t.is((await at(second, ann).form('/login', { name: 'Ann', password: PASSWORD })).status, 303);
    t.is((await wrongPassword(first)).status, 429, 'what was known stays');
    const statuses = (await flood(bob)).map(({ status }) => status);
    t.true(statuses.includes(201) && statuses.includes(429), `${statuses}`);
    const groups = ACCOUNT_RATES.groups.burst;
    const [made] = await untilRefused(t, (n) => at(second, bob).json('POST', '/groups', { name: `Group ${n}` }), groups);
    t.is(made, groups - 1);

    await redis.restart();
    await eventually(async () => (await new Client(first.url).get('/readyz', 'application/json')).status === 200);
    const kim = await person(first.url, 'Kim');
    await eventually(async () => {
      // Up to 20 that this process admitted alone, and 20 that Redis, which began anew, admits.
      const [here] = await untilRefused(t, () => kim.json('POST', '/groups/join', { slug: 'none' }), 60);
      return here > 0 && (await at(second, kim).json('POST', '/groups/join', { slug: 'none' })).status === 429;
    });
  },
);

shared.serial('a Redis that does not answer delays a request for a moment, and refuses none', async (t) => {
  const { redis, second, ann, bob } = await pair(t);
  await redis.kill('SIGSTOP');
  const began = performance.now();
  const answers = await Promise.all([ann, at(second, bob)].map((who) => who.json('POST', '/groups/join', { slug: 'lobby' })));
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  t.true(performance.now() - began < 6000);
  t.is((await post(ann)).status, 201);
  await redis.kill('SIGCONT');
});

shared.serial('what is kept in Redis about a limit names nobody and ends by itself', async (t) => {
  const { redis, first, ann, bob } = await pair(t);
  await post(bob);
  await openStream(t, bob);
  await wrongPassword(first);
  await bob.json('POST', '/groups/join', { slug: 'secret' });
  const { id } = (await bob.get('/me', 'application/json')).json<{ id: string }>();
  const client = new Redis(redis.url);
  t.teardown(() => client.quit());
  const keys = await eventuallyKeys(client, 4);
  const values = await Promise.all(keys.map(async (key) => JSON.stringify([key, await client.hgetall(key)])));
  for (const text of values) {
    for (const secret of [id, 'bob', 'ann', '127.0.0.1']) t.false(text.toLowerCase().includes(secret.toLowerCase()), text);
  }
  for (const key of keys) t.true((await client.pttl(key)) > 0, key);
  t.is((await post(ann)).status, 201);
});

/** The keys of limits, once there are so many. */
async function eventuallyKeys(client: Redis, least: number): Promise<string[]> {
  let found: string[] = [];
  await eventually(async () => {
    found = [...(await client.keys('*:{buckets}:*')), ...(await client.keys('*:count:*'))];
    return found.length >= least;
  });
  return found;
}
