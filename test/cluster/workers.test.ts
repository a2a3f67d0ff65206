import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { follow, readAll } from '../faults/load.ts';
import { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { PASSWORD } from '../helpers/server.ts';
import { sharedServices } from '../helpers/shared-services.ts';
import { IdleConnection } from './idle.ts';
import { listeners, startParley } from './parley.ts';
import { SteadyLoad } from './steady.ts';

const { freshEnv, shared } = await sharedServices(test);

const settings = (workers: number) => ({
  WEB_CONCURRENCY: String(workers),
  ...freshEnv(),
});

shared.serial(
  'workers are replaced one by one under load, and nobody notices: no request fails, no stream misses or repeats anything',
  async (t) => {
    const parley = startParley(t, settings(2));
    const url = await parley.url;
    await parley.until((log) => listeners(log).length === 2);
    t.is(parley.said.filter((line) => line.startsWith('Parley is at')).length, 1);

    const who = new Client(url, { Connection: 'close' }); // an idle connection would keep each old worker for 10 s
    await who.form('/signup', { name: 'Ann', password: PASSWORD });
    const load = new SteadyLoad(who, 4, 4);
    const { promise: last, resolve: isLast } = Promise.withResolvers<number>();
    const parts = { who, urls: [url], isUp: () => Promise.resolve() };
    const listening = Promise.all([1, 2, 3].map(() => follow(parts, () => last)));
    await load.posts(20);
    const idle = await Promise.all([1, 2, 3, 4].map(() => IdleConnection.open(t, who)));
    const said = (wanted: string, times: number) => parley.until((log) => log.filter(({ msg }) => msg === wanted).length === times);
    for (const round of [1, 2]) {
      parley.child.kill('SIGHUP');
      for (const leaving of [2 * round - 1, 2 * round]) {
        await said('replaced by another worker: leaving', leaving);
        for (const connection of idle) await connection.ask();
      }
      await said('all workers have been replaced', round);
    }
    for (const { statuses } of idle)
      t.deepEqual(statuses, [200, 200, 200, 200, 200], 'also over a connection that was idle when its worker left');
    await load.posts(20);
    await load.end();
    isLast(Math.max(...load.posted.values()));

    t.deepEqual(load.failures, []);
    t.true(load.closes > 0, 'connections to those that left were given up in good order');
    t.true(load.gets > 0);
    const messages = await readAll(who);
    t.deepEqual(new Map(messages.map(({ body, seq }) => [body, seq])), new Map([...load.posted].sort(([, a], [, b]) => a - b)));
    for (const { seqs } of await listening)
      t.deepEqual(
        seqs,
        seqs.map((_, index) => index + 1),
      );
    const pids = listeners(parley.log);
    t.is(new Set(pids).size, 6, 'two, and twice two others');
    for (const pid of pids.slice(0, 4)) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    t.true(
      parley.log.every(({ worker, pid }) => worker !== undefined && pid !== undefined),
      'every line says who wrote it',
    );

    const startedAt = performance.now();
    parley.child.kill('SIGTERM');
    t.deepEqual(await parley.exited, [0, null]);
    t.true(performance.now() - startedAt < 10_000);
    for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    t.deepEqual(parley.errors, []);
  },
);

shared.serial('workers: an upload continues while its worker is replaced and gets its response; then the worker exits', async (t) => {
  const parley = startParley(t, settings(2));
  const url = await parley.url;
  await parley.until((log) => listeners(log).length === 2);
  const who = new Client(url, { Connection: 'close' });
  await who.form('/signup', { name: 'Ann', password: PASSWORD });
  const { body, begin, end } = slowly('attachment', 'film.txt');
  const headers = { Accept: 'application/json', 'Content-Type': 'multipart/form-data; boundary=slow' };
  const answered = who.open('/groups/lobby/messages', { method: 'POST', headers, body, duplex: 'half' } as never);
  await begin('the first half, ');
  parley.child.kill('SIGHUP');
  await parley.until((log) => log.some(({ msg }) => msg === 'all workers have been replaced'));
  const [first, second] = listeners(parley.log);
  t.true([first, second].some(isRunning), 'the one with the upload');
  await end('and the second');
  const answer = await answered;
  t.is(answer.status, 201);
  const { attachments } = (await answer.json()) as { attachments: { url: string }[] };
  t.is((await who.get(attachments[0]?.url ?? '')).text, 'the first half, and the second');
  await eventually(() => !isRunning(first) && !isRunning(second));
  parley.child.kill('SIGTERM');
  t.deepEqual(await parley.exited, [0, null]);
});

/** A multipart body with one file, whose content the test sends in parts. */
function slowly(field: string, name: string) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const write = (text: string) => writer.write(Buffer.from(text));
  const begin = (text: string) =>
    write(`--slow\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n${text}`);
  const end = async (text: string): Promise<void> => {
    await write(`${text}\r\n--slow--\r\n`);
    await writer.close();
  };
  return { body: readable, begin, end };
}

function isRunning(pid: number | undefined): boolean {
  try {
    return process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
}

shared('workers: when the first one fails to start, the server exits and prints the reason once', async (t) => {
  const parley = startParley(t, { ...settings(3), MONGODB_URL: 'mongodb://127.0.0.1:9/parley' });
  t.deepEqual(await parley.exited, [1, null]);
  t.is(parley.errors.filter((line) => /The first worker failed to start/.test(line)).length, 1);
  t.is(parley.errors.length, 2, parley.errors.join('\n'));
  t.deepEqual(parley.said, []);
});

test('workers: a single process logs SIGHUP and keeps running', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-hup-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const parley = startParley(t, { DATA_DIR: dir });
  const url = await parley.url;
  parley.child.kill('SIGHUP');
  await parley.until((log) => log.some(({ msg }) => msg.startsWith('SIGHUP ignored')));
  t.is((await fetch(`${url}/healthz`)).status, 200);
  parley.child.kill('SIGTERM');
  t.deepEqual(await parley.exited, [0, null]);
});
