import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { person } from '../cluster/pair.ts';
import { OUR_OWN, startServerAhead } from '../faults/load.ts';
import type { Client } from '../helpers/client.ts';
import { bodiesFor } from '../helpers/fixtures.ts';
import { sharedServices } from '../helpers/shared-services.ts';

const { freshEnv, shared } = await sharedServices(test);

const DYING = fileURLToPath(new URL('./dying.ts', import.meta.url));
type Env = Readonly<Record<string, string>>;

/** Sends what is due until it has posted so many messages, and dies before it removes the last. */
async function dieAfter(env: Env, aheadMs: number, posts: number): Promise<void> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OUR_OWN.some((own) => own === name)));
  const child = spawn(process.execPath, [DYING, String(aheadMs), String(posts)], { env: { ...inherited, ...env }, stdio: 'inherit' });
  const [status, signal] = await once(child, 'exit');
  if (signal !== 'SIGKILL') throw new Error(`it was to kill itself, and ended with ${status ?? signal}`);
}

async function settings(t: ExecutionContext, more: Env = {}): Promise<Env> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-later-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return { DATA_DIR: dir, LOG_LEVEL: 'error', POSTS_PER_SECOND: '0', ...more };
}

const HOUR_MS = 3_600_000;
const BODIES = Array.from({ length: 12 }, (_, index) => `message ${index + 10}`);

/** Repeats what a busy machine's store answers too late. */
async function scheduleAll(who: Client, from: number): Promise<void> {
  while ((await who.get('/groups/lobby', 'application/json')).status !== 200) await who.form('/groups/join', { slug: 'lobby' });
  for (const [index, body] of BODIES.entries()) {
    const send = () => who.json('POST', '/groups/lobby/scheduled', { body, at: from + HOUR_MS + index }, { 'Idempotency-Key': body });
    let answer = await send();
    while (answer.status === 503) answer = await send();
    if (answer.status >= 300) throw new Error(`scheduling was answered ${answer.status}: ${answer.text}`);
  }
}

async function isEmptied(who: Client): Promise<void> {
  for (;;) {
    const answer = await who.get('/scheduled', 'application/json');
    if (answer.status === 200 && answer.json<{ results: unknown[] }>().results.length === 0) return;
  }
}

async function postsOnce(t: ExecutionContext, env: Env): Promise<void> {
  const first = await startServerAhead(t, env);
  const ann = await person(first.url, 'Ann');
  await scheduleAll(ann, Date.now());
  await first.kill('SIGKILL');
  let aheadMs = HOUR_MS + 60_000;
  for (const posts of [1, 4]) {
    await dieAfter(env, aheadMs, posts);
    aheadMs += 60_000; // the claims of the dead process have ended
  }
  const last = await startServerAhead(t, env, aheadMs);
  const there = ann.at(last.url);
  await isEmptied(there);
  t.deepEqual(await bodiesFor(there), BODIES);
}

test.serial(
  'sqlite: a process that dies between a post and the removal of its record: each message is posted once, in order',
  async (t) => {
    await postsOnce(t, await settings(t));
  },
);

shared.serial(
  'mongo and redis: a process that dies between a post and the removal of its record: each message is posted once',
  async (t) => {
    await postsOnce(t, await settings(t, freshEnv()));
  },
);

shared.serial('mongo and redis: two servers send each message once, in the order of their times', async (t) => {
  const env = await settings(t, freshEnv());
  const first = await startServerAhead(t, env);
  const ann = await person(first.url, 'Ann');
  await scheduleAll(ann, Date.now());
  await first.kill('SIGKILL');
  const [one] = await Promise.all([1, 2].map(() => startServerAhead(t, env, HOUR_MS + 60_000)));
  const there = ann.at(one?.url ?? '');
  await isEmptied(there);
  t.deepEqual(await bodiesFor(there), BODIES);
});
