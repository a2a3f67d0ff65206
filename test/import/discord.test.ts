import test from 'ava';
import { mentionOf } from '../../lib/import/source.ts';
import { readAll, sample } from './places.ts';

test('Discord: a folder of exports, and one of them', async (t) => {
  const { format, people, channels } = await readAll(sample('discord'));
  t.is(format, 'discord');
  t.deepEqual([...new Set(people.map(({ name }) => name))].sort(), ['Lena', 'Omar H', 'Oven']);
  t.deepEqual(
    channels.map(({ id, name, kind, members }) => [id, name, kind, members]),
    [
      ['500', 'ovens', 'closed', ['9001', '9002', '9003']],
      ['501', 'Omar H', 'direct', ['9001', '9002']],
    ],
  );
  t.is((await readAll(sample('discord/Direct Messages - Omar H [501].json'))).messages.length, 2);
});

test('Discord: messages have mentions, times in the text, edits, pins, reactions, embeds of bots, replies and files', async (t) => {
  const { messages, leftOut, contents } = await readAll(sample('discord'));
  const [hot, oven, come] = messages;
  t.like(hot, {
    ...{ id: '601', channel: '500', at: Date.UTC(2024, 0, 5, 8, 1, 0, 500), author: '9001', mentions: ['9002'], pinned: { by: '9001' } },
    reactions: [
      { emoji: '🔥', by: '9002' },
      { emoji: '🥐', by: '9001' },
    ],
  });
  t.true(hot?.text.startsWith(`**Hot** today, ${mentionOf('9002')} `));
  t.notRegex(hot?.text ?? '', /<t:/);
  t.is(hot?.edits?.[0]?.at, Date.UTC(2024, 0, 5, 8, 2));
  t.is(oven?.format, 'model');
  t.regex(oven?.text ?? '', /Oven 2.*230 °C.*Since/s);
  t.like(come, { replyTo: '601', text: 'I come' });
  t.deepEqual(contents, { 'photo.txt': 'hot!\n', 'far.png': null });
  t.deepEqual(leftOut, { 'system messages (GuildMemberJoin)': 1 });
});
