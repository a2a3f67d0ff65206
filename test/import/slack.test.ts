import test from 'ava';
import { mentionOf } from '../../lib/import/source.ts';
import { readAll, sample, zipped } from './places.ts';

test('Slack: a zip file and its unpacked folder are the same', async (t) => {
  const [folder, zip] = [await readAll(sample('slack')), await readAll(await zipped(t, 'slack'))];
  t.is(folder.format, 'slack');
  t.deepEqual(zip, folder);
});

test('Slack: people have display name, login and e-mail address; integrations are bots', async (t) => {
  const { people } = await readAll(sample('slack'));
  t.like(people[0], { id: 'U0LENA', name: 'Lena', login: 'lena', email: 'lena@bakery.example', bot: false });
  t.like(
    people.find(({ id }) => id === 'U0OMAR'),
    { name: 'Omar Haddad' },
  );
  t.like(
    people.find(({ id }) => id === 'U0OVEN'),
    { name: 'Oven', bot: true },
  );
  t.like(
    people.find(({ id }) => id === 'bot:B0MILL'),
    { name: 'Mill', bot: true },
  );
});

test('Slack: channels, private channels, and direct messages of two and more people', async (t) => {
  const { channels } = await readAll(sample('slack'));
  t.deepEqual(
    channels.map(({ id, name, kind, archived }) => [id, name, kind, archived]),
    [
      ['C0GENERAL', 'general', 'open', false],
      ['C0EMPTY', 'empty', 'open', true],
      ['G0DESIGN', 'design', 'closed', false],
      ['G0MPIM', 'Lena, Omar Haddad, admin', 'direct', false],
      ['D0LENAOMAR', 'Lena, Omar Haddad', 'direct', false],
    ],
  );
  t.like(channels[0], { topic: 'Everything about bread', members: ['U0LENA', 'U0OMAR', 'U0PRIYA'], moderators: ['U0LENA'] });
});

test('Slack: messages have Markdown, mentions, reactions, replies, edits, pins and files; lines about joins are left out', async (t) => {
  const { messages, leftOut, contents } = await readAll(sample('slack'));
  const [rye, oven, reply, action, prices] = messages;
  t.like(rye, {
    ...{ id: '1704096060.000200', channel: 'C0GENERAL', at: 1704096060000, author: 'U0OMAR', replyTo: undefined },
    text: `The **rye** starter & the oven are ready, ${mentionOf('U0LENA')}. See [the recipe](https://bakery.example/rye)`,
    mentions: ['U0LENA'],
    reactions: [
      { emoji: '👍🏼', by: 'U0LENA' },
      { emoji: '👍🏼', by: 'U0PRIYA' },
      { emoji: ':croissant_part:', by: 'U0LENA' },
    ],
    pinned: { by: 'U0LENA', at: 1704099999000 },
  });
  t.like(oven, { author: 'U0OVEN', format: 'model', as: 'Oven 2' });
  t.regex(oven?.text ?? '', /Oven 2 is hot.*230 °C, @Lena/s);
  t.like(reply, { replyTo: rye?.id, edits: [{ at: 1704096240000, text: 'Thanks, I bake at six', format: 'markdown' }] });
  t.is(action?.text, '*ties an apron*');
  t.deepEqual(
    prices?.files?.map(({ name, url }) => [name, url?.slice(0, 27)]),
    [
      ['prices.csv', 'https://bakery.slack.com/fi'],
      ['sign.pdf', 'https://bakery.slack.com/fi'],
    ],
  );
  t.deepEqual(contents, { 'prices.csv': 'bread,price\nrye,4.20\n', 'sign.pdf': null });
  t.deepEqual(leftOut, { 'system messages (channel_join)': 1 });
  t.is(messages.find(({ channel }) => channel === 'G0DESIGN')?.text, 'A new sign in \\#general?');
});
