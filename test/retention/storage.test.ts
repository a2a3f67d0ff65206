import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { newFileId, systemRandom } from '../../lib/ids.ts';
import { parley } from '../cli/cli.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { startServerFor, type TestServer } from '../helpers/server.ts';
import { freshDatabase, present, requireOrSkip } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';

const mongo = await mongoForFile();
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

const open = (t: ExecutionContext, env: Record<string, string>): Promise<TestServer> =>
  startServerFor(t, { env: { POSTS_PER_SECOND: '0', ...env } });

function upload(client: Client, bytes: number, group = 'lobby'): Promise<Answer> {
  const form = new FormData();
  form.append('attachment', new File(['x'.repeat(bytes)], 'file.txt', { type: 'text/plain' }));
  return client.send(`/groups/${group}/messages`, { method: 'POST', body: form, headers: { Accept: 'application/json' } });
}

for (const [store, register, env] of STORES) {
  register(
    `${store}: a person's files, and all files, never take more than their quotas, also when several are uploaded at once`,
    async (t) => {
      const site = await open(t, { ...env(), MAX_FILES_BYTES_PER_USER: '1000', MAX_FILES_BYTES: '1500' });
      const ann = await site.signUp('Ann');
      const bob = await site.signUpInLobby('Bob');
      const first = await upload(ann, 600);
      t.is(first.status, 201);
      const refused = await upload(ann, 600);
      t.is(refused.status, 413);
      t.regex(refused.json<{ detail: string }>().detail, /Your files may take 1 KB together/);
      t.is((await upload(ann, 400)).status, 201);
      t.is((await upload(ann, 1)).status, 413);
      await Promise.all(Array.from({ length: 6 }, () => upload(bob, 300)));
      const { bytes } = await site.core.store.files.usage();
      t.true(bytes <= 1500, `${bytes} bytes`);
      t.regex((await upload(bob, 1000)).json<{ detail: string }>().detail, /files (of this site )?may take/);
      await ann.json('DELETE', `/groups/lobby/messages/${first.json<{ seq: number }>().seq}`);
      site.clock.turn(60_000);
      await site.server.sweep();
      t.is((await upload(ann, 300)).status, 201, 'there is room again');
    },
  );

  register(`${store}: encrypted content with a record is not taken for content without one`, async (t) => {
    const site = await open(t, { ...env(), ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}` });
    const ann = await site.signUp('Ann');
    const posted = (await upload(ann, 300)).json<{ attachments: { url: string }[] }>();
    t.deepEqual(await site.core.store.files.listOrphans(Date.now() + 3_600_000, 10), []);
    const lost = newFileId(systemRandom);
    await site.core.store.files.write(lost, 'whole', Readable.from([Buffer.from('left over')]));
    t.deepEqual(await site.core.store.files.listOrphans(Date.now() + 3_600_000, 10), [lost]);
    await site.core.store.files.remove(lost);
    t.deepEqual(await site.core.store.files.listOrphans(Date.now() + 3_600_000, 10), []);
    t.is((await ann.get(posted.attachments[0]?.url ?? '', '*/*')).text.length, 300);
  });

  register(`${store}: parley storage and the page have the same figures`, async (t) => {
    const settings = env();
    const site = await open(t, settings);
    const ann = await site.signUp('Ann');
    const bob = await site.signUpInLobby('Bob');
    await upload(ann, 700);
    await upload(bob, 100);
    const ran = await parley({ ...settings, DATA_DIR: site.core.config.dataDir }, ['storage', '--json']);
    t.is(ran.status, 0, ran.err);
    const [figures] = ran.rows();
    t.like(figures, { store, files: { files: 2, bytes: 800 }, messages: 2, groups: 1, direct: 0, held: 0 });
    t.true(Number(figures?.database) > 0);
    t.deepEqual(figures?.people, [
      { name: 'Ann', files: 1, bytes: 700 },
      { name: 'Bob', files: 1, bytes: 100 },
    ]);
    t.deepEqual(figures?.largest, [{ name: 'Lobby', files: 2, bytes: 800 }]);
    const page = (await ann.get('/admin/storage', 'application/json')).json<Record<string, unknown>>();
    for (const name of ['files', 'messages', 'entries', 'people', 'largest']) t.deepEqual(page[name], figures?.[name], name);
    t.regex((await ann.get('/admin/storage')).text, /2 files, 800 bytes/);
    t.regex((await parley({ ...settings, DATA_DIR: site.core.config.dataDir }, ['storage'])).out, /^files {6}2, 800 bytes$/m);
    t.is((await bob.get('/admin/storage')).status, 403);
  });
}

test('content without a record is removed when it is two days old, and other content is not', async (t) => {
  const site = await startServerFor(t, { retention: { everyMs: 0 } });
  const ann = await site.signUp('Ann');
  const posted = (await upload(ann, 50)).json<{ attachments: { url: string }[] }>();
  const folder = join(site.core.config.dataDir, 'files');
  const [old, young] = [newFileId(systemRandom), newFileId(systemRandom)];
  for (const id of [old, young]) {
    await mkdir(join(folder, id.slice(0, 2)), { recursive: true });
    await writeFile(join(folder, id.slice(0, 2), id), 'left over');
  }
  const at = (site.clock.now() - 3 * 86_400_000) / 1000;
  await utimes(join(folder, old.slice(0, 2), old), at, at);
  t.deepEqual(await site.core.store.files.listOrphans(site.clock.now() - 86_400_000, 10), [old]);
  await site.server.sweep();
  t.deepEqual(await site.core.store.files.listOrphans(Number.MAX_SAFE_INTEGER, 10), [young]);
  t.is((await ann.get(posted.attachments[0]?.url ?? '', '*/*')).status, 200);
});
