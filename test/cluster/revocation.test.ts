import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { PARLEY } from '../faults/load.ts';
import type { Client } from '../helpers/client.ts';
import { present } from '../helpers/services.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { at, person, startProcess, stream } from './pair.ts';

const { freshEnv, redis, shared } = await sharedServices(test, { redis: { own: true } });

shared(
  'who is removed by page, or disabled by the CLI, loses the streams at every process: in a second, without Redis in two',
  async (t) => {
    const env = freshEnv();
    const [first, second] = [await startProcess(t, env), await startProcess(t, env)];
    const ann = await person(first.url, 'Ann');

    const remove = async (id: string): Promise<void> => {
      const { status } = await ann.json('POST', '/groups/lobby/members', { action: 'remove', user: id });
      t.is(status, 200);
    };
    const disable = async (name: string): Promise<void> => {
      const cli = spawn(PARLEY, ['user', 'disable', name], { env: { ...process.env, ...env }, stdio: 'ignore' });
      t.deepEqual(await once(cli, 'exit'), [0, null]);
    };
    /** Time from the response to `act` until the last stream of a user got `closed`, ms. */
    const closing = async (who: Client, act: () => Promise<void>): Promise<number> => {
      const streams = await Promise.all(
        [first, second].flatMap((process) => ['', '?as=json'].map((query) => stream(t, at(process, who), query))),
      );
      const ended = Promise.all(streams.map((each) => each.ended())).then((all) => ({ all, when: performance.now() }));
      await act();
      const answered = performance.now();
      const { all, when } = await ended;
      for (const events of all) t.is(events.at(-1)?.event, 'closed');
      return Math.max(0, when - answered);
    };
    const idOf = async (name: string): Promise<string> => {
      const members = (await ann.get('/groups/lobby/members', 'application/json')).json<{ id: string; name: string }[]>();
      return members.find((member) => member.name === name)?.id ?? '';
    };

    const others = await Promise.all(['Bob', 'Eve', 'Dan', 'Fay'].map((name) => person(first.url, name)));
    const [bob, eve, dan, fay] = others;
    if (!bob || !eve || !dan || !fay) throw new Error('four others have accounts');
    const stayer = await stream(t, at(second, ann), '?as=json');
    const [bobId, danId] = [await idOf('Bob'), await idOf('Dan')];

    const withRedis = [await closing(bob, () => remove(bobId)), await closing(eve, () => disable('Eve'))];
    t.true(Math.max(...withRedis) < 1000, `${withRedis.map(Math.round)} ms`);
    await present(redis).kill('SIGKILL');
    const without = [await closing(dan, () => remove(danId)), await closing(fay, () => disable('Fay'))];
    t.true(Math.max(...without) < 2000, `${without.map(Math.round)} ms without Redis`);

    await ann.json('POST', '/groups/lobby/messages', { body: 'still here' });
    await stayer.until((events) => events.some(({ data }) => data.includes('still here')));
    t.log(`with Redis ${withRedis.map(Math.round)} ms, without ${without.map(Math.round)} ms`);
  },
);
