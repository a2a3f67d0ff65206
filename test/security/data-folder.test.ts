import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { parley } from '../cli/cli.ts';

/** A folder that was there before, which everybody may read. */
async function openFolder(t: ExecutionContext, parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'parley-modes-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  return folder;
}

/** Opens the store in a folder as a server does, and prints the warnings, and the modes while it is open, when `-wal` and `-shm` are there. */
const START = `
  const [{ readConfig }, { openCore }, { readdirSync, statSync }] = await Promise.all(
    ['./lib/config.ts', './lib/open-core.ts', 'node:fs'].map((name) => import(name)));
  const warnings = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (fields) => warnings.push(fields) };
  const [dataDir] = process.argv.slice(1);
  const core = await openCore(readConfig({ DATA_DIR: dataDir }), { role: 'server', logger });
  await core.store.settings.put('a', 'b');
  const names = ['.', ...readdirSync(dataDir, { recursive: true })];
  const modes = names.map((name) => [name, (statSync(dataDir + '/' + name).mode & 0o777).toString(8)]);
  console.log(JSON.stringify({ warnings, modes: Object.fromEntries(modes) }));
  await core.close();`;

type Started = { readonly warnings: object[]; readonly modes: Readonly<Record<string, string>> };

const run = promisify(execFile);
const NODE = [process.execPath, '--input-type=module', '-e'];

/** In a process of its own, since threads share the umask. */
async function start(dataDir: string, umask = '022'): Promise<Started> {
  const { stdout } = await run('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...NODE, START, dataDir]);
  return JSON.parse(stdout);
}

const PRIVATE = {
  '.': '700',
  'parley.db': '600',
  'parley.db-shm': '600',
  'parley.db-wal': '600',
  'server.lock': '600',
  'server.lock-journal': '600',
};

test('a data folder that everybody may read is made private, with all in it, and the log says so once', async (t) => {
  const folder = await openFolder(t);
  const first = await start(folder, '000');
  t.like(first.warnings, { 0: { path: folder, mode: '755' }, length: 1 });
  t.deepEqual(first.modes, PRIVATE);
  t.deepEqual((await start(folder, '000')).warnings, [], 'nothing is left to say');
  await mkdir(join(folder, 'files/ab'), { recursive: true });
  for (const file of ['files/ab/abc', 'other.txt']) await writeFile(join(folder, file), 'x');
  for (const one of ['files', 'files/ab']) await chmod(join(folder, one), 0o755);
  for (const one of ['files/ab/abc', 'other.txt', 'parley.db']) await chmod(join(folder, one), 0o644);
  const again = await start(folder);
  t.like(again.warnings, { 0: { path: join(folder, 'files'), mode: '755', others: 3 }, length: 1 });
  const rest = { files: '700', 'files/ab': '700', 'files/ab/abc': '600', 'other.txt': '644' };
  t.deepEqual(again.modes, { ...PRIVATE, ...rest }, 'what is not of Parley stays as it is');
});

test('a folder that Parley makes is private, whatever the umask', async (t) => {
  const folder = join(await openFolder(t), 'new/data');
  t.deepEqual(await start(folder, '000'), { warnings: [], modes: PRIVATE });
});

/** As another user than the owner, which root can become. */
const AS_OTHER = `
  const { makePrivate } = await import('./lib/data-folder.ts');
  process.seteuid?.(65534);
  try { console.log(makePrivate(process.argv[1]).length); } catch (error) { console.log(error.message); }`;

test('a folder of another user that everybody may read is refused, one for a group is not', async (t) => {
  const isRoot = process.getuid?.() === 0;
  const folder = isRoot ? await openFolder(t, '/var/tmp') : '/';
  const asOther = async () => (await run(process.execPath, [...NODE.slice(1), AS_OTHER, folder])).stdout.trim();
  t.regex(
    await asOther(),
    /\(mode 755\) is accessible to all users of this machine, and this user may not change that\. Run 'chmod -R go-rwx/,
  );
  if (!isRoot) return;
  await chmod(folder, 0o770);
  t.is(await asOther(), '1', 'whoever owns it has chosen so');
});

test('doctor: a loose file in a private folder is a warning, and none after a start', async (t) => {
  const folder = await openFolder(t);
  await start(folder);
  await chmod(join(folder, 'parley.db'), 0o644);
  const settings = { DATA_DIR: folder, PORT: '1' };
  t.regex((await parley(settings, ['doctor'])).out, /^warn {2}data folder: .*parley\.db \(mode 644\).*\n {6}chmod -R go-rwx/m);
  await start(folder);
  t.regex((await parley(settings, ['doctor'])).out, /^ok {4}data folder: .* \(mode 700\)$/m);
});
