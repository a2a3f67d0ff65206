import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { LAUNCHER } from './cli.ts';

type Place = { readonly root: string; readonly launcher: string; readonly pinned: string; readonly onPath: string };

/** In its package, not in node_modules/.bin: npm 9 and 10 create no `node` there. */
const PINNED = `node_modules/node-${process.platform}-${process.arch}/bin/node`;

/** The launcher in a folder of its own, with a program that prints how it was called, and a folder for PATH. */
async function place(t: ExecutionContext): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'parley-launcher-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  for (const folder of ['bin', 'lib/cli', dirname(PINNED), 'path']) await mkdir(join(root, folder), { recursive: true });
  for (const name of ['parley', 'runtime']) await copyFile(join(dirname(LAUNCHER), name), join(root, 'bin', name));
  await writeFile(join(root, 'lib/cli/main.ts'), SAY_ALL);
  return { root, launcher: join(root, 'bin/parley'), pinned: join(root, PINNED), onPath: join(root, 'path/node') };
}

const SAY_ALL = `const said: object = { args: process.argv.slice(2), cache: process.env.NODE_COMPILE_CACHE };
process.stdout.write(JSON.stringify(said));
process.exitCode = 7;`;

async function program(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o755);
}

type Ran = { readonly status: number | string | null | undefined; readonly out: string; readonly err: string };

const run = ({ root, launcher }: Place, ...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { PATH: `${join(root, 'path')}:/usr/bin:/bin` };
    execFile(launcher, args, { env, cwd: '/' }, (error, out, err) => resolve({ status: error ? error.code : 0, out, err }));
  });

const ARGS = ['post', 'field team', '--', "it's", ''];
const NOT_TO_BE_RUN = '#!/bin/sh\necho "PATH was asked" >&2\nexit 1\n';

test('launcher: the pinned Node.js runs the program with its arguments and exit status, and caches compiled code', async (t) => {
  const at = await place(t);
  await symlink(process.execPath, at.pinned);
  await program(at.onPath, NOT_TO_BE_RUN);
  const { status, out, err } = await run(at, ...ARGS);
  t.deepEqual([status, err], [7, '']);
  t.deepEqual(JSON.parse(out), { args: ARGS, cache: join(at.root, 'node_modules/.cache/parley') });
});

test('launcher: starts Node.js only once if the pinned one is installed', async (t) => {
  const at = await place(t);
  await program(at.pinned, `#!/bin/sh\necho started\n`);
  t.deepEqual(await run(at), { status: 0, out: 'started\n', err: '' });
});

test('launcher: finds its folder through a symbolic link', async (t) => {
  const at = await place(t);
  await symlink(process.execPath, at.pinned);
  await symlink(at.launcher, join(at.root, 'path/chat'));
  t.is((await run({ ...at, launcher: join(at.root, 'path/chat') })).status, 7);
});

test('launcher: without the pinned Node.js, one on PATH that runs TypeScript is used', async (t) => {
  const at = await place(t);
  await symlink(process.execPath, at.onPath);
  const { status, out } = await run(at, ...ARGS);
  t.is(status, 7);
  t.deepEqual(JSON.parse(out).args, ARGS);
});

for (const [title, answer] of [
  ['does not', 'echo'],
  ['is too old to be asked', 'exit 1'],
])
  test(`one on PATH that ${title} is refused with what to do`, async (t) => {
    const at = await place(t);
    await program(at.onPath, `#!/bin/sh\n${answer}\n`);
    const { status, out, err } = await run(at);
    t.deepEqual([status, out], [69, '']);
    t.regex(err, /^parley needs Node\.js 24 or newer: run 'npm ci' in \/\S+parley-launcher-\w+, which installs one\n$/);
  });

test('launcher: Node.js 22 on PATH is refused, although it runs TypeScript', async (t) => {
  const at = await place(t);
  const preload = join(at.root, 'older.cjs');
  await writeFile(preload, "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.18.0' } });");
  await program(at.onPath, `#!/bin/sh\nexec ${process.execPath} --require ${preload} "$@"\n`);
  const { status, err } = await run(at);
  t.is(status, 69);
  t.regex(err, /^parley needs Node\.js 24 or newer/);
});

test('launcher: a pinned Node.js that this machine cannot run is named with what is needed', async (t) => {
  const at = await place(t);
  await program(at.pinned, '#!/no/such/loader\n');
  const { status, err } = await run(at);
  t.true(status === 69 || status === 126 || status === 127, String(status)); // some shells end at once
  t.regex(err, /node_modules\/node-\w+-\w+\/bin\/node/);
});
