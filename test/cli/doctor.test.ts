import { once } from 'node:events';
import { chmod, readdir } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { Clock, startServerFor } from '../helpers/server.ts';
import { freshSettings, parley, type Ran, Running } from './cli.ts';
import { HOPS } from './live.ts';

const CHECKS = ['settings', 'data folder', 'store', 'bus', 'presence', 'clock', 'pictures', 'passwords'];

/** The checks that failed. */
const failures = (ran: Ran): unknown[] =>
  ran
    .rows()
    .filter(({ ok }) => !ok)
    .map(({ check }) => check);

test('doctor: all checks pass with a running server', async (t) => {
  const site = await startServerFor(t);
  const ran = await parley({ DATA_DIR: site.core.config.dataDir, PORT: new URL(site.url).port }, ['doctor', '--live', '--json']);
  t.is(ran.status, 0, ran.out);
  t.is(ran.err, '');
  t.deepEqual(
    ran.rows().map(({ check, ok }) => `${check} ${ok}`),
    [...CHECKS, 'server', ...HOPS].map((check) => `${check} true`),
  );
  t.regex(String(ran.rows()[CHECKS.length]?.detail), /ready, store up, bus up/);
});

test('doctor: prints a line per check; a missing server is a failure only with --live', async (t) => {
  const settings = { ...(await freshSettings(t)), PORT: '1' };
  const ran = await parley(settings, ['doctor']);
  t.is(ran.status, 0, ran.out);
  t.regex(ran.out, /^ok {4}store: SQLite wrote/m);
  const live = await parley(settings, ['doctor', '--live']);
  t.is(live.status, 1);
  t.regex(live.out, /^FAIL {2}server: nothing answers at http:\/\/127\.0\.0\.1:1\/readyz\n {6}Start it with 'parley serve'/m);
  t.is(live.err, 'parley: 1 check failed.\n');
});

test('doctor: an unwritable data folder is reported with advice', async (t) => {
  const ran = await parley({ DATA_DIR: '/dev/null/parley', PORT: '0' }, ['doctor', '--json']);
  t.is(ran.status, 1);
  t.deepEqual(failures(ran), ['data folder', 'store']);
  t.regex(String(ran.rows()[1]?.mend), /write to \/dev\/null\/parley, or set DATA_DIR/);
});

test('doctor: a data folder readable by other users is a failure', async (t) => {
  const settings = { ...(await freshSettings(t)), PORT: '0' };
  await chmod(settings.DATA_DIR, 0o755);
  const ran = await parley(settings, ['doctor', '--json']);
  t.deepEqual(failures(ran), ['data folder']);
  await chmod(settings.DATA_DIR, 0o700);
  t.is((await parley(settings, ['doctor', '--json'])).status, 0);
});

test('doctor: an unreachable Redis is a failure of bus and presence; its password is not printed', async (t) => {
  const settings = { ...(await freshSettings(t)), PORT: '0', REDIS_URL: 'redis://:hunter22@127.0.0.1:1' };
  const ran = await parley(settings, ['doctor', '--json']);
  t.is(ran.status, 1);
  t.deepEqual(failures(ran), ['bus', 'presence']);
  t.notRegex(ran.out + ran.err, /hunter22/);
});

test('doctor: without a database it says so and leaves no files behind', async (t) => {
  const { DATA_DIR } = await freshSettings(t);
  const ran = await parley({ DATA_DIR: `${DATA_DIR}/not/there`, PORT: '0' }, ['doctor', '--json']);
  t.is(ran.status, 0, ran.out);
  t.regex(String(ran.rows()[2]?.detail), /SQLite wrote.*no database yet: the first start creates it/);
  t.deepEqual(await readdir(DATA_DIR), []);
});

test('doctor: PUBLIC_URL with https and TRUST_PROXY off is a warning, also at the start', async (t) => {
  const settings = { ...(await freshSettings(t)), PORT: '0', PUBLIC_URL: 'https://chat.example.org' };
  const warned = await parley(settings, ['doctor']);
  t.is(warned.status, 0, warned.out);
  t.regex(warned.out, /^warn {2}settings: PUBLIC_URL is https and TRUST_PROXY is off: .*\n {6}Set TRUST_PROXY=on/m);
  t.regex((await parley({ ...settings, TRUST_PROXY: 'on' }, ['doctor'])).out, /^ok {4}settings: SQLite, no Redis$/m);
  const started = async (trust: string): Promise<string> => {
    const server = new Running({ ...settings, TRUST_PROXY: trust }, ['serve']);
    await server.until('"msg":"listening"');
    return (await server.ended('SIGTERM')).out;
  };
  t.regex(await started('off'), /"level":40,[^\n]*PUBLIC_URL is https and TRUST_PROXY is off/);
  t.notRegex(await started('on'), /"level":40/);
});

test('doctor: --live uses PUBLIC_URL', async (t) => {
  const site = await startServerFor(t);
  const passed: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    passed.push(`${incoming.method} ${incoming.url}`);
    const onward = request(site.url + incoming.url, { method: incoming.method ?? 'GET', headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
    outgoing.once('close', () => onward.destroy());
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => proxy.close());
  const settings = { DATA_DIR: site.core.config.dataDir, PORT: new URL(site.url).port };
  const PUBLIC_URL = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const ran = await parley({ ...settings, PUBLIC_URL }, ['doctor', '--live', '--json']);
  t.is(ran.status, 0, ran.out);
  t.true(passed.includes('POST /groups/parley-doctor/messages'), passed.join());
  const nobody = await parley({ ...settings, PUBLIC_URL: 'https://127.0.0.1:1', TRUST_PROXY: 'on' }, ['doctor', '--live', '--json']);
  t.deepEqual(failures(nobody), ['live accept']);
  t.regex(nobody.out, /https:\/\/127\.0\.0\.1:1\/healthz: [^"]*ECONNREFUSED[^"]*","mend":"[^"]*PUBLIC_URL/);
});

test('doctor: groups with a last entry in the future are named', async (t) => {
  const clock = new Clock(Date.now() + 400 * 24 * 3_600_000);
  const site = await startServerFor(t, { clock });
  await site.signUp('Ann');
  const settings = { DATA_DIR: site.core.config.dataDir, PORT: '0' };
  const ran = await parley(settings, ['doctor']);
  t.is(ran.status, 0);
  t.regex(ran.out, /^warn {2}clock: .*: lobby until 20\d\d-\d\d-\d\dT/m);
});

test('doctor: invalid settings are all named and end the checks', async (t) => {
  const ran = await parley({ PORT: 'eighty', MONGODB_URL: 'http://x' }, ['doctor', '--json']);
  t.is(ran.status, 1);
  t.deepEqual(failures(ran), ['settings']);
  t.regex(String(ran.rows()[0]?.detail), /PORT .*; MONGODB_URL /);
});

test('doctor: another program on the port is recognised', async (t) => {
  const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const settings = { ...(await freshSettings(t)), PORT: String((other.address() as AddressInfo).port) };
  const ran = await parley(settings, ['doctor', '--json']);
  t.deepEqual(failures(ran), ['server']);
  t.regex(ran.out, /not Parley/);
});
