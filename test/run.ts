import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { npmTools, pythonTools } from './helpers/openapi-tools.ts';
import { isMissing, type Missing, mongoService, redisService, type Service } from './helpers/services.ts';
import { Tally } from './helpers/tally.ts';

/*
 * Brings up what the tests need, runs them, says what came out, and ends with the line `N passed, N failed, N skipped`.
 *   --all       the long suites too; installs the tools that they need
 *   --prepare   only finds, installs and tries the services
 * Anything else goes to ava: files, -m 'title', …
 */
const args = process.argv.slice(2);
const all = args.includes('--all');
const forAva = args.filter((arg) => arg !== '--all' && arg !== '--prepare');

if (all)
  for (const tools of [await pythonTools(), await npmTools()])
    if (isMissing(tools)) console.log(`Without ${tools.missing.replace(/^no /, '')}`);
const services = { MONGODB_URL: await mongoService(), REDIS_URL: await redisService() };
for (const [variable, service] of Object.entries(services))
  console.log(isMissing(service) ? `Without ${variable}: ${service.missing}` : `${variable}=${service.url.replace(/\/\/.*@/, '//…@')}`);

if (args.includes('--prepare')) {
  await stop();
  process.exit(Object.values(services).some(isMissing) ? 1 : 0);
}

const ava = spawn(process.execPath, ['node_modules/ava/entrypoints/cli.js', '--tap', ...forAva], {
  // Every test file reads the same code anew; compiled and without its types it is there at once.
  env: {
    NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/parley'),
    ...process.env,
    ...urls(),
    ...(all && { PARLEY_TEST_ALL: '1' }),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
// A second one goes through to us as well: ava's way of ending is given the time it takes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ava.kill(signal));

const startedAt = performance.now();
const exited = once(ava, 'exit');
const tally = new Tally(globSync('test/**/*.test.ts'), (text) => console.log(text));
for await (const line of createInterface({ input: ava.stdout })) tally.read(line);
const [code] = await exited;
await stop();
if (code !== 0 && tally.failed === 0) tally.brokeOff();
tally.summary((performance.now() - startedAt) / 1000);
process.exit(code === 0 && tally.failed === 0 && tally.passed > 0 ? 0 : 1);

/** What the test files find in their environment; see helpers/services.ts. */
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
