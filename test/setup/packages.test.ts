import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { program, requireOrSkip } from '../helpers/services.ts';

type Entry = { readonly version: string; readonly dev?: boolean; readonly integrity?: string };
type Lock = { readonly packages: Record<string, Entry & { resolved?: string }> };
type Bom = {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly hashes?: readonly object[];
  }[];
};

const run = promisify(execFile);
const npm = program('npm');
const lock = (): Lock => JSON.parse(readFileSync('package-lock.json', 'utf8'));
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);

requireOrSkip(test, npm)(
  'npm run sbom prints CycloneDX with every package that runs in production, by version and hash, and no other',
  async (t) => {
    const { stdout } = await run(process.execPath, ['bin/sbom.ts'], { maxBuffer: 64 * 1024 * 1024 });
    const bom: Bom = JSON.parse(stdout);
    t.deepEqual([bom.bomFormat, bom.specVersion], ['CycloneDX', '1.5']);
    t.like(bom.metadata.component, { name: 'parley', version: manifest.version });
    t.is(manifest.scripts.sbom, 'exec bin/runtime bin/sbom.ts');
    const listed = new Set(bom.components.map(({ name, version }) => `${name}@${version}`));
    const entries = Object.entries(lock().packages).filter(([folder]) => folder !== '');
    const isDev = ([, { dev }]: [string, Entry]): boolean => dev === true;
    for (const [folder, { version }] of entries.filter((one) => !isDev(one))) t.true(listed.has(`${nameOf(folder)}@${version}`), folder);
    for (const name of Object.keys(manifest.dependencies))
      t.true(
        [...listed].some((one) => one.startsWith(`${name}@`)),
        name,
      );
    const production = new Set(entries.filter((one) => !isDev(one)).map(([folder, { version }]) => `${nameOf(folder)}@${version}`));
    t.deepEqual(
      [...listed].filter((one) => !production.has(one)),
      [],
    );
    t.true(bom.components.every(({ hashes }) => (hashes ?? []).length > 0));
  },
);

/** Runs bin/lockfile.ts over a lockfile. */
async function checkLock(
  t: ExecutionContext,
  change: (packages: Lock['packages']) => void,
): Promise<{ readonly isGood: boolean; readonly said: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-lock-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const changed = lock();
  change(changed.packages);
  writeFileSync(join(dir, 'lock.json'), JSON.stringify(changed));
  return run(process.execPath, ['bin/lockfile.ts', join(dir, 'lock.json')]).then(
    ({ stdout }) => ({ isGood: true, said: stdout }),
    ({ stderr }: { stderr: string }) => ({ isGood: false, said: stderr }),
  );
}

test('package-lock.json fixes the content of every package; one without a hash, or from elsewhere, is named', async (t) => {
  t.regex((await checkLock(t, () => {})).said, /^package-lock.json: \d+ packages, each with its version and SHA-512\.$/m);
  const koa = 'node_modules/koa';
  const without = await checkLock(t, (packages) => {
    packages[koa] = { version: '3.3.0' };
  });
  t.deepEqual(without, { isGood: false, said: 'node_modules/koa has no SHA-512\n' });
  const elsewhere = await checkLock(t, (packages) => {
    packages[koa] = { version: '3.3.0', ...packages[koa], resolved: 'git+ssh://git@example.org/koa.git' };
  });
  t.deepEqual(elsewhere, { isGood: false, said: 'node_modules/koa is not from the registry\n' });
});

test('the checks of CI include the packages', (t) => {
  t.regex(readFileSync('.ci/run', 'utf8'), /^check 'packages' \.ci\/packages$/m);
});
