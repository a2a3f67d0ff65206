import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { freshSettings, LAUNCHER, Running } from '../cli/cli.ts';

const WARNING = /^\{"level":40,.*"msg":"thumbnails cannot be created: images are shown as plain files"\}$/gm;

/** The launcher of a copy of the program without the platform package of sharp, as after `npm ci --omit=optional`. */
function withoutPlatformPackage(t: ExecutionContext): string {
  const root = mkdtempSync(join(tmpdir(), 'parley-bare-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const modules = join(root, 'node_modules');
  mkdirSync(join(modules, '@img'), { recursive: true });
  for (const name of ['bin', 'lib', 'fixtures', 'package.json']) cpSync(name, join(root, name), { recursive: true });
  for (const name of ['templates', 'static', 'docs']) symlinkSync(resolve(name), join(root, name));
  for (const name of readdirSync('node_modules')) {
    if (name === 'sharp')
      cpSync('node_modules/sharp', join(modules, name), { recursive: true }); // sharp resolves its package from here
    else if (name !== '@img' && name !== '.cache') symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  symlinkSync(resolve('node_modules/@img/colour'), join(modules, '@img/colour'));
  return join(root, 'bin/parley');
}

const doctor = async (settings: Record<string, string>, launcher: string) => {
  const ran = await new Running({ ...settings, PORT: '1' }, ['doctor', '--json'], launcher).ended();
  return { status: ran.status, thumbnails: ran.rows().find(({ check }) => check === 'pictures') };
};

test('without thumbnails, the start logs one warning and doctor says how to fix it', async (t) => {
  const [launcher, settings] = [withoutPlatformPackage(t), await freshSettings(t)];
  const server = new Running({ ...settings, PORT: '0', LOG_LEVEL: 'info' }, ['serve'], launcher);
  await server.until((out) => out.includes('thumbnails cannot be created'));
  const { out, status } = await server.ended('SIGTERM');
  t.is(status, 0);
  t.is(out.match(WARNING)?.length, 1, out);
  const { status: found, thumbnails } = await doctor(settings, launcher);
  t.is(found, 0);
  t.regex(String(thumbnails?.mend), /npm ci --omit=dev/);
});

test('with thumbnails, doctor reports that they can be created', async (t) => {
  const { thumbnails } = await doctor(await freshSettings(t), LAUNCHER);
  t.like(thumbnails, { ok: true, detail: 'thumbnails can be created' });
  t.is(thumbnails?.mend, undefined);
});
