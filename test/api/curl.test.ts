import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { textOf } from '../../fixtures/hostile.ts';
import { curlOf } from '../../lib/api/curl.ts';
import { OPERATIONS } from '../../lib/api/table.ts';
import { makeWorld } from './world.ts';

const run = promisify(execFile);

/** Operations with a finite response; another test reads the streams. */
const ends = (id: string): boolean => !id.startsWith('listen');

test('API page: every curl command works in a shell', async (t) => {
  t.timeout(120_000);
  const world = await makeWorld();
  const cwd = await mkdtemp(join(tmpdir(), 'parley-curl-'));
  t.teardown(async () => {
    await world.site.close();
    await rm(cwd, { recursive: true, force: true });
  });
  await writeFile(join(cwd, 'build.log'), 'passed\n');
  const page = (await world.site.client().get('/docs')).text;
  const shown = new Set([...page.matchAll(/<pre class="copy"[^>]*><code>([^<]*)<\/code>/g)].map(([, line = '']) => textOf(line)));
  const faults: string[] = [];
  for (const operation of OPERATIONS.filter(({ id }) => ends(id)))
    for (const example of operation.examples) {
      const line = curlOf(world.site.url, operation, example);
      if (!shown.has(line)) faults.push(`not on the page: ${line}`);
      const isPersonal = operation.access === 'person' || operation.access === 'moderator';
      const asked = world.real(line.replace('$TOKEN', '$BEARER')); // the sample is also that of a webhook's secret
      const env = { PATH: '/usr/bin:/bin', BEARER: isPersonal ? world.annToken : world.botToken };
      const { stdout } = await run('sh', ['-c', `${asked} -s -o body -w '%{http_code}'`], { cwd, env });
      if (Number(stdout) !== example.status) faults.push(`${stdout}, not ${example.status}: ${line}`);
    }
  t.deepEqual(faults, []);
});
