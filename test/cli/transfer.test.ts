import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { groupAt, openLobby, postAs, userNamed } from '../helpers/fixtures.ts';
import { folderFor } from '../helpers/folder.ts';
import { sample, zipOf, zipped } from '../import/places.ts';
import { done, parley, Running, refused, settledWorld } from './cli.ts';

const RESULT = ['format', 'people', 'groups', 'messages', 'edits', 'reactions', 'files', 'before', 'late', 'left_out', 'seconds'];

test('export writes pages, records and text; what exists is not overwritten; a group or a person is needed', async (t) => {
  const { core, ann } = await openLobby(t);
  await postAs(ann, 'good morning');
  const settings = { DATA_DIR: core.config.dataDir };
  const folder = await folderFor(t);
  for (const format of ['html', 'json', 'text']) {
    const out = join(folder, format);
    const row = done(
      t,
      await parley(settings, ['export', 'lobby', '--format', format, '-o', out, '--json']),
      'path',
      'format',
      'groups',
      'messages',
      'files',
      'missing',
      'seconds',
    );
    t.like(row, { path: out, format, groups: 1, messages: 1, files: 0, missing: [] });
    refused(t, await parley(settings, ['export', 'lobby', '--format', format, '-o', out, '--json']), /exists/);
  }
  t.deepEqual((await readdir(join(folder, 'html'))).sort(), ['index.html', 'lobby-0001.html', 'style.css']);
  t.regex(await readFile(join(folder, 'text'), 'utf8'), /Ann: good morning/);
  t.is((await stat(join(folder, 'text'))).mode & 0o777, 0o600);
  const piped = await parley(settings, ['export', '--user', 'ann', '--format', 'json', '-o', '-']);
  t.is(piped.status, 0, piped.err);
  t.deepEqual(
    piped.rows().map(({ type }) => type),
    ['export', 'person', 'group', 'message', 'end'],
  );
  for (const args of [
    ['--format', 'text'],
    ['lobby', '--user', 'ann', '--format', 'text'],
    ['lobby', '--format', 'html', '-o', '-'],
    ['lobby'],
  ])
    t.not((await parley(settings, ['export', ...args])).status, 0, args.join(' '));
});

test('import beside a running server: its pages and streams have the messages, and a repetition adds none', async (t) => {
  const { core, ann } = await openLobby(t);
  const settings = { DATA_DIR: core.config.dataDir };
  const zip = await zipped(t, 'slack');
  const planned = await parley(settings, ['import', zip, '--dry-run', '--json']);
  t.is(planned.status, 0, planned.err);
  t.deepEqual([...new Set(planned.rows().map(({ type }) => type))], ['person', 'group', 'left_out', 'summary']);
  t.like(planned.rows().at(-1), { format: 'slack', messages: 10, groups: 5 });
  t.is(await core.store.groups.bySlug('general'), undefined);

  t.like(done(t, await parley(settings, ['import', zip, '--json']), ...RESULT), { format: 'slack', messages: 10, before: 0, late: 0 });
  const general = await groupAt(core, 'general');
  const added = await ann.json('POST', '/groups/general/members', { action: 'add', name: 'Ann' });
  t.true(added.status < 300, added.text);
  const page = await ann.json('GET', '/groups/general/messages');
  t.is(page.json<object[]>().length, 6);
  const posted = await postAs(ann, 'we have moved', 'general');
  t.is(posted.seq, (await core.store.log.head(general.id)).seq);
  t.like(done(t, await parley(settings, ['import', zip, '--json']), ...RESULT), { messages: 0, before: 10, late: 0 });
  t.is((await userNamed(core, 'lena')).passwordHash, null);
});

test('import in text: what was imported, what was left out, and how to log in', async (t) => {
  const { settings } = await settledWorld(t);
  const ran = await parley(settings, ['import', sample('slack'), '--no-direct']);
  t.is(ran.status, 0, ran.err);
  t.regex(ran.out, /^general: 6 messages in \/groups\/general$/m);
  t.regex(ran.out, /^left out 1 system messages \(channel_join\), such as "<@U0OMAR> has joined the channel"$/m);
  t.regex(ran.out, /^6 accounts were created without a password: parley user passwd NAME/m);
  const plan = await parley(settings, ['import', sample('slack'), '--dry-run', '--no-direct']);
  t.regex(plan.out, /continues \/groups\/general, 6 messages/);
  t.regex(plan.out, /Nothing was written/);
});

test('import: an unknown source, a wrong map or zone, and an empty installation are refused with the reason', async (t) => {
  const { settings } = await settledWorld(t);
  const folder = await folderFor(t);
  const [odd, map] = [join(folder, 'odd.zip'), join(folder, 'map.json')];
  await writeFile(odd, zipOf([{ name: 'a.txt', content: Buffer.from('a') }]));
  await writeFile(map, '["Ann"]');
  refused(t, await parley(settings, ['import', odd, '--json']), /is not an export that is understood/);
  refused(t, await parley(settings, ['import', join(folder, 'none'), '--json']), /no such file/);
  for (const args of [
    ['--map', map],
    ['--time-zone', 'Mars/Olympus'],
  ]) {
    const ran = await parley(settings, ['import', sample('slack'), ...args]);
    t.is(ran.status, 2, ran.err);
    t.regex(ran.err, new RegExp(`option '${args[0]} <`));
  }
  refused(t, await parley({ DATA_DIR: folder }, ['import', sample('slack'), '--json']), /There is no chat in/);
});

test('import: killed while it writes, the next run completes it without doubles', async (t) => {
  const { settings } = await settledWorld(t);
  const folder = await folderFor(t);
  const total = 30_000;
  const group = { type: 'group', id: 'long', kind: 'group', name: 'Long', topic: '', open: true, archived: false, members: [] };
  const lines = Array.from({ length: total }, (_, number) => ({
    ...{
      type: 'message',
      group: 'long',
      seq: number + 1,
      at: new Date(Date.UTC(2020, 0, 1) + number * 60_000).toISOString(),
      author: 'lena',
    },
    ...{
      body: `message ${number}`,
      format: 'text',
      reactions: number % 100 === 0 ? [{ emoji: '👍', by: [{ id: 'lena', at: '2020-01-02T00:00:00Z' }] }] : [],
    },
  }));
  const records = [
    { type: 'export', format: 'parley-export', version: 1 },
    { type: 'person', id: 'lena', name: 'Lena' },
    group,
    ...lines,
    { type: 'end' },
  ];
  const log = join(folder, 'export.jsonl');
  await writeFile(log, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const temporary = await folderFor(t);
  const running = new Running({ ...settings, TMPDIR: temporary }, ['import', log, '--json']);
  const count = async (): Promise<number> => {
    const list = await parley(settings, ['group', 'list', '--json']);
    return Number(list.rows().find(({ slug }) => slug === 'long')?.messages ?? 0);
  };
  while ((await count()) === 0) if (running.child.exitCode !== null) break;
  await running.ended('SIGKILL');
  t.deepEqual(await readdir(temporary), [], 'nothing that was read is left');
  const left = await count();
  const result = done(t, await parley(settings, ['import', log, '--json']), ...RESULT);
  t.is(Number(result.messages) + Number(result.before), total);
  t.is(result.before, left);
  t.is(await count(), total);
  const tail = await parley(settings, ['tail', 'long', '-n', '2', '--json']);
  t.deepEqual(
    tail.rows().flatMap(({ kind, body }) => (kind === 'message' ? [body] : [])),
    [`message ${total - 2}`, `message ${total - 1}`],
  );
});
