import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path/posix';
import test from 'ava';
import { circlesIn, importsIn, importsOf } from './helpers/imports.ts';
import { brokenRule, rankOf } from './helpers/layers.ts';
import { startServer } from './helpers/server.ts';

const MAX_LINES = 220;
const MAX_FILES_IN_FOLDER = 30;

const lib = globSync('lib/**/*.ts').sort();
const tests = globSync('test/**/*.ts').sort();
const programs = globSync('bin/*.{ts,js}').sort();
const imports = lib.flatMap(importsOf);
const read = (file: string): string => readFileSync(file, 'utf8');

test('every folder of lib has a place in the order', (t) => {
  t.deepEqual(
    lib.filter((file) => rankOf(file) === -1),
    [],
    'add the folder to test/helpers/layers.ts',
  );
});

test(`no folder of lib has more than ${MAX_FILES_IN_FOLDER} files`, (t) => {
  const folders = Map.groupBy(lib, (file) => dirname(file));
  const large = [...folders].filter(([, files]) => files.length > MAX_FILES_IN_FOLDER);
  t.deepEqual(
    large.map(([folder, files]) => `${folder}: ${files.length}`),
    [],
    'which noun needs a folder of its own?',
  );
});

test('imports of values point to folders listed before, and only the composition imports adapters', (t) => {
  const broken = imports.filter(({ ours }) => ours).flatMap((one) => brokenRule(one)?.replace(/^/, `${one.from} → ${one.to}: `) ?? []);
  t.deepEqual(broken, []);
});

test('no imports form a circle', (t) => {
  t.deepEqual(
    circlesIn(imports).map((circle) => circle.join(' → ')),
    [],
  );
});

test('imports of our own files say .ts, and go through no index file', (t) => {
  const odd = imports.filter(
    ({ ours, to }) => ours && (!to.endsWith('.ts') || basename(to) === 'index.ts' || !/^(lib|fixtures)\//.test(to)),
  );
  t.deepEqual(
    odd.map(({ from, to }) => `${from} → ${to}`),
    [],
  );
});

test('only lib/config.ts reads the environment', (t) => {
  const readers = lib.filter((file) => /process\s*\.\s*env|process\['env'\]|\benv\b[^;]*from 'node:process'/.test(read(file)));
  t.deepEqual(
    readers.filter((file) => file !== 'lib/config.ts'),
    [],
  );
});

test('no file of lib is named after nothing in particular', (t) => {
  t.deepEqual(
    lib.filter((file) => /(^|[/-])(utils?|helpers?|common|misc)([./-]|$)/.test(file)),
    [],
  );
});

test(`no file of lib or bin is longer than ${MAX_LINES} lines`, (t) => {
  const lengths = [...lib, ...programs].map((file) => ({ file, lines: read(file).split('\n').length - 1 }));
  const long = lengths.filter(({ lines }) => lines > MAX_LINES);
  t.deepEqual(
    long.map(({ file, lines }) => `${file}: ${lines}`),
    [],
    'look for the seam',
  );
});

// Waiting for an event with a deadline is allowed; waiting for a fixed time is not.
const SLEEPS = [
  /new Promise\b[^;]{0,80}\bsetTimeout\(\s*\w+\s*[,)]/,
  /import\s*\{[^}]*\bsetTimeout\b[^}]*\}\s*from 'node:timers\/promises'/,
  /\bwaitForTimeout\(/,
  /\bAtomics\.wait\(/,
  /\bsleep\(/,
];

test('no test sleeps', (t) => {
  const sleeping = tests.filter((file) => file !== 'test/architecture.test.ts' && SLEEPS.some((sleep) => sleep.test(read(file))));
  t.deepEqual(sleeping, []);
});

test('lib/routes.ts lists the routes that the files have, or the server does not start', async (t) => {
  const site = await startServer({ isDev: true });
  await site.close();
  t.true(site.server.routes().length > 100);
});

// Verifies that the rules above detect violations.
test('a broken rule is found, and its allowed twin is not', (t) => {
  const rule = (from: string, text: string) => importsIn(from, text).map(brokenRule);
  t.regex(
    rule('lib/accounts/operations.ts', "import { post } from '../messages/operations.ts';")[0] ?? '',
    /accounts\/ may not import messages\//,
  );
  t.deepEqual(rule('lib/accounts/operations.ts', "import type {\n  Post,\n} from '../messages/operations.ts';"), [undefined]);
  t.deepEqual(rule('lib/bots/operations.ts', "export { post } from '../messages/operations.ts';"), [undefined]);
  t.regex(rule('lib/log/writer.ts', "import { openCore } from '../open-core.ts';")[0] ?? '', /log\/ may not import composition\//);
  t.deepEqual(rule('lib/log/writer.ts', "import { notFound } from '../errors.ts';"), [undefined]);
  t.regex(
    rule('lib/cli/doctor.ts', "const { openRedisBus } = await import('../bus/redis.ts');")[0] ?? '',
    /only lib\/open-core\.ts and lib\/open-store\.ts import adapters/,
  );
  t.deepEqual(rule('lib/open-core.ts', "const { openRedisBus } = await import('./bus/redis.ts');"), [undefined]);
  t.regex(rule('lib/store/mongo/log.ts', "import { rows } from '../sqlite/rows.ts';")[0] ?? '', /no adapter imports another/);
  t.deepEqual(rule('lib/store/mongo/log.ts', "import { rows } from './rows.ts';"), [undefined]);
});

test('a circle is found', (t) => {
  const imported = (from: string, to: string) => ({ from, to, typeOnly: false, ours: true });
  t.deepEqual(circlesIn([imported('a', 'b'), imported('b', 'c'), imported('c', 'b'), imported('a', 'c')]), [['b', 'c', 'b']]);
  t.deepEqual(circlesIn([imported('a', 'b'), imported('b', 'c'), imported('a', 'c')]), []);
});
