import test from 'ava';
import { channelOf, localTimes } from '../../lib/import/formats/irc.ts';
import { readAll, sample } from './places.ts';

test('IRC: logs of irssi and weechat in one folder', async (t) => {
  const { format, channels, people, messages, leftOut } = await readAll(sample('irc'));
  t.is(format, 'irc');
  t.deepEqual(channels.map(({ name }) => name).sort(), ['#bread', '#parley']);
  t.deepEqual([...new Set(people.map(({ id }) => id))].sort(), ['chanserv', 'lena', 'omar']);
  t.deepEqual(
    messages.map(({ channel, at, author, text }) => [channel, new Date(at).toISOString(), author, text]),
    [
      ['#parley', '2024-01-05T09:01:00.000Z', 'lena', 'good morning'],
      ['#parley', '2024-01-05T09:01:00.000Z', 'omar', 'hi lena'],
      ['#parley', '2024-01-05T09:01:00.000Z', 'omar', 'hi lena'],
      ['#parley', '2024-01-05T09:02:00.000Z', 'lena', '* lena waves'],
      ['#parley', '2024-01-05T09:03:00.000Z', 'chanserv', 'Welcome'],
      ['#parley', '2024-01-06T00:05:00.000Z', 'omar', 'still here'],
      ['#bread', '2024-07-05T09:01:02.000Z', 'lena', 'summer time'],
      ['#bread', '2024-07-05T09:01:10.000Z', 'omar', '* omar nods'],
    ],
  );
  t.is(new Set(messages.map(({ channel, id }) => `${channel} ${id}`)).size, messages.length);
  t.deepEqual(leftOut, { 'lines about joins, parts, modes and the like': 3, 'lines that are not understood': 1 });
});

test('IRC: times are of the given zone, in summer and winter', async (t) => {
  const { messages } = await readAll(sample('irc'), { timeZone: 'Europe/Berlin' });
  t.is(messages[0]?.at, Date.UTC(2024, 0, 5, 8, 1));
  t.is(messages.at(-1)?.at, Date.UTC(2024, 6, 5, 7, 1, 10));
  const toMs = localTimes('America/New_York');
  t.is(toMs('2024-03-10', '01:59:59'), Date.UTC(2024, 2, 10, 6, 59, 59));
  t.is(toMs('2024-03-10', '03:00:00'), Date.UTC(2024, 2, 10, 7));
});

test('IRC: the channel is in the name of the file', (t) => {
  for (const [path, channel] of [
    ['irc.libera.#parley.weechatlog', '#parley'],
    ['libera/#parley.log', '#parley'],
    ['#parley.2024-01.log', '#parley'],
    ['#parley-2024-01-05.log', '#parley'],
    ['lena.log', 'lena'],
  ] as const)
    t.is(channelOf(path), channel);
});
