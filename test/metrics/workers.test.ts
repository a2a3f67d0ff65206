import type { ExecutionContext } from 'ava';
import test from 'ava';
import { freshSettings, Running } from '../cli/cli.ts';
import { type Answer, Client } from '../helpers/client.ts';
import { signal } from '../helpers/process.ts';
import { PASSWORD } from '../helpers/server.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { readText, type Scrape, scrape } from './scrape.ts';

const { freshEnv, shared: testBoth } = await sharedServices(test);

const POSTS = 'parley_http_request_duration_seconds_count{method="POST",route="/groups/:slug/messages",status="3xx"}';

/** A server with three workers. Each request uses a new connection and so reaches any of them. */
async function threeWorkers(t: ExecutionContext): Promise<{ server: Running; client: Client }> {
  const settings = { ...freshEnv(), WEB_CONCURRENCY: '3', PORT: '0' };
  const server = new Running({ ...(await freshSettings(t)), ...settings }, ['serve']);
  t.teardown(() => server.ended('SIGTERM'));
  await server.until((out) => out.includes('all workers listen') && workersIn(out).length === 3);
  return { server, client: new Client(await server.listening(), { Connection: 'close' }) };
}

/** The pids of the listening workers, in order. */
const workersIn = (out: string): number[] =>
  [...out.matchAll(/^\{.*"msg":"listening".*\}$/gm)].map(([line]) => Number((JSON.parse(line) as { pid: number }).pid));

testBoth('metrics of workers: any worker returns the sums of all, and sums do not decrease when one dies', async (t) => {
  const { server, client } = await threeWorkers(t);
  t.is((await client.form('/signup', { name: 'Ann', password: PASSWORD })).status, 303);
  for (let i = 0; i < 12; i += 1) t.is(await say(client, `m${i}`), 303);
  const seen: Scrape[] = [];
  for (let i = 0; i < 6; i += 1) seen.push(await scrape(client));
  t.deepEqual(
    seen.map(({ value }) => value(POSTS)),
    seen.map(() => 12),
  );
  for (const { value } of seen) {
    t.is(value('parley_processes'), 3);
    t.is(value('parley_append_duration_seconds_bucket{le="+Inf"}'), value('parley_append_duration_seconds_count'));
    t.is(value('parley_bus_up'), 1);
  }
  t.true(
    seen.every(({ value }) => value('parley_append_duration_seconds_count') === seen[0]?.value('parley_append_duration_seconds_count')),
  );

  signal(workersIn(server.out)[0], 'SIGKILL');
  const replaced = async (): Promise<boolean> =>
    (await scrape(client)).value('parley_processes') === 3 && workersIn(server.out).length === 4;
  while (!(await replaced().catch(() => false))) await new Promise((resolve) => setImmediate(resolve));
  const after = await scrape(client);
  t.is(after.value(POSTS), 12, 'what the dead one had counted is kept');
  t.is(await say(client, 'still here'), 303);
  t.is((await scrape(client)).value(POSTS), 13);
});

/** Posts once, again while a busy machine's store takes longer than a request may wait. Resolves to the status. */
async function say(client: Client, body: string): Promise<number> {
  for (;;) {
    const { status } = await client.form('/groups/lobby/messages', { body, key: body });
    if (status !== 503) return status;
  }
}

/** Reads `/metrics` over new connections; aborts requests that the stopped worker gets. */
async function firstAnswer(client: Client): Promise<Answer> {
  const asked = Array.from({ length: 4 }, () => client.get('/metrics', '*/*'));
  for (const one of asked) one.catch(() => {}); // cut off at the end of the test
  return Promise.any(asked);
}

testBoth(
  'metrics of workers: for an unresponsive worker its previous values count; without previous values the scrape fails',
  async (t) => {
    const { server, client } = await threeWorkers(t);
    const halted = workersIn(server.out)[2];
    t.teardown(() => signal(halted, 'SIGCONT'));
    signal(halted, 'SIGSTOP');
    t.is((await firstAnswer(client)).status, 503);
    signal(halted, 'SIGCONT');
    t.is((await scrape(client)).value('parley_processes'), 3);
    signal(halted, 'SIGSTOP');
    const { status, text } = await firstAnswer(client);
    t.is(status, 200);
    t.is(readText(text).value('parley_processes'), 3);
  },
);

testBoth('metrics of workers: two concurrent scrapes both get a response', async (t) => {
  const { client } = await threeWorkers(t);
  const scrapes = await Promise.all(Array.from({ length: 9 }, () => scrape(client)));
  for (const { value } of scrapes) t.is(value('parley_processes'), 3);
});
