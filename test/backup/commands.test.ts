import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { done, parley, refused } from '../cli/cli.ts';
import { textDraft } from '../helpers/core-fixture.ts';
import { groupAt, openLobby, userNamed } from '../helpers/fixtures.ts';
import { folderOf } from './data.ts';

const SIZES = ['users', 'groups', 'entries', 'files', 'bytes', 'seconds'];

test('backup, verify and restore beside a running server; the restored server has accounts, sessions, messages and files', async (t) => {
  const { core } = await openLobby(t);
  const [lobby, ann] = [await groupAt(core, 'lobby'), await userNamed(core, 'ann')];
  const post = (body: string) => core.appender.append(lobby.id, textDraft(ann.id, body));
  const folder = await folderOf(t);
  const settings = { DATA_DIR: core.config.dataDir };
  await post('before the backup');
  const file = join(folder, 'monday.tar');
  const made = done(t, await parley(settings, ['backup', file, '--json']), 'file', 'id', 'base', ...SIZES, 'damaged');
  t.like(made, { file, base: null, damaged: [] });
  t.is((await stat(file)).mode & 0o777, 0o600);
  refused(t, await parley(settings, ['backup', file, '--json']), /exists/);

  await post('before the second');
  const second = done(t, await parley(settings, ['backup', folder, '--since', file, '--json']), 'file', 'id', 'base', ...SIZES, 'damaged');
  t.is(second.base, made.id);
  t.is(second.entries, 1);
  t.deepEqual((await readdir(folder)).length, 2);

  const verified = (await parley(settings, ['verify', file, String(second.file), '--json'])).rows();
  t.deepEqual(
    verified.map(({ ok, id }) => ({ ok, id })),
    [made, second].map(({ id }) => ({ ok: true, id })),
  );
  refused(t, await parley(settings, ['restore', file, '--json']), /Another Parley server is using/);

  const elsewhere = { DATA_DIR: await folderOf(t) };
  const restored = await parley(elsewhere, ['restore', file, String(second.file), '--json']);
  const entries = Number(made.entries) + 1;
  t.like(done(t, restored, 'id', 'createdAt', 'store', ...SIZES), { id: second.id, store: 'sqlite', entries });
  const tail = await parley(elsewhere, ['tail', 'lobby', '--json']);
  t.deepEqual(
    tail.rows().flatMap(({ kind, body }) => (kind === 'message' ? [body] : [])),
    ['before the backup', 'before the second'],
  );
  refused(t, await parley(elsewhere, ['restore', file, '--json']), /in use/);
});

test('verify says what is wrong with a file, and exits with 1', async (t) => {
  const settings = { DATA_DIR: await folderOf(t) };
  refused(t, await parley(settings, ['verify', new URL(import.meta.url).pathname, '--json']), /is not a backup of Parley/);
  refused(t, await parley(settings, ['verify', join(settings.DATA_DIR, 'none.tar'), '--json']), /no such file/);
  refused(t, await parley(settings, ['backup', join(settings.DATA_DIR, 'new.tar'), '--json']), /There is no chat in/);
  t.deepEqual(await readdir(settings.DATA_DIR), []);
});
