import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Parley, startParley } from '../cluster/parley.ts';
import { Dice } from '../faults/dice.ts';
import type { Client } from '../helpers/client.ts';
import { newHook } from '../helpers/fixtures.ts';
import { isLongRun } from '../helpers/long-run.ts';
import { signUpAt } from '../helpers/server.ts';
import { mutated, readCorpus, type Wire, written } from './fuzz-requests.ts';

/** The seed of the run: the same one sends the same requests, in about the same order. */
const SEED = process.env.PARLEY_FUZZ_SEED ?? randomBytes(4).toString('hex');
const DURATION_MS = isLongRun ? 600_000 : 10_000;
const AT_ONCE = 8;
/** Between two looks at whether the server still serves. */
const CHECK_EVERY = 500;
/** Far longer than any answer takes on a busy machine. */
const ANSWER_MS = 30_000;
/** How long a request whose end cannot be told is left open. */
const UNFRAMED_MS = 100;
const MAX_GROWTH_MIB = 400;
/** Refusals that are meant: not implemented, busy (with Retry-After), HTTP version. */
const MEANT = new Set([501, 503, 505]);
const ERROR = 50;

test('mutated requests: none is answered 500, none ends or holds up the server, and legal posts go on', async (t) => {
  t.timeout(DURATION_MS + 300_000);
  console.log(`PARLEY_FUZZ_SEED=${SEED}`);
  t.log(`PARLEY_FUZZ_SEED=${SEED}`);
  const site = await openSite(t);
  const { cookie, token, hook } = site;
  const corpus = readCorpus({ cookie, token, hook });
  for (const request of corpus) await sendChecked(t, site, written(request, site.host, new Dice('unchanged')), 'unchanged');
  const before = residentMib(site.parley);
  const until = performance.now() + DURATION_MS;
  let sent = 0;
  const sender = async (): Promise<void> => {
    while (performance.now() < until) {
      const dice = new Dice(`${SEED}/${sent}`);
      const id = `PARLEY_FUZZ_SEED=${SEED}, request ${sent}`;
      sent += 1;
      await sendChecked(t, site, written(mutated(dice.pick(corpus), dice), site.host, dice), id);
      if (sent % CHECK_EVERY === 0) await checkServing(t, site, id);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  await checkServing(t, site, 'the end');
  const growth = residentMib(site.parley) - before;
  t.true(growth < MAX_GROWTH_MIB, `memory grew by ${growth} MiB`);
  t.log(`${sent} requests; memory grew by ${Math.round(growth)} MiB`);
});

type Site = {
  readonly parley: Parley;
  readonly host: string;
  readonly ann: Client;
  readonly cookie: string;
  readonly token: string;
  readonly hook: string;
};

/** A server with Ann, who posts what is legal, and Mallory, an administrator as she is, who sends everything else. */
async function openSite(t: ExecutionContext): Promise<Site> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-fuzz-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const parley = startParley(t, { DATA_DIR: dataDir, LOG_LEVEL: 'warn' });
  const url = await parley.url;
  const ann = await signUpAt(url, 'Ann');
  const mallory = await signUpAt(url, 'Mallory');
  await mallory.form('/groups/join', { slug: 'lobby' });
  const { text } = await mallory.form('/settings/tokens', { name: 'fuzz' });
  const [, token = ''] = /value="([A-Za-z0-9]{40})"/.exec(text) ?? [];
  const hook = await newHook(ann, 'Robo');
  for (let n = 0; n < 5; n++) await mallory.json('POST', '/groups/lobby/messages', { body: `hello ${n}` });
  return { parley, host: new URL(url).host, ann, cookie: mallory.cookieHeader, token, hook };
}

async function sendChecked(t: ExecutionContext, { host }: Site, wire: Wire, id: string): Promise<void> {
  const shown = (): string => `${id}\n${JSON.stringify(wire.bytes.subarray(0, 3000).toString('latin1'))}`;
  const { status, answer, isLate } = await send(host, wire);
  if (status >= 500 && !MEANT.has(status)) t.fail(`${shown()}\nwas answered\n${answer.slice(0, 1000)}`);
  if (isLate) t.fail(`${shown()}\nwas neither answered nor refused within ${ANSWER_MS / 1000} s`);
}

type Sent = { readonly status: number; readonly answer: string; readonly isLate: boolean };

/** Sends the bytes over a connection of its own, and reads until the server closes it, or until a stream has begun. */
function send(host: string, { bytes, isFramed }: Wire): Promise<Sent> {
  const [name = '', port] = host.split(':');
  const { promise, resolve } = Promise.withResolvers<Sent>();
  const socket = connect(Number(port), name);
  let answer = '';
  const end = (isLate: boolean): void => {
    clearTimeout(late);
    clearTimeout(halfClose);
    socket.destroy();
    resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), answer, isLate });
  };
  const late = setTimeout(() => end(true), ANSWER_MS);
  const halfClose = isFramed ? undefined : setTimeout(() => socket.end(), UNFRAMED_MS);
  socket.setEncoding('latin1').on('data', (chunk) => {
    answer += chunk;
    if (isStream(bytes)) end(false);
  });
  socket.on('error', () => {}).on('close', () => end(false));
  socket.write(bytes);
  return promise;
}

/** Streams never end: it is enough that they begin. */
const isStream = (bytes: Buffer): boolean => /^\S+ \S*\/(?:events|live)/.test(bytes.subarray(0, 200).toString('latin1'));

async function checkServing(t: ExecutionContext, { parley, ann }: Site, id: string): Promise<void> {
  t.is(parley.child.exitCode, null, `the server ended before ${id}`);
  t.is((await ann.get('/healthz', 'text/plain')).status, 200, id);
  const { status, text } = await ann.json('POST', '/groups/lobby/messages', { body: `legal at ${id}` });
  t.is(status, 201, `${id} ${text}`);
  const errors = parley.log.filter(({ level }) => level >= ERROR).map((line) => JSON.stringify(line).slice(0, 2000));
  t.deepEqual([...errors, ...parley.errors].slice(0, 3), [], id);
}

const residentMib = ({ child }: Parley): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
