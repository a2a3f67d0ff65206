import test from 'ava';
import { sharedServices } from '../helpers/shared-services.ts';
import { follow, holdsExactly, Load, signUp, startParley } from './load.ts';

const { freshEnv, shared } = await sharedServices(test);

const POSTERS = 8;
const KILLS = 3;

test.serial('sqlite: a server that is killed at any moment, three times, has lost and doubled nothing that it acknowledged', async (t) => {
  const server = await startParley();
  t.teardown(() => server.stop());
  const who = await signUp(server.url);
  let up: Promise<void> = Promise.resolve();
  const parts = { who, urls: [server.url], isUp: () => up };
  const load = new Load(parts, POSTERS);
  const { promise: last, resolve: isLast } = Promise.withResolvers<number>();
  const listening = follow(parts, () => last);
  for (let kill = 0; kill < KILLS; kill += 1) {
    await load.atSomeMoment();
    up = server.restart(); // `restart` sends SIGKILL first
    await up;
  }
  await load.atSomeMoment();
  await load.end();
  isLast(Math.max(...load.acknowledged.values()));
  await holdsExactly(t, who, load, await listening);
});

shared.serial(
  'mongo and redis: with one of two servers killed and started again, nothing that either acknowledged is lost or doubled',
  async (t) => {
    const env = freshEnv();
    const first = await startParley(env);
    t.teardown(() => first.stop());
    const second = await startParley(env);
    t.teardown(() => second.stop());
    const who = await signUp(second.url);
    const parts = { who, urls: [first.url, second.url], isUp: () => Promise.resolve() };
    const load = new Load(parts, POSTERS);
    const { promise: last, resolve: isLast } = Promise.withResolvers<number>();
    const listening = Promise.all([follow(parts, () => last), follow({ ...parts, urls: [second.url] }, () => last)]);
    await load.atSomeMoment();
    await first.kill('SIGKILL');
    await load.atSomeMoment();
    await first.restart();
    await load.atSomeMoment();
    await load.end();
    isLast(Math.max(...load.acknowledged.values()));
    for (const heard of await listening) await holdsExactly(t, who, load, heard);
  },
);
