import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { freshSettings, parley, Running } from '../cli/cli.ts';

async function ask(socketPath: string, path: string): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const asked = request({ socketPath, path, headers: { Host: 'localhost' } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, body: await text(answer) };
}

test('LISTEN: the server answers on a Unix socket that its group may use, removes it at its end, and replaces one of a killed server', async (t) => {
  const settings = await freshSettings(t);
  const LISTEN = join(settings.DATA_DIR, 'parley.sock');
  const env = { ...settings, LISTEN, TRUST_PROXY: 'on' };
  const killed = new Running(env, ['serve']);
  t.is(await killed.listening(), `unix:${LISTEN}`);
  t.is(statSync(LISTEN).mode & 0o777, 0o660);
  t.deepEqual(await ask(LISTEN, '/healthz'), { status: 200, body: '{"status":"ok"}' });
  t.is((await ask(LISTEN, '/metrics')).status, 404, 'needs METRICS_TOKEN: a proxy may be in between');
  const doctor = await parley(env, ['doctor', '--json']);
  t.regex(doctor.out, /"check":"server","ok":true,"detail":"unix:\S+ answers: ready/);
  await killed.ended('SIGKILL');
  t.true(existsSync(LISTEN));
  const next = new Running(env, ['serve']);
  await next.listening();
  t.is((await ask(LISTEN, '/readyz')).status, 200);
  t.is((await next.ended('SIGTERM')).status, 0);
  t.false(existsSync(LISTEN));
});

test('LISTEN: a socket of another program, and a file that is no socket, are left alone', async (t) => {
  const settings = await freshSettings(t);
  const LISTEN = join(settings.DATA_DIR, 'other.sock');
  const other = createServer().listen(LISTEN);
  await once(other, 'listening');
  const ran = await parley({ ...settings, LISTEN }, ['serve']);
  t.deepEqual([ran.status, /Another program listens on \S+other\.sock/.test(ran.err)], [1, true], ran.err);
  other.close();
  const file = join(settings.DATA_DIR, 'file');
  writeFileSync(file, 'precious');
  const refused = await parley({ ...settings, LISTEN: file }, ['serve']);
  t.deepEqual([refused.status, /exists and is not a socket/.test(refused.err)], [1, true], refused.err);
  t.true(statSync(file).isFile());
});

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

for (const HOST of ['::1', '::'])
  (hasIPv6 ? test : test.skip)(`HOST=${HOST}: the server answers over IPv6`, async (t) => {
    const server = new Running({ ...(await freshSettings(t)), HOST, PORT: '0' }, ['serve']);
    const url = new URL(await server.listening());
    t.is(url.hostname, HOST === '::' ? 'localhost' : '[::1]');
    t.is((await fetch(`http://[::1]:${url.port}/readyz`)).status, 200);
    if (HOST === '::') t.is((await fetch(`http://127.0.0.1:${url.port}/readyz`)).status, 200);
    t.is((await fetch(`http://[::1]:${url.port}/login`)).status, 200);
    t.is((await server.ended('SIGTERM')).status, 0);
  });
