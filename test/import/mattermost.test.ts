import test from 'ava';
import { mentionOf } from '../../lib/import/source.ts';
import { readAll, sample, zipped } from './places.ts';

test('Mattermost: a zip file, its unpacked folder and the file alone', async (t) => {
  const folder = await readAll(sample('mattermost'));
  t.is(folder.format, 'mattermost');
  t.deepEqual(await readAll(await zipped(t, 'mattermost')), folder);
  const alone = await readAll(sample('mattermost/import.jsonl'));
  t.is(alone.messages.length, folder.messages.length);
  t.deepEqual([folder.contents, alone.contents], [{ 'plan.txt': '1. mix\n2. wait\n3. bake\n' }, { 'plan.txt': null }]);
});

test('Mattermost: people, bots, channels with their members, and direct messages', async (t) => {
  const { people, channels } = await readAll(sample('mattermost'));
  t.deepEqual(
    people.map(({ id, name, email, bot }) => [id, name, email, bot]),
    [
      ['lena', 'Lena Fischer', 'lena@bakery.example', false],
      ['omar.haddad', 'Omar', 'omar@bakery.example', false],
      ['ovenbot', 'Oven Bot', undefined, true],
    ],
  );
  t.deepEqual(
    channels.map(({ id, name, kind, archived, members, moderators }) => [id, name, kind, archived ?? false, members, moderators]),
    [
      ['bakery/town-square', 'Town Square', 'open', false, ['lena', 'omar.haddad'], ['lena']],
      ['bakery/kneaders', 'Kneaders', 'closed', true, ['lena'], []],
      ['direct/lena,omar.haddad', 'lena, omar.haddad', 'direct', false, ['lena', 'omar.haddad'], []],
    ],
  );
});

test('Mattermost: messages have mentions, edits, replies, reactions with times, files and pins; other records are left out', async (t) => {
  const { messages, leftOut } = await readAll(sample('mattermost'));
  const [oven, rye, first, second] = messages.filter(({ channel }) => channel === 'bakery/town-square');
  t.like(oven, { author: 'ovenbot', as: 'Oven 2', format: 'model' });
  t.like(rye, {
    ...{ text: `**Rye** is ready, ${mentionOf('lena')}. Not me@lena.example`, mentions: ['lena'], at: 1704200000500 },
    edits: [{ at: 1704200100000, text: `**Rye** is ready, ${mentionOf('lena')}. Not me@lena.example`, format: 'markdown' }],
    reactions: [{ emoji: '🎉', by: 'lena', at: 1704200050000 }],
    pinned: { by: 'omar.haddad' },
  });
  t.like(first, { text: 'First answer', replyTo: rye?.id, reactions: [{ emoji: '🍞', by: 'omar.haddad', at: 1704200250000 }] });
  t.like(second, { text: `Second answer, ${mentionOf('omar.haddad')}.`, replyTo: rye?.id });
  t.deepEqual(leftOut, { 'system messages (system_join_channel)': 1, 'emoji of the workspace': 1 });
});
