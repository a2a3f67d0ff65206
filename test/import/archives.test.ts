import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { packTar } from 'modern-tar';
import { openFolder } from '../../lib/import/archive/folder.ts';
import { openTar } from '../../lib/import/archive/tar.ts';
import { openZip } from '../../lib/import/archive/zip.ts';
import { openSource } from '../../lib/import/open.ts';
import { folderFor } from '../helpers/folder.ts';
import { zipOf } from './places.ts';

async function fileWith(t: ExecutionContext, content: Uint8Array): Promise<string> {
  const path = join(await folderFor(t), 'archive');
  await writeFile(path, content);
  return path;
}

const text = (content: string): Buffer => Buffer.from(content);

for (const name of ['../outside.json', 'a/../../outside.json', '/etc/outside.json', 'C:\\outside.json', '..\\outside.json'])
  test(`zip: a path that leaves the archive is refused: ${name}`, async (t) => {
    await t.throwsAsync(async () => openZip(await fileWith(t, zipOf([{ name, content: text('{}') }]))), {
      name: 'DomainError',
      message: /path/,
    });
  });

test('zip: content is unpacked, and a folder is no file', async (t) => {
  const path = await fileWith(
    t,
    zipOf([
      { name: 'a/', content: text('') },
      { name: 'a/b.json', content: text('{"c":1}') },
    ]),
  );
  const archive = await openZip(path);
  t.teardown(archive.close);
  t.deepEqual([...archive.files.values()], [{ path: 'a/b.json', bytes: 7 }]);
  const pieces = await Array.fromAsync((await archive.read('a/b.json')) ?? []);
  t.is(Buffer.concat(pieces).toString(), '{"c":1}');
  const part = await Array.fromAsync((await archive.read('a/b.json', { from: 2, to: 4 })) ?? []);
  t.is(Buffer.concat(part).toString(), 'c":');
  t.is(await archive.read('a/none.json'), undefined);
});

test('zip: an archive that would unpack to far more than its size is refused', async (t) => {
  const path = await fileWith(t, zipOf([{ name: 'bomb.json', content: Buffer.alloc(300 * 1024 * 1024) }]));
  await t.throwsAsync(openZip(path), { name: 'DomainError', message: /would unpack to more than/ });
});

test('zip: content that is longer than its entry says is refused', async (t) => {
  const path = await fileWith(t, zipOf([{ name: 'lie.json', content: text('x'.repeat(5000)), claims: 10 }]));
  const archive = await openZip(path);
  t.teardown(archive.close);
  await t.throwsAsync(async () => Array.fromAsync((await archive.read('lie.json')) ?? []), { message: /too many bytes/ });
});

test('zip: a file that is cut off is refused', async (t) => {
  const whole = zipOf([{ name: 'a.json', content: text('{}') }]);
  await t.throwsAsync(async () => openZip(await fileWith(t, whole.subarray(0, whole.length - 10))), {
    name: 'DomainError',
    message: /not a zip file/,
  });
});

for (const name of ['../outside.json', '/etc/outside.json'])
  test(`tar: a path that leaves the archive is refused: ${name}`, async (t) => {
    const tar = await packTar([{ header: { name, size: 2, type: 'file' }, body: '{}' }]);
    await t.throwsAsync(async () => openTar(await fileWith(t, gzipSync(tar)), true), {
      name: 'DomainError',
      message: /path that leaves it/,
    });
  });

test.serial(
  'tar: links are left out, files are unpacked and read in whole and in part, and the temporary folder stays empty',
  async (t) => {
    const long = 'x'.repeat(200_000);
    const tar = await packTar([
      { header: { name: 'link', size: 0, type: 'symlink', linkname: '/etc/passwd' } },
      { header: { name: 'a.json', size: 7, type: 'file' }, body: '{"c":1}' },
      { header: { name: './in/long.txt', size: long.length, type: 'file' }, body: long },
      { header: { name: 'empty.txt', size: 0, type: 'file' }, body: '' },
    ]);
    for (const [content, isGzip] of [
      [gzipSync(tar), true],
      [tar, false],
    ] as const) {
      const path = await fileWith(t, content);
      const before = await temporaryNames();
      const archive = await openTar(path, isGzip);
      t.deepEqual(await temporaryNames(), before);
      t.deepEqual(
        [...archive.files.values()].map(({ path, bytes }) => [path, bytes]),
        [
          ['a.json', 7],
          ['in/long.txt', long.length],
          ['empty.txt', 0],
        ],
      );
      const read = async (name: string, range?: { from: number; to: number }) =>
        Buffer.concat(await Array.fromAsync((await archive.read(name, range)) ?? [])).toString();
      t.is(await read('a.json'), '{"c":1}');
      t.is(await read('a.json', { from: 2, to: 4 }), 'c":');
      t.true((await read('in/long.txt')) === long);
      t.is(await read('in/long.txt', { from: 199_990, to: 300_000 }), 'x'.repeat(10));
      t.is(await read('empty.txt'), '');
      t.is(await archive.read('none.json'), undefined);
      await archive.close();
    }
  },
);

const temporaryNames = async (): Promise<string[]> => (await readdir(tmpdir())).filter((name) => name.startsWith('parley-import-'));

test('folder: symbolic links are not followed', async (t) => {
  const folder = await folderFor(t);
  await mkdir(join(folder, 'in'));
  await writeFile(join(folder, 'in/a.json'), '{}');
  await symlink('/etc', join(folder, 'in/etc'));
  await symlink('/etc/passwd', join(folder, 'in/passwd'));
  t.deepEqual([...(await openFolder(join(folder, 'in'))).files.keys()], ['a.json']);
});

test('a source that is nothing known is refused with its path', async (t) => {
  const folder = await folderFor(t);
  await writeFile(join(folder, 'letter.txt'), 'Dear all,\n');
  for (const path of [folder, join(folder, 'letter.txt')])
    await t.throwsAsync(openSource(path, { timeZone: 'UTC' }), { name: 'DomainError', message: /is not an export that is understood/ });
  await t.throwsAsync(openSource(join(folder, 'none'), { timeZone: 'UTC' }), { code: 'ENOENT' });
});
