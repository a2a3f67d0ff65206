import test from 'ava';
import { TYPING_MS } from '../../lib/events.ts';
import { freshDatabase, isMissing, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';
import type { StreamEvent } from '../helpers/stream.ts';
import { at, person, startProcess, stream } from './pair.ts';

const [mongo, redis] = await Promise.all([mongoService(), redisService()]);
const shared = requireOrSkip(test, mongo, redis);

test.after.always(async () => {
  for (const service of [mongo, redis]) if (!isMissing(service)) await service.stop();
});

const LEASE_MS = 2500;
/** Heartbeats, gathering, and a machine that has other things to do. */
const SLACK_MS = 3000;

/** Who is there, by the last members list among these events. */
function presentIn(events: readonly StreamEvent[]): string {
  const list = events.findLast(({ id, data }) => id === undefined && data.includes('id="members"'))?.data ?? '';
  return [...list.matchAll(/data-present><b class="who" data-i="[^"]*">([^<]*)</g)].map(([, name = '']) => name).join();
}
const is = (names: string) => (events: readonly StreamEvent[]) => presentIn(events) === names;
const typing = (events: readonly StreamEvent[]): string | undefined => events.findLast(({ data }) => data.includes('id="typing"'))?.data;

shared('presence: users of a killed process are absent when the lease expires; those of a stopped one at once', async (t) => {
  const env = { MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: present(redis).url };
  const [stays, stops, dies] = [await startProcess(t, env), await startProcess(t, env), await startProcess(t, env, LEASE_MS)];
  const [ann, bob, eve] = [await person(stays.url, 'Ann'), await person(stays.url, 'Bob'), await person(stays.url, 'Eve')];
  const page = await stream(t, ann);
  await stream(t, at(stops, bob));
  const [evesPage, bobsOther] = [await stream(t, at(dies, eve)), await stream(t, at(dies, bob))];
  await page.until(is('Ann,Bob,Eve'));

  let since = performance.now();
  await stops.kill('SIGTERM');
  await page.until(is('Ann,Bob,Eve')); // he has another page
  bobsOther.close();
  await page.until(is('Ann,Eve'));
  t.true(performance.now() - since < LEASE_MS + SLACK_MS, 'long before the lease of a minute');

  await at(dies, eve).json('POST', '/groups/lobby/typing');
  await page.until((events) => typing(events)?.includes('Eve is typing') ?? false);
  since = performance.now();
  await dies.kill('SIGKILL');
  await evesPage.ended();
  t.is(presentIn(page.events), 'Ann,Eve', 'nobody could say that she has gone');
  await page.until(is('Ann'));
  const goneAfter = performance.now() - since;
  t.true(goneAfter < LEASE_MS + SLACK_MS, `${Math.round(goneAfter)} ms`);
  await page.until((events) => typing(events)?.includes('></p>') ?? false);
  const quietAfter = performance.now() - since;
  t.true(quietAfter < TYPING_MS + SLACK_MS, `${Math.round(quietAfter)} ms`);
});
