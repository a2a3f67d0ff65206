import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join, relative } from 'node:path';
import test from 'ava';
import { storeFile } from '../../lib/files/operations.ts';
import { accessOf, openTestCore } from '../helpers/core-fixture.ts';

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('content');
}

test('files: before a file is acknowledged, its content and every folder with a new entry are synced, including the parent of `files`', async (t) => {
  const synced: string[] = [];
  const { open } = fs;
  fs.open = async (path, ...rest) => {
    const handle = await open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      synced.push(String(path));
    };
    return handle;
  };
  syncBuiltinESMExports();
  t.teardown(() => {
    fs.open = open;
    syncBuiltinESMExports();
  });
  const { core, bob, group, file } = await openTestCore(t);
  const dataDir = dirname(file);
  const { id } = await storeFile(core, await accessOf(core, bob, group), pieces(), { name: 'a.txt' });
  const folder = join('files', id.slice(0, 2));
  t.deepEqual(
    synced.map((path) => relative(dataDir, path)),
    [join(folder, `${id}.part`), folder, 'files', ''],
  );
});
