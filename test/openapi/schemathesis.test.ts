import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { contentOf, type Document } from '../api/openapi.ts';
import { makeWorld, type World } from '../api/world.ts';
import { inLongRun, onlyInLongRun } from '../helpers/long-run.ts';
import { pythonTools } from '../helpers/openapi-tools.ts';
import { present } from '../helpers/services.ts';

const tools = await inLongRun(pythonTools);

/** Streams do not end, so no check would ever see a whole response. test/api/examples.test.ts reads their beginning. */
const STREAMS = ['listen', 'listenToThread', 'listenToAll'];

/** Examples per operation and phase: one minute in all. The seed makes a failure repeat. */
const BOUNDS = ['--max-examples', '25', '--seed', '20261128', '--phases', 'examples,coverage,fuzzing,stateful'];

/**
 * The document with real secrets in its examples, and with forms beside JSON. A text as request body may be any: its schema says so here, or wrong ones
 * would be sought in vain.
 */
async function documentFor(world: World): Promise<string> {
  const text = world.real((await world.site.client().get('/openapi.json')).text);
  const document = JSON.parse(text) as Document;
  for (const { requestBody } of Object.values(document.paths).flatMap((item) => Object.values(item)))
    if (requestBody) {
      for (const [type, content] of Object.entries(requestBody.content))
        if (type.startsWith('text/')) Object.assign(content, { schema: {} });
      Object.assign(requestBody, { content: contentOf(requestBody) });
    }
  return JSON.stringify(document);
}

onlyInLongRun(test, tools)('OpenAPI: schemathesis finds no response that the document does not describe', async (t) => {
  t.timeout(300_000);
  const world = await makeWorld();
  const cwd = await mkdtemp(join(tmpdir(), 'parley-schemathesis-'));
  t.teardown(async () => {
    await world.site.close();
    await rm(cwd, { recursive: true, force: true });
  });
  await writeFile(join(cwd, 'openapi.json'), await documentFor(world));
  // An erased message is still there, as erased: `use_after_free` has no exceptions by operation.
  const config = ['--config-file', join(import.meta.dirname, 'schemathesis.toml')];
  const checks = [
    '--checks',
    'all',
    '--exclude-checks',
    'use_after_free',
    '--continue-on-failure',
    '--request-timeout',
    '10',
    '--no-color',
  ];
  const who = ['--header', `Authorization: Bearer ${world.annToken}`];
  const apart = STREAMS.flatMap((id) => ['--exclude-operation-id', id]);
  const child = spawn(
    join(present(tools).bin, 'schemathesis'),
    [...config, 'run', 'openapi.json', ...checks, ...who, ...apart, ...BOUNDS],
    { cwd, env: { ...process.env, PARLEY_URL: world.site.url }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  t.is(code, 0, output);
  t.regex(output, /Tested: [4-9]\d/);
});
