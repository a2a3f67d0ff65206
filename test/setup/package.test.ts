import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { Running } from '../cli/cli.ts';
import { onlyInLongRun } from '../helpers/long-run.ts';
import { signUpAt } from '../helpers/server.ts';
import { present, program } from '../helpers/services.ts';

const run = promisify(execFile);
const npm = program('npm');

onlyInLongRun(test, npm)(
  'the npm package installs in a clean folder, starts, serves pages and files, and keeps its data out of node_modules',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-package-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const npmIn = (cwd: string, ...args: string[]) => run(present(npm).path, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
    const packed = await npmIn('.', 'pack', '--json', '--pack-destination', folder);
    const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('['))) as [
      { filename: string; files: { path: string }[] },
    ];
    t.false(existsSync('dist'), 'nothing is left in the checkout');
    for (const { path } of files)
      t.regex(path, /^(bin\/(parley|runtime)|dist\/|docs\/[\w-]+\.md$|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/);
    t.false(files.some(({ path }) => path.endsWith('.ts')));

    await npmIn(folder, 'init', '-y');
    await npmIn(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`);
    const env = { PORT: '0', LOG_LEVEL: 'silent' };
    const launcher = join(folder, 'node_modules', '.bin', 'parley');
    const { stdout } = await npmIn(folder, 'exec', '--offline', '--', 'parley', '--version');
    t.is(stdout.trim(), JSON.parse(readFileSync('package.json', 'utf8')).version);

    const server = new Running(env, ['serve'], launcher, folder);
    t.teardown(() => server.child.kill('SIGKILL'));
    const url = await server.listening();
    const ann = await signUpAt(url, 'Ann');
    const page = await ann.get('/groups/lobby');
    t.is(page.status, 200);
    for (const [, path = ''] of page.text.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g))
      t.is((await ann.get(path, '*/*')).status, 200, path);
    const form = new FormData();
    form.append('attachment', new File([PIXEL], 'dot.png', { type: 'image/png' }));
    const posted = await ann.send('/groups/lobby/messages', { method: 'POST', body: form, headers: { Accept: 'application/json' } });
    t.is(posted.status, 201, posted.text);
    t.truthy(posted.json<{ attachments: { thumb_url: string | null }[] }>().attachments[0]?.thumb_url, 'the thumbnail process runs');
    t.is((await server.ended('SIGTERM')).status, 0);
    t.true((await readdir(join(folder, 'parley-data'))).includes('parley.db'));
  },
);

/** A PNG of one pixel. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
