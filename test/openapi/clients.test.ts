import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { makeWorld, type World } from '../api/world.ts';
import { inLongRun, onlyInLongRun } from '../helpers/long-run.ts';
import { npmTools, pythonTools } from '../helpers/openapi-tools.ts';
import { present } from '../helpers/services.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const [python, npm] = [await inLongRun(pythonTools), await inLongRun(npmTools)];

type Place = { readonly world: World; readonly cwd: string };

/** A server with a message that mentions the bot, and a folder with the document and the bot's program. */
async function open(t: ExecutionContext, bot: string): Promise<Place> {
  t.timeout(180_000);
  const world = await makeWorld();
  const cwd = await mkdtemp(join(tmpdir(), 'parley-openapi-'));
  t.teardown(async () => {
    await world.site.close();
    await rm(cwd, { recursive: true, force: true });
  });
  await writeFile(join(cwd, 'openapi.json'), (await world.site.client().get('/openapi.json')).text);
  await copyFile(join(root, 'fixtures/openapi', bot), join(cwd, bot));
  await world.ann.json('POST', '/groups/team/messages', { body: 'Are you there, @deploy?' });
  return { world, cwd };
}

/** What the bot printed is what the group shows afterwards. */
async function checkAnswer(t: ExecutionContext, { world }: Place, printed: string): Promise<void> {
  type Shown = { body: string; url: string; reactions: { emoji: string }[] };
  const [mention, answer] = (await world.ann.get('/groups/team/messages?limit=2', 'application/json')).json<[Shown, Shown]>();
  t.deepEqual([mention.reactions.map(({ emoji }) => emoji), answer.body], [['👋'], 'Hello, Ann']);
  t.deepEqual(JSON.parse(printed), { answer: answer.url, reactions: 1, unread: 0, code: 'notFound' });
}

const environment = ({ world }: Place) => ({ ...process.env, PARLEY: world.site.url, TOKEN: world.botToken });

onlyInLongRun(test, npm)('OpenAPI: a bot over the client of openapi-typescript compiles with --strict and answers', async (t) => {
  const place = await open(t, 'bot.ts');
  const { cwd } = place;
  const { modules } = present(npm);
  await symlink(modules, join(cwd, 'node_modules'));
  await writeFile(join(cwd, 'package.json'), '{"type":"module"}');
  await run(join(modules, '.bin/openapi-typescript'), ['openapi.json', '-o', 'schema.d.ts'], { cwd });
  const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--noEmit'];
  const how = [
    '--target',
    'es2024',
    '--module',
    'nodenext',
    '--lib',
    'es2024,dom,dom.iterable,dom.asynciterable',
    '--allowImportingTsExtensions',
  ];
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const compiled = await run(join(root, 'node_modules/.bin/tsc'), [...strict, ...how, ...types, 'bot.ts'], { cwd }).catch(
    ({ stdout }: { stdout: string }) => ({ stdout }),
  );
  t.is(compiled.stdout, '');
  const { stdout } = await run(process.execPath, ['bot.ts'], { cwd, env: environment(place) });
  await checkAnswer(t, place, stdout);
});

onlyInLongRun(test, python)('OpenAPI: a bot over the client of openapi-python-client answers', async (t) => {
  const place = await open(t, 'bot.py');
  const { cwd } = place;
  const { bin } = present(python);
  const env = { ...environment(place), PATH: `${bin}${delimiter}${process.env.PATH}` };
  const generate = ['generate', '--path', 'openapi.json', '--meta', 'none', '--output-path', 'parley_client'];
  const { stdout: said } = await run(join(bin, 'openapi-python-client'), generate, { cwd, env });
  // It omits only operations that accept nothing but text.
  const leftOut = [...said.matchAll(/WARNING parsing (\S+ \S+) within \w+. Endpoint will not be generated/g)].map(
    ([, operation]) => operation,
  );
  t.deepEqual(
    leftOut.filter((operation) => !operation?.includes(' /rooms/')),
    [],
  );
  const { stdout } = await run(join(bin, 'python'), ['bot.py'], { cwd, env });
  await checkAnswer(t, place, stdout);
});
