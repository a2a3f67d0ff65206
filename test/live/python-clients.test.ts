import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { botFor, nextStream, Running } from '../docs/bot-page.ts';
import { isProgram } from '../helpers/programs.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/streams', import.meta.url));
const PACKAGES = ['requests', 'sseclient', 'httpx', 'httpx_sse', 'aiohttp'];

/** The virtual environment that .ci/run makes, or the one that PARLEY_STREAM_CLIENTS names. */
const venv = process.env.PARLEY_STREAM_CLIENTS ?? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley', 'stream-clients');
const isThere =
  isProgram(join(venv, 'bin', 'python3')) && PACKAGES.every((name) => globSync(join(venv, 'lib/python3*/site-packages', name)).length > 0);
const clients = isThere ? {} : { missing: `no virtual environment with ${PACKAGES.join(', ')}` };

let site: TestServer;
test.before(async () => {
  site = await startServer({ heartbeatMs: 600_000 }); // only the message fills a client's buffer
  await site.signUp('Ann'); // the first account creates Lobby
});
test.after.always(() => site?.close());

for (const [file, path] of [
  ['requests_lines.py', '/groups/lobby/events'],
  ['sseclient_events.py', '/groups/lobby/events'],
  ['httpx_events.py', '/groups/lobby/events'],
  ['aiohttp_lines.py', '/groups/lobby/events'],
  ['requests_text.py', '/groups/lobby/events'],
  ['requests_lines.py', '/events'],
  ['requests_text.py', '/events'],
] as const)
  requireOrSkip(test, clients).serial(`${file} on ${path} prints one short message, though nothing follows it`, async (t) => {
    const { env } = await botFor(site, `${file.replace(/\W.*/, '')} ${path.length}`);
    const listening = nextStream(site, ['json', 'text']);
    const running = new Running(t, [join(venv, 'bin', 'python3'), join(FIXTURES, file)], {
      env: { ...env, URL: `${site.url}${path}` },
      cwd: FIXTURES,
    });
    await Promise.race([listening, running.exited.then(() => Promise.reject(new Error(running.said)))]);
    await site.client().send(`/hooks/${env.HOOK}`, { method: 'POST', body: 'short' });
    await running.saying(/short/);
    t.regex(running.said, /short/);
  });
