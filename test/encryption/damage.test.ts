import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { UNREADABLE } from '../../lib/encryption/entries.ts';
import { openCore } from '../../lib/open-core.ts';
import { parley } from '../cli/cli.ts';
import { download, posted } from '../files/fixtures.ts';
import { groupAt, openLobby, postAs } from '../helpers/fixtures.ts';
import { newKey } from './keys.ts';

const lastRow = (rows: Record<string, unknown>[]): Record<string, unknown> => rows[rows.length - 1] ?? {};

test('a message, a file and a topic that were changed or cut are reported with their place, and do not stop the page', async (t) => {
  const key = newKey('k1');
  const site = await openLobby(t, { env: { ENCRYPTION_KEYS: key } });
  const { core, ann } = site;
  const { raw } = core.encryption ?? { raw: core.store };
  const lobby = await groupAt(core, 'lobby');
  await postAs(ann, 'before');
  const { seq } = await postAs(ann, 'zebrafish');
  await postAs(ann, 'after');
  const { first } = await posted(ann, [{ name: 'notes.txt', content: 'a'.repeat(200_000) }], { body: 'with a file' });
  await ann.form('/groups/lobby/settings', { action: 'topic', topic: 'periwinkle' });

  await raw.rewrite.entries(lobby.id, seq, seq, (entry) =>
    'body' in entry ? ({ ...entry, body: entry.body?.slice(0, -8) } as never) : undefined,
  );
  await raw.groups.update(lobby.id, { topic: '\u0001k1:AAAA' });
  const folder = join(core.config.dataDir, 'files', first.id.slice(0, 2), `${first.id}.sealed`);
  const content = await readFile(folder);
  content[150_000] = (content[150_000] ?? 0) ^ 1;
  await writeFile(folder, content);

  const page = await ann.get('/groups/lobby');
  t.is(page.status, 200);
  for (const text of ['before', UNREADABLE, 'after', 'with a file', 'notes.txt']) t.true(page.text.includes(text), text);
  t.false(page.text.includes('zebrafish'));
  t.is((await ann.get(`/groups/lobby/messages/${seq}`, 'application/json')).json<{ body: string }>().body, UNREADABLE);
  t.is((await ann.get('/groups')).status, 200);
  t.is((await ann.get('/search?q=after ')).status, 200);
  await t.throwsAsync(download(ann, first.url), undefined, 'the download breaks off instead of giving wrong content');
  t.is((await download(ann, first.url, { Range: 'bytes=0-9' })).toString(), 'a'.repeat(10), 'what is intact is given');

  const settings = { DATA_DIR: core.config.dataDir, ENCRYPTION_KEYS: key };
  const status = await parley(settings, ['encrypt', 'status', '--json']);
  t.is(status.status, 1);
  const places = (lastRow(status.rows()).damaged as { place: string }[]).map(({ place }) => place);
  t.deepEqual(places.toSorted(), [`groups/${lobby.id}/topic`, `log/${lobby.id}/${seq}/message/body`]);

  const lines: object[] = [];
  const note = (fields: object) => void lines.push(fields);
  const logger = { debug() {}, info() {}, warn() {}, error: note };
  const other = await openCore(core.config, { role: 'visitor', logger });
  t.teardown(other.close);
  for (let times = 0; times < 3; times += 1) await other.store.log.message(lobby.id, seq);
  t.deepEqual(lines, [{ place: `log/${lobby.id}/${seq}/message/body`, reason: 'it was changed or cut' }]);

  const backup = await parley(settings, ['backup', join(core.config.dataDir, 'backup.tar'), '--json']);
  t.is(backup.status, 1);
  t.regex(backup.err, /uploaded files was damaged|texts could not be decrypted/);
});

test('a message whose snapshot was cut is folded from its edits', async (t) => {
  const site = await openLobby(t, { env: { ENCRYPTION_KEYS: newKey('k1'), POSTS_PER_SECOND: '0' } });
  const { core, ann } = site;
  const { raw } = core.encryption ?? { raw: core.store };
  const lobby = await groupAt(core, 'lobby');
  const { seq, url } = await postAs(ann, 'first');
  for (let k = 0; k < 40; k += 1) await ann.json('PATCH', url, { body: `edit ${k}` });
  t.is((await ann.get(url, 'application/json')).json<{ body: string }>().body, 'edit 39');
  let had = false;
  await raw.rewrite.entries(lobby.id, seq, seq, (entry) => {
    if (entry.kind !== 'message' || !entry.folded) return undefined;
    had = true;
    return { ...entry, folded: { upto: entry.folded.upto, sealed: '\u0001k1:AAAA' } as never };
  });
  t.true(had);
  t.is((await ann.get(url, 'application/json')).json<{ body: string }>().body, 'edit 39');
});
