import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { packTar } from 'modern-tar';
import { mentionOf } from '../../lib/import/source.ts';
import { folderFor } from '../helpers/folder.ts';
import { readAll, sample } from './places.ts';

test('Zulip: a tar.gz file and its unpacked folder are the same', async (t) => {
  const files = readdirSync(sample('zulip'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const entries = files.map((one) => {
    const path = join(one.parentPath, one.name);
    const body = readFileSync(path);
    return {
      header: { name: `zulip-export-bakery/${path.slice(sample('zulip').length + 1)}`, size: body.length, type: 'file' as const },
      body,
    };
  });
  const packed = join(await folderFor(t), 'export.tar.gz');
  await writeFile(packed, gzipSync(await packTar(entries)));
  const withoutPaths = ({ messages, ...rest }: Awaited<ReturnType<typeof readAll>>) => ({
    ...rest,
    messages: messages.map((message) => ({ ...message, files: message.files?.map(({ name }) => name) })),
  });
  const folder = await readAll(sample('zulip'));
  t.is(folder.format, 'zulip');
  t.deepEqual(withoutPaths(await readAll(packed)), withoutPaths(folder));
});

test('Zulip: people, streams with those subscribed to them, and direct messages of two and more people', async (t) => {
  const { people, channels } = await readAll(sample('zulip'));
  t.deepEqual(
    people.map(({ id, name, login, bot }) => [id, name, login, bot]),
    [
      ['10', 'Lena Fischer', 'lena', false],
      ['11', 'Omar Haddad', 'omar', false],
      ['12', 'Gone Away', 'gone', false],
      ['5', 'welcome-bot', 'welcome-bot', true],
    ],
  );
  t.deepEqual(
    channels.map(({ id, name, kind, members }) => [id, name, kind, members]),
    [
      ['stream:1', 'kitchen', 'open', ['10', '11']],
      ['stream:2', 'money', 'closed', ['11']],
      ['direct:10,11', 'Lena Fischer, Omar Haddad', 'direct', ['10', '11']],
      ['direct:10,11,12', 'Lena Fischer, Omar Haddad, Gone Away', 'direct', ['10', '11', '12']],
    ],
  );
});

test('Zulip: messages have their topic where it changes, mentions, quotations, every earlier text, reactions and files', async (t) => {
  const { messages, contents } = await readAll(sample('zulip'));
  const [loaf, good, welcome, , answer] = messages;
  t.like(loaf, {
    ...{ at: 1704300000250, text: '**rye**\nThe new lof', mentions: ['11'] },
    edits: [
      {
        at: 1704300060000,
        text: `**rye**\nThe new loaf, ${mentionOf('11')} and ${mentionOf('10')}, see #money > prices:`,
        format: 'markdown',
      },
    ],
    reactions: [
      { emoji: '🎉', by: '11' },
      { emoji: ':croissant_part:', by: '10' },
    ],
  });
  t.is(good?.text, `${mentionOf('10')} [said](https://bakery.example/#narrow/near/100):\n> The new loaf\nLooks good`);
  t.is(welcome?.text, '**welcome**\nWelcome!');
  t.is(answer?.channel, 'direct:10,11');
  t.deepEqual(contents, { 'loaf.txt': '800 g\n' });
});
