import type { ExecutionContext } from 'ava';
import { parley, type Ran, Running, type Settings } from './cli.ts';

/** The measurement of a message's path by `doctor --live`. */
export const HOPS = ['live accept', 'live append', 'live stream', 'live frame', 'live bus', 'live total'];

/** The time of each hop of a successful run. */
export function times(t: ExecutionContext, ran: Ran): Map<string, number> {
  t.is(ran.status, 0, ran.out + ran.err);
  const hops = ran.rows().filter(({ check }) => String(check).startsWith('live '));
  t.deepEqual(
    hops.map(({ check }) => check),
    HOPS,
  );
  for (const { check, ok, detail, ms } of hops) {
    t.true(ok, String(check));
    t.true(Number(ms) >= 0 && Number(ms) < 3000, `${check}: ${ms}`);
    t.true(String(detail).startsWith(`${Number(ms).toFixed(1)} ms `), String(detail));
  }
  return new Map(hops.map(({ check, ms }) => [String(check), Number(ms)]));
}

/** A server process with these settings, on a free port; ended with the test. */
async function serving(t: ExecutionContext, settings: Settings): Promise<string> {
  const server = new Running({ LOG_LEVEL: 'error', ...settings, PORT: '0' }, ['serve']);
  t.teardown(() => server.ended('SIGTERM'));
  return new URL(await server.listening()).port;
}

/** Asserts that two runs measure hops that add up, share one account and one group, and leave no token. */
export async function measuresTheWay(t: ExecutionContext, settings: Settings): Promise<void> {
  const here = { ...settings, PORT: await serving(t, settings) };
  for (let run = 1; run <= 2; run += 1) {
    const took = times(t, await parley(here, ['doctor', '--live', '--json']));
    t.is(took.get('live total'), Math.max(took.get('live stream') ?? 0, took.get('live frame') ?? 0));
    t.true((took.get('live bus') ?? 9999) <= 1000);
  }
  const groups = (await parley(here, ['group', 'list', '--json'])).rows().filter(({ slug }) => slug === 'parley-doctor');
  t.like(groups[0], { name: 'Parley doctor', members: 1, messages: 2, open: false });
  t.is(groups.length, 1);
  const bots = (await parley(here, ['bot', 'list', '--json'])).rows();
  t.deepEqual(
    bots.map(({ name, groups: into }) => [name, into]),
    [['Parley doctor', ['parley-doctor']]],
  );
}
