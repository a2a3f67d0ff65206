import { get } from 'node:http';
import test from 'ava';
import { follow, holdsExactly, Load, signUp } from '../faults/load.ts';
import { signal } from '../helpers/process.ts';
import { mongoService, present } from '../helpers/services.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { listeners, startParley } from './parley.ts';

const { freshEnv, shared } = await sharedServices(test);

const settings = (workers: number) => ({
  WEB_CONCURRENCY: String(workers),
  ...freshEnv(),
});

const HANGS_AFTER_MS = 5000;

/** Sends one request over a new connection; resolves to its outcome. */
function ask(url: string): Promise<'answered' | 'broken' | 'hanging'> {
  return new Promise((resolve) => {
    const sent = get(`${url}/healthz`, { agent: false, timeout: HANGS_AFTER_MS }, (response) => {
      response
        .resume()
        .on('end', () => resolve('answered'))
        .on('error', () => resolve('broken'));
    });
    sent.on('timeout', () => resolve('hanging')).on('error', () => resolve('broken'));
  });
}

shared.serial(
  'workers that are killed, one at once after another, are replaced; what they acknowledged is there, and their streams go on',
  async (t) => {
    const parley = startParley(t, settings(2));
    const url = await parley.url;
    const who = await signUp(url);
    const parts = { who, urls: [url], isUp: () => Promise.resolve() };
    const load = new Load(parts, 4);
    const { promise: last, resolve: isLast } = Promise.withResolvers<number>();
    const listening = Promise.all([1, 2, 3].map(() => follow(parts, () => last)));
    await parley.until((log) => listeners(log).length === 2);
    for (let kill = 0; kill < 2; kill += 1) {
      await load.atSomeMoment();
      signal(listeners(parley.log)[kill], 'SIGKILL');
      await parley.until((log) => listeners(log).length === 3 + kill);
    }
    await load.atSomeMoment();
    await load.end();
    isLast(Math.max(...load.acknowledged.values()));
    for (const heard of await listening) await holdsExactly(t, who, load, heard);
    t.is(parley.log.filter(({ msg }) => msg.startsWith('a worker exited unexpectedly')).length, 2);
    parley.child.kill('SIGTERM');
    t.deepEqual(await parley.exited, [0, null]);
  },
);

shared.serial('workers: connections in transit to a killed worker are closed', async (t) => {
  const parley = startParley(t, settings(2));
  const url = await parley.url;
  const ends = { answered: 0, broken: 0, hanging: 0 };
  let isOver = false;
  const askOnAndOn = async (): Promise<void> => {
    while (!isOver) ends[await ask(url)] += 1;
  };
  const clients = Array.from({ length: 16 }, askOnAndOn);
  for (const kill of [0, 1]) {
    await parley.until((log) => listeners(log).length === 2 + kill);
    const before = ends.answered;
    while (ends.answered < before + 100) await ask(url);
    signal(listeners(parley.log)[kill], 'SIGKILL');
  }
  await parley.until((log) => listeners(log).length === 4);
  isOver = true;
  await Promise.all(clients);
  t.is(ends.hanging, 0);
  t.true(ends.answered > 200);
  parley.child.kill('SIGTERM');
  t.deepEqual(await parley.exited, [0, null]);
});

shared.serial('workers: a worker that cannot start while the store is unavailable starts afterwards', async (t) => {
  const own = present(await mongoService({ own: true }));
  t.teardown(own.stop);
  const parley = startParley(t, { ...settings(2), MONGODB_URL: own.url });
  const url = await parley.url;
  await parley.until((log) => listeners(log).length === 2);
  await own.kill('SIGKILL');
  signal(listeners(parley.log)[0], 'SIGKILL');
  await parley.until(() => parley.errors.length === 2); // two workers have tried and logged why they failed
  t.is(await ask(url), 'answered', 'the other one serves on');
  await own.restart();
  await parley.until((log) => listeners(log).length === 3);
  t.is((await fetch(`${url}/readyz`)).status, 200);
  parley.child.kill('SIGTERM');
  t.deepEqual(await parley.exited, [0, null]);
});
