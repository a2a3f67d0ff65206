import test from 'ava';
import { TYPING_MS } from '../../lib/events.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import type { StreamEvent } from '../helpers/stream.ts';
import { at, person, startProcess, stream } from './pair.ts';

const { freshEnv, shared } = await sharedServices(test);

const LEASE_MS = 2500;
/** Heartbeats, coalescing, and delays of a busy machine, ms. */
const SLACK_MS = 3000;

/** The members present, by the last members list of these events. */
function presentIn(events: readonly StreamEvent[]): string {
  const list = events.findLast(({ id, data }) => id === undefined && data.includes('id="members"'))?.data ?? '';
  return [...list.matchAll(/data-present><a class="who" href="[^"]*" data-i="[^"]*"><bdi>([^<]*)</g)].map(([, name = '']) => name).join();
}
const is = (names: string) => (events: readonly StreamEvent[]) => presentIn(events) === names;
const typing = (events: readonly StreamEvent[]): string | undefined => events.findLast(({ data }) => data.includes('id="typing"'))?.data;

shared('presence: users of a killed process are absent when the lease expires; those of a stopped one at once', async (t) => {
  const env = freshEnv();
  const [stays, stops, dies] = [await startProcess(t, env), await startProcess(t, env), await startProcess(t, env, LEASE_MS)];
  const [ann, bob, eve] = [await person(stays.url, 'Ann'), await person(stays.url, 'Bob'), await person(stays.url, 'Eve')];
  const page = await stream(t, ann);
  await stream(t, at(stops, bob));
  const [evesPage, bobsOther] = [await stream(t, at(dies, eve)), await stream(t, at(dies, bob))];
  await page.until(is('Ann,Bob,Eve'));

  let since = performance.now();
  await stops.kill('SIGTERM');
  await page.until(is('Ann,Bob,Eve')); // Bob has another page open
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
