import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { optionsOf, selectFiles, TestRun } from './helpers/ava.ts';
import { PYTHON_STACKS, watchMongo } from './helpers/mongo-watch.ts';
import { npmTools, pythonTools } from './helpers/openapi-tools.ts';
import { signal } from './helpers/process.ts';
import { isMissing, type Missing, mongoService, redisService, type Service } from './helpers/services.ts';

/*
 * Starts the services that the tests need, runs the tests, and ends with the line `N passed, N failed, N skipped`.
 *   --all       the long suites too; installs the tools that they need
 *   --prepare   only finds, installs and tries the services
 * Anything else goes to ava: files, -m 'title', …
 */
const args = process.argv.slice(2);
const all = args.includes('--all');
const forAva = args.filter((arg) => arg !== '--all' && arg !== '--prepare');

// Everything temporary of the services, the tests and what they start goes here, so that what a killed process leaves is removed too.
const REMOVE = `trap '' INT TERM HUP; read -r _; rm -rf "$1"`;
const temporary = mkdtempSync(join(tmpdir(), 'parley-tests-'));
process.env.TMPDIR = temporary;
// Removes it when its standard input ends, however this process ends.
const remover = spawn('sh', ['-c', REMOVE, 'remove', temporary], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });

if (all)
  for (const tools of [await pythonTools(), await npmTools()])
    if (isMissing(tools)) console.log(`Without ${tools.missing.replace(/^no /, '')}`);

Object.assign(process.env, PYTHON_STACKS);
const services = { MONGODB_URL: await mongoService(), REDIS_URL: await redisService() };
for (const [variable, service] of Object.entries(services))
  console.log(isMissing(service) ? `Without ${variable}: ${service.missing}` : `${variable}=${service.url.replace(/\/\/.*@/, '//…@')}`);

/** So long without a write at the end of a run that failed, and the server is taken to have hung. */
const SUSPICIOUS_MS = 35_000;

/** The server that all test files share, if it is ours to watch. */
const mongo = isMissing(services.MONGODB_URL) || process.env.MONGODB_URL ? undefined : services.MONGODB_URL;

const isGood = args.includes('--prepare') ? !Object.values(services).some(isMissing) : await runTests();
await stop();
await removeTemporary();
process.exit(isGood ? 0 : 1);

async function runTests(): Promise<boolean> {
  const files = selectFiles(forAva);
  const env = { ...urls(), ...(all && { PARLEY_TEST_ALL: '1' }) };
  const first = new TestRun({ args: forAva, files, env });
  const { isGood, hungSince } = await endOf(first);
  if (hungSince === undefined) return isGood;
  const { files: done, results } = first.finishedBefore(hungSince);
  const rest = files.filter((file) => !done.includes(file));
  console.log(
    `The MongoDB server is started again, and ${rest.length} of ${files.length} test files, which had not ended before, run again.`,
  );
  await mongo?.restart();
  return (await endOf(new TestRun({ args: [...optionsOf(forAva), ...rest], files: rest, env, before: results }))).isGood;
}

/**
 * Runs to the end, or until the shared MongoDB server hangs: then says what its threads do, and interrupts the run. `hungSince`: ms of
 * performance.now(), when the server hangs, or has not answered for some time at the end of a run that has failed.
 */
async function endOf(run: TestRun): Promise<{ isGood: boolean; hungSince?: number }> {
  let reported: Promise<void> | undefined;
  // A second signal goes through to this process: ava is given the time that it needs to end.
  const forward = (signal: NodeJS.Signals) => run.kill(signal);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, forward);
  const watch = mongo && watchMongo(mongo, () => (reported = reportHung(run)));
  const isGood = await run.ended();
  watch?.stop();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, forward);
  await reported;
  const last = watch?.lastWriteAt() ?? performance.now();
  const isHung = reported !== undefined || (!isGood && performance.now() - last > SUSPICIOUS_MS);
  return { isGood, ...(isHung && { hungSince: last }) };
}

async function reportHung(run: TestRun): Promise<void> {
  run.interrupt();
  const pid = mongo?.pid;
  const dead = mongo?.kill('SIGABRT');
  signal(pid, 'SIGCONT'); // a stopped process gets SIGABRT when it goes on
  await dead;
  console.log(`The MongoDB server of the tests has not written anything for 90 s. Its last output:\n${mongo?.output()}`);
}

/** The environment in which test files find the services; see helpers/services.ts. */
function urls(): Record<string, string> {
  const entries = Object.entries(services).map(([variable, service]) =>
    isMissing(service) ? [`${variable}_MISSING`, service.missing] : [variable, service.url],
  );
  return Object.fromEntries(entries);
}

async function stop(): Promise<void> {
  const running = Object.values<Service | Missing>(services).filter((service): service is Service => !isMissing(service));
  await Promise.all(running.map((service) => service.stop()));
}

async function removeTemporary(): Promise<void> {
  const left = (await readdir(temporary)).filter((name) => name.startsWith('parley-'));
  if (left.length > 0) console.error(`Tests left ${left.length} temporary folders, which are removed now: ${left.join(', ')}`);
  const removed = once(remover, 'exit');
  remover.stdin.end();
  await removed;
}
