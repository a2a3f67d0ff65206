import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

type Packages = Record<string, { version: string; integrity: string; dev?: boolean; optional?: boolean }>;

const thisNode = `node_modules/node-${process.platform}-${process.arch}`;
const wanted: Packages = {
  '': { version: '1.0.0', integrity: '' },
  'node_modules/koa': { version: '3.0.0', integrity: 'sha512-koa' },
  'node_modules/ava': { version: '8.0.1', integrity: 'sha512-ava', dev: true },
  'node_modules/for-others': { version: '1.0.0', integrity: 'sha512-others', optional: true },
  [thisNode]: { version: '24.0.0', integrity: 'sha512-node', optional: true },
};
const installed: Packages = Object.fromEntries(
  Object.entries(wanted).filter(([folder]) => folder !== '' && !folder.endsWith('for-others')),
);

const without = (packages: Packages, folder: string): Packages =>
  Object.fromEntries(Object.entries(packages).filter(([key]) => key !== folder));

/** A folder with bin/setup.js, a lockfile and installed packages. Its `npm` only prints its arguments. */
function project(t: ExecutionContext, lock: Packages, found: Packages | undefined): string {
  const root = mkdtempSync(join(tmpdir(), 'parley-setup-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  cpSync('bin/setup.js', join(root, 'bin/setup.js'));
  writeFileSync(join(root, 'package.json'), '{"type": "module"}');
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: lock }));
  for (const folder of Object.keys(found ?? {})) mkdirSync(join(root, folder), { recursive: true });
  if (found) writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: found }));
  mkdirSync(join(root, 'programs'));
  writeFileSync(join(root, 'programs/npm'), '#!/bin/sh\necho "npm $*" > called\n');
  chmodSync(join(root, 'programs/npm'), 0o755);
  return root;
}

/** Runs bin/setup.js; `called`: the arguments of npm. */
function setup(root: string, ...args: string[]) {
  const env = { PATH: `${join(root, 'programs')}:/usr/bin:/bin` };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/setup.js'), ...args], { env, encoding: 'utf8' });
  const called = join(root, 'called');
  return { status, said: stdout + stderr, called: existsSync(called) ? readFileSync(called, 'utf8').trim() : undefined };
}

test('setup: does and prints nothing if everything is installed', (t) => {
  const root = project(t, wanted, installed);
  t.deepEqual(setup(root), { status: 0, said: '', called: undefined });
  t.deepEqual(setup(root, '--check'), { status: 0, said: '', called: undefined });
});

const due: Record<string, [Packages | undefined, RegExp]> = {
  'nothing is installed': [undefined, /nothing is installed yet/],
  'a package is missing': [without(installed, 'node_modules/koa'), /koa is missing/],
  'a package has another version': [
    { ...installed, 'node_modules/koa': { version: '2.9.0', integrity: 'sha512-koa' } },
    /koa is not at 3\.0\.0/,
  ],
  'a package has other content': [
    { ...installed, 'node_modules/koa': { version: '3.0.0', integrity: 'sha512-x' } },
    /koa is not at 3\.0\.0/,
  ],
  'the pinned Node is an older one': [
    { ...installed, [thisNode]: { version: '23.0.0', integrity: 'sha512-x' } },
    /node-.* is not at 24\.0\.0/,
  ],
};
for (const [what, [found, reason]] of Object.entries(due))
  test(`setup: installs if ${what}`, (t) => {
    const root = project(t, wanted, found);
    const check = setup(root, '--check');
    t.is(check.status, 1);
    t.regex(check.said, reason);
    t.is(check.called, undefined, '--check installs nothing');
    const real = setup(root);
    t.is(real.status, 0);
    t.regex(real.said, reason);
    t.is(real.called, 'npm ci --loglevel=error --include=dev');
  });

test('setup: a removed package folder is detected, whatever the list of installed packages says', (t) => {
  const root = project(t, wanted, installed);
  rmSync(join(root, 'node_modules/koa'), { recursive: true });
  t.regex(setup(root, '--check').said, /koa is missing/);
});

test('setup: development packages may be missing for a start, not for a test', (t) => {
  const root = project(t, wanted, without(installed, 'node_modules/ava'));
  t.is(setup(root, '--check', '--omit=dev').status, 0);
  t.is(setup(root, '--check').status, 1);
});

test('setup: a start installs no development packages and keeps installed ones', (t) => {
  const called = (found: Packages | undefined, ...args: string[]) => setup(project(t, wanted, found), ...args).called;
  t.is(called(undefined, '--omit=dev'), 'npm ci --loglevel=error --omit=dev');
  t.is(called(without(installed, 'node_modules/koa'), '--omit=dev'), 'npm ci --loglevel=error --include=dev');
  t.is(called(undefined), 'npm ci --loglevel=error --include=dev');
});

test('setup: packages for other platforms may be missing, and the pinned Node.js if the current one is new enough', (t) => {
  t.is(setup(project(t, wanted, installed), '--check').status, 0);
  t.is(setup(project(t, wanted, without(installed, thisNode)), '--check').status, 0);
  t.is(setup(project(t, without(wanted, thisNode), without(installed, thisNode)), '--check').status, 0);
});

test('setup: a damaged lockfile is named', (t) => {
  const root = project(t, wanted, installed);
  writeFileSync(join(root, 'package-lock.json'), '<<<<<<<');
  const { status, said } = setup(root);
  t.is(status, 69);
  t.regex(said, /package-lock\.json is missing or damaged/);
});

test('setup: this project is installed according to its lockfile', (t) => {
  const { status, stderr } = spawnSync(process.execPath, ['bin/setup.js', '--check'], { encoding: 'utf8' });
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});
