import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { numbers } from '../helpers/site.ts';
import type { StreamEvent } from '../helpers/stream.ts';
import { cursorOf, entriesIn, openGroups, seqsIn } from './all.ts';

const DAY_MS = 24 * 3_600_000;
const NAMES = numbers(1, 12).map((n) => `Room ${n}`);

test('cursors: ids stay short with many groups, by naming a stored set and the groups that have moved since', async (t) => {
  const { bob, groups, postText, all } = await openGroups(t, NAMES);
  const reader = await all(bob);
  await reader.until((events) => events.length > 0);
  t.regex(reader.events[0]?.id ?? '', /^none(\.\d+-\d+-\d{6}){13}$/, 'the first id names each group');
  let said = 0;
  const [first] = groups;
  if (!first) return t.fail();
  await eventually(async () => {
    await postText(first, `${said}`);
    said += 1;
    await reader.until((events) => entriesIn(events).length === said);
    return /^[0-9a-z]{16}\.\d+-\d+-\d{6}$/.test(cursorOf(reader.events));
  });
  for (const group of groups) await postText(group, 'once more');
  await reader.until((events) => entriesIn(events).length === said + groups.length);
  const ids = reader.events.flatMap(({ id }) => id ?? []);
  const again = await all(bob, `?after=${ids.at(-6)}`);
  await again.until((events) => entriesIn(events).length === 5);
  t.deepEqual(
    entriesIn(again.events)
      .map(({ group }) => group)
      .sort(),
    NAMES.slice(-5)
      .map((name) => name.toLowerCase().replace(' ', '-'))
      .sort(),
  );
});

test('cursors: a set of another user is unknown, like one that never existed', async (t) => {
  const { core, ann, bob, annUser, all } = await openGroups(t, ['Kitchen']);
  const set = { id: 'a'.repeat(16), user: annUser.id, positions: new Map([[1, 1]]) };
  await core.store.cursors.insert(set, core.now());
  const mine = await all(ann, `?after=${set.id}`);
  await mine.until((events) => entriesIn(events).length >= 1);
  t.is(entriesIn(mine.events).find(({ group }) => group === 'lobby')?.seq, 2);
  for (const cursor of [set.id, `${set.id}.1-1`, 'b'.repeat(16)]) {
    const answer = await bob.get(`/events?after=${cursor}`, 'application/json');
    t.deepEqual([answer.status, answer.json().code], [410, 'gone'], cursor);
  }
});

test('cursors: a set expires 30 days after its last use, a replaced one after a day', async (t) => {
  const { core, server, clock, annUser } = await openGroups(t, []);
  const set = (letter: string) => ({ id: letter.repeat(16), user: annUser.id, positions: new Map([[1, 1]]) });
  const { cursors } = core.store;
  const start = core.now();
  await cursors.insert(set('a'), start);
  await cursors.insert(set('b'), start, set('a').id);
  await cursors.insert(set('c'), start, set('b').id);
  const isThere = async (letter: string) => (await cursors.use(annUser.id, letter.repeat(16), 0)) !== undefined;
  clock.turn(DAY_MS - 1);
  await cursors.use(annUser.id, set('b').id, core.now()); // a client reconnected with the older cursor
  clock.turn(2);
  await server.sweep();
  t.deepEqual([await isThere('b'), await isThere('c')], [true, true]);
  t.is(await cursors.use(annUser.id, set('a').id, 0), undefined);
  clock.turn(29 * DAY_MS);
  await server.sweep();
  t.deepEqual([await isThere('b'), await isThere('c')], [true, false]);
  clock.turn(DAY_MS);
  await server.sweep();
  t.false(await isThere('b'));
});

test('cursors: a Last-Event-ID that is not of this stream is 400, also 0; a position past the end of a log gets a reset', async (t) => {
  const { bob, lobby, postText, all } = await openGroups(t, []);
  for (const last of ['17', '0', 'none.', 'x.1-2']) {
    const refused = await bob.send('/events?after=0', { headers: { 'Last-Event-ID': last } });
    t.like({ status: refused.status, ...refused.json() }, { status: 400, code: 'malformed', field: 'Last-Event-ID' }, last);
  }
  const reader = await all(bob, '?after=0', { 'Last-Event-ID': '' });
  await reader.until((events) => entriesIn(events).length === 2);
  const past = await (await all(bob, '?after=none.1-99')).ended();
  t.is(past.at(-1)?.event, 'reset');
  await postText(lobby, 'on');
  await reader.until((events) => entriesIn(events).length === 3);
  t.deepEqual(seqsIn(entriesIn(reader.events)), { lobby: [1, 2, 3] });
});

test('multi-group stream: receives typing events by slug, also when it connects later; a filtered one does not', async (t) => {
  const { ann, bob, bobUser, all } = await openGroups(t, ['Kitchen']);
  const isTyping = ({ event }: StreamEvent) => event === 'typing';
  const [before, filtered] = [await all(ann), await all(ann, '?filter=mentions')];
  await bob.json('POST', '/groups/kitchen/typing');
  await before.until((events) => events.some(isTyping));
  const later = await all(ann);
  await later.until((events) => events.some(isTyping));
  for (const { events } of [before, later]) {
    const event = events.find(isTyping);
    t.deepEqual(
      [event?.id, JSON.parse(event?.data ?? '')],
      [undefined, { group: 'kitchen', users: [{ id: bobUser.id, name: 'Bob', display_name: 'Bob' }], several: false }],
    );
  }
  await bob.json('POST', '/groups/kitchen/messages', { body: 'for @Ann' });
  await filtered.until((events) => entriesIn(events).length === 1);
  t.false(filtered.events.some(isTyping));
});
