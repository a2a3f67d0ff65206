import { fileURLToPath } from 'node:url';
import test from 'ava';
import { freshSettings, parley, Running } from './cli.ts';

const TELLING = { NODE_OPTIONS: `--import ${fileURLToPath(new URL('./loaded.ts', import.meta.url))}` };

type Loaded = { readonly packages: readonly string[]; readonly files: readonly string[]; readonly hasFetch: boolean };

/** The report of loaded.ts. */
function toldIn(err: string, at: 'listening' | 'end'): Loaded {
  const line = err.split('\n').find((text) => text.startsWith(`{"at":"${at}"`));
  return JSON.parse(line ?? '{}');
}

/** More than half of the time of a start is finding, reading and linking files, so that their number is what it takes. */
const MOST_FILES = 90;

const FOR_REQUESTS = ['log/appender.ts', 'search/indexer.ts', 'store/sqlite/seldom/stores.ts'];

test('CLI: a command loads only the packages commander and lru-cache', async (t) => {
  const settings = await freshSettings(t);
  for (const args of [
    ['group', 'create', 'Field team'],
    ['group', 'list'],
    ['user', 'list'],
  ]) {
    const ran = await parley({ ...settings, ...TELLING }, args);
    t.is(ran.status, 0, ran.err);
    t.like(toldIn(ran.err, 'end'), { packages: ['commander', 'lru-cache'], hasFetch: false }, args.join(' '));
  }
});

test(`CLI: a list loads at most ${MOST_FILES} files`, async (t) => {
  const settings = await freshSettings(t);
  await parley(settings, ['group', 'create', 'Field team']);
  for (const what of ['group', 'user']) {
    const ran = await parley({ ...settings, ...TELLING }, [what, 'list']);
    const { files } = toldIn(ran.err, 'end');
    t.true(
      files.length <= MOST_FILES,
      `${what}: ${files.length}, of which some may be loaded when they are first needed\n${files.join('\n')}`,
    );
    t.false(files.includes('store/sqlite/schema.ts'), 'the steps of a schema that the file has');
  }
});

test('CLI: a name in a non-Latin script loads the transliteration package', async (t) => {
  const ran = await parley({ ...(await freshSettings(t)), ...TELLING }, ['group', 'create', 'Кошки', '--json']);
  t.is(ran.rows()[0]?.slug, 'koshki');
  t.deepEqual(toldIn(ran.err, 'end').packages, ['commander', 'lru-cache', 'transliteration']);
});

const FOR_PAGES = ['@koa/router', 'koa', 'koa-session', 'linkify-it', 'nunjucks', 'zod'];

test('serve: the server listens before its template packages are loaded, and without the parser of command lines; the first page waits for them', async (t) => {
  const server = new Running({ ...(await freshSettings(t)), ...TELLING, PORT: '0', LOG_LEVEL: 'silent' }, ['serve']);
  const page = await fetch(await server.listening(), { headers: { Accept: 'text/html' } });
  t.regex(await page.text(), /Sign up/);
  t.deepEqual(await (await fetch(new URL('/healthz', page.url))).json(), { status: 'ok' });
  const { status, err } = await server.ended('SIGTERM');
  t.is(status, 0, err);
  const [early, late] = [toldIn(err, 'listening'), toldIn(err, 'end')];
  t.true(early.files.length <= MOST_FILES, `${early.files.length}, of which some may be loaded after listening\n${early.files.join('\n')}`);
  for (const name of FOR_REQUESTS) t.deepEqual([name, early.files.includes(name), late.files.includes(name)], [name, false, true]);
  for (const name of FOR_PAGES) t.deepEqual([name, early.packages.includes(name), late.packages.includes(name)], [name, false, true]);
  for (const name of ['bcrypt', 'commander', 'ioredis', 'mongodb', 'prom-client', 'transliteration'])
    t.false(late.packages.includes(name), name);
  t.false(late.hasFetch);
});
