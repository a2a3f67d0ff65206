import test from 'ava';
import { freshSettings, Running } from './cli.ts';

test('parley serve: standard output is JSON lines alone; the URL and the first step go to standard error', async (t) => {
  const server = new Running({ ...(await freshSettings(t)), PORT: '0', LOG_LEVEL: 'info' }, ['serve']);
  const url = await server.listening();
  t.is((await fetch(`${url}/healthz`)).status, 200);
  const { status, err, rows } = await server.ended('SIGTERM');
  t.is(status, 0);
  t.regex(err, /^Parley is at \S+\nNobody has an account yet: .*\n$/);
  t.like(rows()[0], { msg: 'listening', url });
});

test('parley serve: a second SIGINT, as npm sends one after the terminal, leaves a clean stop alone', async (t) => {
  const server = new Running({ ...(await freshSettings(t)), PORT: '0', LOG_LEVEL: 'info' }, ['serve']);
  const url = await server.listening();
  const stream = await fetch(url); // a connection that is kept open
  server.child.kill('SIGINT');
  await server.until('"msg":"stopping"');
  t.is((await server.ended('SIGINT')).status, 0);
  await stream.text().catch(() => {});
});
