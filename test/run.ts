import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectFiles, TestRun } from './helpers/ava.ts';
import { npmTools, pythonTools } from './helpers/openapi-tools.ts';
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

const services = { MONGODB_URL: await mongoService(), REDIS_URL: await redisService() };
for (const [variable, service] of Object.entries(services))
  console.log(isMissing(service) ? `Without ${variable}: ${service.missing}` : `${variable}=${service.url.replace(/\/\/.*@/, '//…@')}`);

const isGood = args.includes('--prepare') ? !Object.values(services).some(isMissing) : await runTests();
await stop();
await removeTemporary();
process.exit(isGood ? 0 : 1);

function runTests(): Promise<boolean> {
  const run = new TestRun({ args: forAva, files: selectFiles(forAva), env: { ...urls(), ...(all && { PARLEY_TEST_ALL: '1' }) } });
  // A second signal goes through to this process: ava is given the time that it needs to end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => run.kill(signal));
  return run.ended();
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
