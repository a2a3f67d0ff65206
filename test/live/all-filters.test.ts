import test from 'ava';
import fc from 'fast-check';
import { asUserId } from '../../lib/ids.ts';
import { filterOf, passes } from '../../lib/live/filter.ts';
import type { Entry } from '../../lib/log/entry.ts';
import { normalizeForMatch } from '../../lib/text/keywords.ts';
import { LOBBY } from '../helpers/site.ts';
import { entriesIn, openGroups } from './all.ts';

const me = asUserId('me');
const message = (body: string, mentions: readonly string[] = []): Entry =>
  ({ kind: 'message', body, format: 'text', mentions: mentions.map(asUserId) }) as unknown as Entry;
const lets = (words: string[], body: string, how?: 'mentions', mentions?: string[], isDirect = false): boolean => {
  const filter = filterOf(how, words);
  if (!filter) throw new Error('no filter');
  return passes(filter, me, { entry: message(body, mentions), isDirect, text: () => normalizeForMatch(body) });
};

for (const [keyword, body, isFound] of [
  ['deploy', 'Deploy is done', true],
  ['DEPLOY', 'the deploy!', true],
  ['deploy', 'redeployed', false],
  ['deploy', 'redeploy, then deploy', true],
  ['on-call', 'who is On-Call?', true],
  ['straße', 'in der STRASSE', false],
  ['ﬁne', 'all fine', true],
  ['c++', 'C++ and C', true],
  ['c++', 'c', false],
  ['日本', 'これは日本語です', true],
  ['日本', '日本!', true],
  ['会議', '明日の会議は十時からです', true],
  ['サーバー', '新しいサーバーが落ちた', true],
  ['ประชุม', 'พรุ่งนี้ประชุมเช้า', true],
  ['हिंद', 'हिंदी', false],
  ['#1', 'rule #1.', true],
  ['two words', 'the two words here', true],
] as const)
  test(`the word ${keyword} is ${isFound ? '' : 'not '}found in: ${body}`, (t) => {
    t.is(lets([keyword], body), isFound);
  });

test('filter: a keyword matches whole words only, whatever surrounds them', (t) => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(word, fc.string(), fc.string(), (keyword, before, after) => {
      t.true(lets([keyword], `${before} ${keyword} ${after}`));
      t.false(lets([`q${keyword}`], `${keyword}q${keyword}q`));
    }),
  );
});

test('filter: mentions and keywords are alternatives; all direct messages count as mentions', (t) => {
  t.true(lets([], 'hi', 'mentions', ['me']));
  t.false(lets([], 'hi', 'mentions', ['you']));
  t.true(lets(['hi'], 'hi', 'mentions', ['you']));
  t.true(lets([], 'hi', 'mentions', [], true));
  t.false(lets(['ho'], 'hi', undefined, ['me'], true), 'words alone');
  t.is(filterOf(undefined, []), undefined);
  t.is(filterOf('all', ['hi']), undefined);
});

test('filter: a filtered stream has only messages and edits that mention the user or contain a keyword', async (t) => {
  const { bob, ann, bobUser, groups, postText, all, stream } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const [mentions, words, both] = [
    await all(bob, '?filter=mentions'),
    await all(bob, '?keyword=soup&keyword=Tea'),
    await all(bob, '?filter=mentions&keyword=soup'),
  ];
  const single = await stream(bob, '?as=json&filter=mentions');
  await postText(kitchen, 'hello @Bob', [bobUser.id]);
  await postText(kitchen, 'soup?');
  await postText(kitchen, 'teapot');
  await postText(kitchen, 'tea.');
  const { seq } = (await ann.json('POST', `${LOBBY}/messages`, { body: 'nobody in particular' })).json<{ seq: number }>();
  await ann.json('PATCH', `${LOBBY}/messages/${seq}`, { body: 'you in particular, @bob' });
  await postText(kitchen, 'the last: soup, tea @Bob', [bobUser.id]);
  const isOver = (bodies: readonly (string | undefined)[]) => bodies.some((body) => body?.startsWith('the last'));
  for (const reader of [mentions, words, both]) await reader.until((events) => isOver(entriesIn(events).map(({ body }) => body)));
  const said = (reader: typeof mentions) => entriesIn(reader.events).map(({ body }) => body);
  t.deepEqual(said(mentions), ['hello @Bob', 'you in particular, @bob', 'the last: soup, tea @Bob']);
  t.deepEqual(said(words), ['soup?', 'tea.', 'the last: soup, tea @Bob']);
  t.deepEqual(said(both), ['hello @Bob', 'soup?', 'you in particular, @bob', 'the last: soup, tea @Bob']);
  await single.until((events) => entriesIn(events).length === 1);
  t.deepEqual(said(single), ['you in particular, @bob']);
});

test('filter: a heartbeat carries the cursor past filtered entries', async (t) => {
  const { bob, lobby, postText, all, stream, core } = await openGroups(t, ['Kitchen'], { heartbeatMs: 20 });
  const [many, one] = [await all(bob, '?keyword=soup'), await stream(bob, '?as=json&keyword=soup')];
  const { seq } = await postText(lobby, 'of no interest');
  await many.until((events) => events.some(({ id }) => id?.includes(`-${seq}`)));
  await one.until((events) => events.some(({ id }) => id?.startsWith(`${seq}.`)));
  t.deepEqual([entriesIn(many.events), entriesIn(one.events)], [[], []]);
  const before = core.meters.windows;
  const again = await stream(bob, '?as=json&keyword=soup', { 'Last-Event-ID': String(one.ids.at(-1)) });
  await postText(lobby, 'soup');
  await again.until((events) => entriesIn(events).length === 1);
  t.is(core.meters.windows, before, 'nothing was read again');
});

test('filter: a stream whose filter matches nothing still ends with closed for a removed member', async (t) => {
  const { ann, bob, stream } = await openGroups(t, []);
  const reader = await stream(bob, '?as=json&keyword=soup');
  const members = (await ann.get(`${LOBBY}/members`, 'application/json')).json<{ id: string; name: string }[]>();
  await ann.form(`${LOBBY}/members`, { action: 'remove', user: members.find(({ name }) => name === 'Bob')?.id ?? '' });
  const events = await reader.ended();
  t.deepEqual(
    events.map(({ event }) => event),
    ['closed'],
  );
});
