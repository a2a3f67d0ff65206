import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { BSON } from 'mongodb';
import { mentionOf } from '../../lib/import/source.ts';
import { folderFor } from '../helpers/folder.ts';
import { readAll, zipOf } from './places.ts';

const at = (minute: number): Date => new Date(Date.UTC(2024, 2, 1, 9, minute));
const lena = { _id: 'uLena', username: 'lena', name: 'Lena Fischer' };
const omar = { _id: 'uOmar', username: 'omar', name: 'Omar' };

/** Collections as Rocket.Chat keeps them. */
const COLLECTIONS: Readonly<Record<string, readonly object[]>> = {
  users: [
    { ...lena, type: 'user', emails: [{ address: 'lena@bakery.example', verified: true }], roles: ['admin'], createdAt: at(0) },
    { ...omar, type: 'user', emails: [{ address: 'omar@bakery.example' }], createdAt: at(0) },
    { _id: 'rocket.cat', username: 'rocket.cat', name: 'Rocket.Cat', type: 'bot', createdAt: at(0) },
  ],
  rocketchat_room: [
    { _id: 'GENERAL', t: 'c', name: 'general', topic: 'Bread', ts: at(0) },
    { _id: 'rMoney', t: 'p', name: 'money', fname: 'Money', archived: true, ts: at(0) },
    { _id: 'uLenauOmar', t: 'd', usernames: ['lena', 'omar'], uids: ['uLena', 'uOmar'], ts: at(0) },
  ],
  rocketchat_subscription: [
    { _id: 's1', rid: 'GENERAL', u: lena, roles: ['owner'] },
    { _id: 's2', rid: 'GENERAL', u: omar },
    { _id: 's3', rid: 'rMoney', u: omar },
  ],
  rocketchat_message: [
    { _id: 'm0', rid: 'GENERAL', t: 'uj', msg: 'omar', ts: at(1), u: omar },
    {
      ...{
        _id: 'm1',
        rid: 'GENERAL',
        msg: '*Rye* is ready, @omar',
        ts: at(2),
        u: lena,
        mentions: [{ ...omar, type: 'user' }],
        editedAt: at(8),
        editedBy: lena,
      },
      ...{ reactions: { ':tada:': { usernames: ['omar'] } }, pinned: true, pinnedAt: at(20), pinnedBy: omar },
    },
    { _id: 'm1b', rid: 'GENERAL', msg: 'Rye is', ts: at(2), u: lena, _hidden: true, parent: 'm1', editedAt: at(8) },
    { _id: 'm1a', rid: 'GENERAL', msg: 'Ry', ts: at(2), u: lena, _hidden: true, parent: 'm1', editedAt: at(5) },
    { _id: 'm2', rid: 'GENERAL', msg: '[ ](https://chat.bakery.example/channel/general?msg=m1) Good', ts: at(10), u: omar, tmid: 'm1' },
    {
      ...{ _id: 'm3', rid: 'uLenauOmar', msg: '', ts: at(11), u: omar, file: { _id: 'f1', name: 'plan.txt', type: 'text/plain' } },
      ...{
        attachments: [{ type: 'file', title: 'plan.txt', title_link: '/file-upload/f1/plan.txt' }],
        files: [
          { _id: 'f1', name: 'plan.txt' },
          { _id: 'f2', name: 'lost.txt' },
        ],
      },
    },
  ],
  rocketchat_uploads: [{ _id: 'f1', name: 'plan.txt', rid: 'uLenauOmar' }],
  'rocketchat_uploads.chunks': [
    { _id: 'c2', files_id: 'f1', n: 1, data: new BSON.Binary(Buffer.from('wait, bake\n')) },
    { _id: 'c1', files_id: 'f1', n: 0, data: new BSON.Binary(Buffer.from('mix, ')) },
  ],
};

async function dumpFor(t: Parameters<typeof folderFor>[0]): Promise<string> {
  const folder = join(await folderFor(t), 'dump');
  await mkdir(join(folder, 'rocketchat'), { recursive: true });
  for (const [name, documents] of Object.entries(COLLECTIONS))
    await writeFile(join(folder, `rocketchat/${name}.bson`), Buffer.concat(documents.map((one) => BSON.serialize(one))));
  return folder;
}

test('Rocket.Chat: people, rooms and direct messages of a dump', async (t) => {
  const { format, people, channels } = await readAll(await dumpFor(t));
  t.is(format, 'rocketchat');
  t.deepEqual(
    people.map(({ id, name, login, email, bot }) => [id, name, login, email, bot]),
    [
      ['uLena', 'Lena Fischer', 'lena', 'lena@bakery.example', false],
      ['uOmar', 'Omar', 'omar', 'omar@bakery.example', false],
      ['rocket.cat', 'Rocket.Cat', 'rocket.cat', undefined, true],
    ],
  );
  t.deepEqual(
    channels.map(({ name, kind, archived, members, moderators }) => [name, kind, archived, members, moderators]),
    [
      ['general', 'open', false, ['uLena', 'uOmar'], ['uLena']],
      ['Money', 'closed', true, ['uOmar'], []],
      ['lena, omar', 'direct', false, ['uLena', 'uOmar'], []],
    ],
  );
});

test('Rocket.Chat: messages of a dump have mentions, earlier texts, replies, reactions, pins and files from GridFS', async (t) => {
  const { messages, leftOut, contents } = await readAll(await dumpFor(t));
  const [rye, good] = messages;
  const now = `*Rye* is ready, ${mentionOf('uOmar')}`;
  t.like(rye, {
    ...{
      text: 'Ry',
      mentions: ['uOmar'],
      pinned: { by: 'uOmar', at: at(20).getTime() },
      reactions: [{ emoji: '🎉', by: 'uOmar', at: undefined }],
    },
    edits: [
      { at: at(5).getTime(), text: 'Rye is', format: 'markdown' },
      { at: at(8).getTime(), text: now, format: 'markdown' },
    ],
  });
  t.like(good, { text: 'Good', replyTo: 'm1' });
  t.deepEqual(contents, { 'plan.txt': 'mix, wait, bake\n', 'lost.txt': null });
  t.deepEqual(leftOut, { 'system messages (uj)': 1 });
});

test('Rocket.Chat: the export of a room as JSON, with its files', async (t) => {
  const lines = [
    { msg: 'lena', username: 'lena', ts: at(1), type: 'uj' },
    { msg: 'Rye is ready', username: 'lena', ts: at(2) },
    {
      msg: '',
      username: 'omar',
      ts: at(3),
      attachments: [
        { type: 'file', title: 'plan.txt', url: '/file-upload/f1/plan.txt', remote: false, fileId: 'f1', fileName: 'plan.txt' },
      ],
    },
  ];
  const path = join(await folderFor(t), 'export.zip');
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await writeFile(
    path,
    zipOf([
      { name: 'general.json', content: Buffer.from(text) },
      { name: 'assets/f1-plan.txt', content: Buffer.from('mix\n') },
    ]),
  );
  const { format, channels, messages, contents, leftOut } = await readAll(path);
  t.deepEqual(
    [format, channels.map(({ name }) => name), messages.map(({ author, text: said }) => [author, said])],
    [
      'rocketchat',
      ['general'],
      [
        ['lena', 'Rye is ready'],
        ['omar', ''],
      ],
    ],
  );
  t.deepEqual([contents, leftOut], [{ 'plan.txt': 'mix\n' }, { 'system messages (uj)': 1 }]);
});
