import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { readConfig } from '../../lib/config.ts';
import { present, program, requireOrSkip } from '../helpers/services.ts';

const run = promisify(execFile);
const analyze = program('systemd-analyze');
const onSystemd = requireOrSkip(test, analyze);

/** The unit with the program of this checkout and without its user, who need not exist here. */
async function adapted(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-unit-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const unit = await readFile('deploy/parley.service', 'utf8');
  const file = join(folder, 'parley.service');
  await writeFile(file, unit.replaceAll('/opt/parley', resolve('.')));
  return file;
}

onSystemd('systemd: the unit is valid', async (t) => {
  const { stderr } = await run(present(analyze).path, ['verify', '--man=no', '--recursive-errors=no', await adapted(t)]);
  t.is(stderr, '');
});

onSystemd('systemd: the exposure of the unit is low', async (t) => {
  const args = ['security', '--offline=true', '--threshold=20', '--no-pager', await adapted(t)];
  const { stdout } = await run(present(analyze).path, args);
  t.regex(stdout, /Overall exposure level .*: (0|1)\.\d OK/);
});

test('systemd: the settings of the unit are valid', async (t) => {
  const unit = await readFile('deploy/parley.service', 'utf8');
  const [, settings = ''] = /^Environment=(.*)$/m.exec(unit) ?? [];
  const config = readConfig(Object.fromEntries(settings.split(' ').map((one) => one.split('=', 2))));
  t.like(config, { listen: '/run/parley/parley.sock', dataDir: '/var/lib/parley', trustProxy: true });
});
