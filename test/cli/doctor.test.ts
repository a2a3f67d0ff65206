import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { startServer } from '../helpers/server.ts';
import { freshSettings, parley, type Ran } from './cli.ts';
import { HOPS } from './live.ts';

const CHECKS = ['settings', 'data folder', 'store', 'bus', 'presence', 'passwords'];

/** The checks that failed. */
const failures = (ran: Ran): unknown[] =>
  ran
    .rows()
    .filter(({ ok }) => !ok)
    .map(({ check }) => check);

test('beside a running server all is well', async (t) => {
  const site = await startServer();
  t.teardown(site.close);
  const ran = await parley({ DATA_DIR: site.core.config.dataDir, PORT: new URL(site.url).port }, ['doctor', '--live', '--json']);
  t.is(ran.status, 0, ran.out);
  t.is(ran.err, '');
  t.deepEqual(
    ran.rows().map(({ check, ok }) => `${check} ${ok}`),
    [...CHECKS, 'server', ...HOPS].map((check) => `${check} true`),
  );
  t.regex(String(ran.rows()[CHECKS.length]?.detail), /ready, store up, bus up/);
});

test('for people: a line for each check; that no server runs is a failure only with --live', async (t) => {
  const settings = { ...(await freshSettings(t)), PORT: '1' };
  const ran = await parley(settings, ['doctor']);
  t.is(ran.status, 0, ran.out);
  t.regex(ran.out, /^ok {4}store: SQLite wrote/m);
  const live = await parley(settings, ['doctor', '--live']);
  t.is(live.status, 1);
  t.regex(live.out, /^FAIL {2}server: nothing answers at http:\/\/127\.0\.0\.1:1\/readyz\n {6}Start it with 'parley serve'/m);
  t.is(live.err, 'parley: 1 of the checks failed.\n');
});

test('a data folder that cannot be written is named, with the way to mend it', async (t) => {
  const ran = await parley({ DATA_DIR: '/dev/null/parley', PORT: '0' }, ['doctor', '--json']);
  t.is(ran.status, 1);
  t.deepEqual(failures(ran), ['data folder', 'store']);
  t.regex(String(ran.rows()[1]?.mend), /write to \/dev\/null\/parley, or set DATA_DIR/);
});

test('a data folder that everybody can look into is a failure', async (t) => {
  const settings = { ...(await freshSettings(t)), PORT: '0' };
  await chmod(settings.DATA_DIR, 0o755);
  const ran = await parley(settings, ['doctor', '--json']);
  t.deepEqual(failures(ran), ['data folder']);
  await chmod(settings.DATA_DIR, 0o700);
  t.is((await parley(settings, ['doctor', '--json'])).status, 0);
});

test('a dead Redis is a failure of bus and presence, told without its password', async (t) => {
  const settings = { ...(await freshSettings(t)), PORT: '0', REDIS_URL: 'redis://:hunter22@127.0.0.1:1' };
  const ran = await parley(settings, ['doctor', '--json']);
  t.is(ran.status, 1);
  t.deepEqual(failures(ran), ['bus', 'presence']);
  t.notRegex(ran.out + ran.err, /hunter22/);
});

test('bad settings end the checks, each named', async (t) => {
  const ran = await parley({ PORT: 'eighty', MONGODB_URL: 'http://x' }, ['doctor', '--json']);
  t.is(ran.status, 1);
  t.deepEqual(failures(ran), ['settings']);
  t.regex(String(ran.rows()[0]?.detail), /PORT .*; MONGODB_URL /);
});

test('something else on the port is told apart from Parley', async (t) => {
  const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const settings = { ...(await freshSettings(t)), PORT: String((other.address() as AddressInfo).port) };
  const ran = await parley(settings, ['doctor', '--json']);
  t.deepEqual(failures(ran), ['server']);
  t.regex(ran.out, /not Parley/);
});
