import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { mentionOf } from '../../lib/import/source.ts';
import { folderFor } from '../helpers/folder.ts';
import { readAll } from './places.ts';

/** The tables of Campfire that have messages, as its migrations create them, without indexes. */
const SCHEMA = `
  create table users (id integer primary key, name text not null, email_address text, role integer not null default 0, status integer not null default 0,
    password_digest text, bot_token text, bio text, created_at datetime not null default '', updated_at datetime not null default '');
  create table rooms (id integer primary key, name text, type text not null, creator_id bigint not null, created_at datetime not null default '', updated_at datetime);
  create table memberships (id integer primary key, room_id integer not null, user_id integer not null, involvement text default 'mentions', unread_at datetime);
  create table messages (id integer primary key, room_id integer not null, creator_id integer not null, client_message_id text not null default '',
    created_at datetime not null, updated_at datetime not null);
  create table action_text_rich_texts (id integer primary key, name text not null, body text, record_type text not null, record_id bigint not null);
  create table active_storage_blobs (id integer primary key, key text not null, filename text not null, content_type text, byte_size bigint not null);
  create table active_storage_attachments (id integer primary key, name text not null, record_type text not null, record_id bigint not null, blob_id bigint not null);
  create table boosts (id integer primary key, message_id integer not null, booster_id integer not null, content text not null, created_at datetime not null);`;

const sgid = `${Buffer.from(JSON.stringify({ _rails: { data: 'gid://campfire/User/2', pur: 'attachable' } })).toString('base64')}--1f2e`;
const BODY = `<div>Morning, <action-text-attachment sgid="${sgid}" content-type="application/vnd.campfire.mention"></action-text-attachment>!<br><strong>Bread</strong> &amp; <a href="https://bakery.example/">more</a></div>`;

/** A storage folder of Campfire. */
async function storageFor(t: Parameters<typeof folderFor>[0]): Promise<string> {
  const storage = join(await folderFor(t), 'storage');
  const file = join(storage, 'files/ab/cd/abcdefgh1234');
  await mkdir(dirname(file), { recursive: true });
  await mkdir(join(storage, 'db'));
  await writeFile(file, 'sourdough\n');
  const db = new DatabaseSync(join(storage, 'db/production.sqlite3'));
  db.exec(SCHEMA);
  db.exec(`insert into users (id, name, email_address, role, status) values (1, 'Lena', 'lena@bakery.example', 1, 0), (2, 'Omar', 'omar@bakery.example', 0, 0),
      (3, 'Oven', null, 2, 0), (4, 'Gone', null, 0, 1);
    insert into rooms (id, name, type, creator_id) values (1, 'All Talk', 'Rooms::Open', 1), (2, 'Money', 'Rooms::Closed', 2), (3, null, 'Rooms::Direct', 1);
    insert into memberships (room_id, user_id) values (1, 1), (1, 2), (1, 4), (2, 2), (3, 1), (3, 2);
    insert into messages (id, room_id, creator_id, created_at, updated_at) values
      (1, 1, 1, '2024-02-01 09:00:00.123456', '2024-02-01 09:00:00.200000'), (2, 1, 2, '2024-02-01 09:01:00.000000', '2024-02-01 09:05:00.000000'),
      (3, 1, 2, '2024-02-01 09:02:00.000000', '2024-02-01 09:02:00.000000'), (4, 3, 2, '2024-02-01 09:03:00.000000', '2024-02-01 09:03:00.000000');
    insert into active_storage_blobs (id, key, filename, byte_size) values (1, 'abcdefgh1234', 'recipe.txt', 10), (2, 'abcdefgh1234', 'me.png', 10), (3, 'lost', 'me.png', 10);
    insert into active_storage_attachments (name, record_type, record_id, blob_id) values ('attachment', 'Message', 3, 1), ('avatar', 'User', 1, 2), ('avatar', 'User', 2, 3);
    insert into boosts (message_id, booster_id, content, created_at) values (1, 2, '👍', '2024-02-01 09:00:30.000000');`);
  const rich = db.prepare("insert into action_text_rich_texts (name, body, record_type, record_id) values ('body', ?, 'Message', ?)");
  rich.run(BODY, 1);
  rich.run('<blockquote>Bread</blockquote><p>Corrected</p>', 2);
  rich.run('<div>Psst</div>', 4);
  db.close();
  return storage;
}

test('Campfire: the storage folder, the folder above it, and the database file alone', async (t) => {
  const storage = await storageFor(t);
  for (const path of [storage, dirname(storage), join(storage, 'db/production.sqlite3')]) {
    const { format, messages, contents } = await readAll(path);
    t.deepEqual([format, messages.length, contents], ['campfire', 4, { 'recipe.txt': 'sourdough\n' }], path);
  }
});

test('Campfire: people, bots, rooms and direct messages', async (t) => {
  const { people, channels } = await readAll(await storageFor(t));
  t.deepEqual(
    people.map(({ picture }) => picture),
    ['files/ab/cd/abcdefgh1234', undefined, undefined, undefined],
  );
  t.deepEqual(
    people.map(({ id, name, email, bot }) => [id, name, email, bot]),
    [
      ['1', 'Lena', 'lena@bakery.example', false],
      ['2', 'Omar', 'omar@bakery.example', false],
      ['3', 'Oven', undefined, true],
      ['4', 'Gone', undefined, false],
    ],
  );
  t.deepEqual(
    channels.map(({ name, kind, members }) => [name, kind, members]),
    [
      ['All Talk', 'open', ['1', '2']],
      ['Money', 'closed', ['2']],
      ['Lena, Omar', 'direct', ['1', '2']],
    ],
  );
});

test('Campfire: messages have Markdown, mentions, edits, boosts with times, and files', async (t) => {
  const { messages } = await readAll(await storageFor(t));
  const [morning, corrected, recipe] = messages;
  t.like(morning, {
    ...{ at: Date.UTC(2024, 1, 1, 9, 0, 0, 123), author: '1', mentions: ['2'], edits: [] },
    reactions: [{ emoji: '👍', by: '2', at: Date.UTC(2024, 1, 1, 9, 0, 30) }],
  });
  t.regex(morning?.text ?? '', new RegExp(`^Morning, ${mentionOf('2')}! *\n\\*\\*Bread\\*\\* & \\[more\\]\\(https://bakery.example/\\)$`));
  t.like(corrected, { text: '> Bread\n\nCorrected', edits: [{ at: Date.UTC(2024, 1, 1, 9, 5) }] });
  t.like(recipe, { text: '', files: [{ name: 'recipe.txt' }] });
});
