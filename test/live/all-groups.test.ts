import test from 'ava';
import { endSessions, setDisabled } from '../../lib/accounts/operations.ts';
import { createToken, revokeToken } from '../../lib/accounts/tokens.ts';
import { addMember, createGroup, removeMember } from '../../lib/groups/operations.ts';
import { eventually } from '../helpers/eventually.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { cursorOf, entriesIn, openGroups, seqsIn } from './all.ts';

test("multi-group stream: has the new entries of all the user's groups, each with its group, and of no others", async (t) => {
  const { core, bob, annUser, lobby, groups, postText, all } = await openGroups(t, ['Kitchen', 'Garden']);
  const closed = await createGroup(core, annUser, { name: 'Without Bob' });
  await postText(lobby, 'before');
  const reader = await all(bob);
  await postText(closed, 'not for Bob');
  for (const group of [...groups, lobby]) await postText(group, `hello ${group.name}`);
  await reader.until((events) => entriesIn(events).length === 3);
  t.deepEqual(
    entriesIn(reader.events).map(({ group, kind, body }) => [group, kind, body]),
    [
      ['kitchen', 'message', 'hello Kitchen'],
      ['garden', 'message', 'hello Garden'],
      ['lobby', 'message', 'hello Lobby'],
    ],
  );
});

test('multi-group stream: after=0 starts at the first entry of each group; a cursor continues whatever groups have moved since', async (t) => {
  const { bob, lobby, groups, postText, all } = await openGroups(t, ['Kitchen', 'Garden']);
  const [kitchen, garden] = groups;
  if (!kitchen || !garden) return t.fail();
  for (const n of [1, 2, 3]) await postText(kitchen, `k${n}`);
  const whole = await all(bob, '?after=0');
  await whole.until((events) => entriesIn(events).length === 9);
  t.deepEqual(seqsIn(entriesIn(whole.events)), { lobby: [1, 2], kitchen: [1, 2, 3, 4, 5], garden: [1, 2] });
  const midway = whole.events.findLast(({ data }) => data.includes('"k1"'))?.id ?? '';
  whole.close();
  await postText(lobby, 'late');
  const expected = (id: string) => {
    const had = entriesIn(whole.events.slice(0, whole.events.findIndex((event) => event.id === id) + 1));
    const all = { lobby: [1, 2, 3], kitchen: [1, 2, 3, 4, 5], garden: [1, 2] };
    return Object.fromEntries(
      Object.entries(all).flatMap(([group, seqs]) => {
        const rest = seqs.filter((seq) => !had.some((one) => one.group === group && one.seq === seq));
        return rest.length > 0 ? [[group, rest]] : [];
      }),
    );
  };
  for (const [query, headers] of [
    [`?after=${midway}`, {}],
    ['', { 'Last-Event-ID': midway }],
    ['?after=0', { 'Last-Event-ID': midway }],
  ] as const) {
    const again = await all(bob, query, headers);
    const count = Object.values(expected(midway)).flat().length;
    await again.until((events) => entriesIn(events).length === count);
    t.deepEqual(seqsIn(entriesIn(again.events)), expected(midway));
  }
});

test('multi-group stream: sends its cursor before the first entry', async (t) => {
  const { bob, lobby, postText, all } = await openGroups(t, ['Kitchen']);
  const first = await all(bob);
  await first.until((events) => events.length > 0);
  first.close();
  await postText(lobby, 'in between');
  const again = await all(bob, '', { 'Last-Event-ID': cursorOf(first.events) });
  await again.until((events) => entriesIn(events).length === 1);
  t.is(entriesIn(again.events)[0]?.body, 'in between');
});

test('multi-group stream: a group joined while it is open starts with the join entry; one that is left ends, and the others stay', async (t) => {
  const { core, bob, annUser, bobUser, lobby, groups, postText, all } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  const late = await createGroup(core, annUser, { name: 'Late' });
  if (!kitchen) return t.fail();
  await postText(late, 'before Bob');
  const reader = await all(bob);
  await addMember(core, annUser.id, late, bobUser);
  await postText(late, 'welcome');
  await reader.until((events) => entriesIn(events).length === 2);
  t.deepEqual(
    entriesIn(reader.events).map(({ group, kind, body }) => [group, kind, body]),
    [
      ['late', 'join', undefined],
      ['late', 'message', 'welcome'],
    ],
  );
  await removeMember(core, annUser.id, late, bobUser);
  await postText(late, 'without Bob');
  await postText(kitchen, 'with Bob');
  await reader.until((events) => entriesIn(events).some(({ body }) => body === 'with Bob'));
  t.deepEqual(
    entriesIn(reader.events)
      .slice(2)
      .map(({ group, kind, body }) => [group, kind, body]),
    [
      ['late', 'leave', undefined],
      ['kitchen', 'message', 'with Bob'],
    ],
  );
  const cursor = cursorOf(reader.events);
  reader.close();
  await postText(late, 'still without Bob');
  const without = await all(bob, `?after=${cursor}`);
  await postText(lobby, 'for all');
  await without.until((events) => entriesIn(events).length === 1);
  t.is(entriesIn(without.events)[0]?.body, 'for all');
  await addMember(core, annUser.id, late, bobUser);
  await postText(late, 'back again');
  await without.until((events) => entriesIn(events).some(({ body }) => body === 'back again'));
  const seqs = [...entriesIn(reader.events), ...entriesIn(without.events)].filter(({ group }) => group === 'late').map(({ seq }) => seq);
  t.deepEqual(seqs, [3, 4, 5, 6, 7, 8, 9], 'what one comes back to goes on where one left it: nothing twice, nothing left out');
});

test('multi-group stream: a group joined while disconnected starts with the join entry', async (t) => {
  const { core, bob, annUser, bobUser, postText, all } = await openGroups(t, []);
  const late = await createGroup(core, annUser, { name: 'Late' });
  await postText(late, 'before Bob');
  const first = await all(bob);
  await first.until((events) => events.length > 0);
  first.close();
  await addMember(core, annUser.id, late, bobUser);
  await postText(late, 'one');
  await addMember(core, annUser.id, late, bobUser);
  await postText(late, 'two');
  const again = await all(bob, `?after=${cursorOf(first.events)}`);
  await again.until((events) => entriesIn(events).length === 3);
  t.deepEqual(seqsIn(entriesIn(again.events)), { late: [3, 4, 5] });
});

test('multi-group stream: a group that the user was removed from while disconnected sends nothing', async (t) => {
  const { core, bob, annUser, bobUser, lobby, groups, postText, all } = await openGroups(t, ['Kitchen']);
  const [kitchen] = groups;
  if (!kitchen) return t.fail();
  const first = await all(bob, '?after=0');
  await first.until((events) => entriesIn(events).length === 4);
  first.close();
  await postText(kitchen, 'the last he might have heard');
  await removeMember(core, annUser.id, kitchen, bobUser);
  const again = await all(bob, `?after=${cursorOf(first.events)}`);
  await postText(kitchen, 'without him');
  await postText(lobby, 'for him');
  await again.until((events) => entriesIn(events).length === 1);
  t.deepEqual(seqsIn(entriesIn(again.events)), { lobby: [3] });
});

test('multi-group stream: ends when the account, session or token is revoked; others stay open', async (t) => {
  const { core, ann, bob, annUser, bobUser, lobby, postText, all } = await openGroups(t, ['Kitchen']);
  const { token, record } = await createToken(core, bobUser);
  const { token: other } = await createToken(core, bobUser);
  const mine = await all(ann);
  const [byToken, bySession, byOther] = [await all(bob.bearer(token)), await all(bob), await all(bob.bearer(other))];
  await revokeToken(core, bobUser.id, bobUser.id, record.hash);
  t.is((await byToken.ended()).at(-1)?.event, 'closed');
  t.is((await bob.bearer(token).get('/events')).status, 401);
  await endSessions(core, bobUser.id, bobUser.id);
  t.is((await bySession.ended()).at(-1)?.event, 'closed');
  await postText(lobby, 'hello');
  await byOther.until((events) => entriesIn(events).length === 1);
  await setDisabled(core, annUser.id, bobUser, true);
  t.is((await byOther.ended()).at(-1)?.event, 'closed');
  await mine.until((events) => entriesIn(events).length === 1);
});

test('multi-group stream: as text, each message is a line that starts with its group', async (t) => {
  const { bob, groups, postText } = await openGroups(t, ['Kitchen', 'Garden']);
  const raw = new RawReader(t, bob, '/events?as=text').read();
  await raw.until((text) => text.includes('\r\n\r\n'));
  for (const group of groups) await postText(group, `hello\n${group.name}`);
  const text = await raw.until((received) => received.endsWith('  Garden\n\r\n'));
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Type: text\/plain; charset=utf-8\r\n/i);
  const [, body = ''] = text.split('\r\n\r\n');
  const chunks = [...`${body}\r\n`.matchAll(/([\da-f]+)\r\n([^\r]*)\r\n/g)].map(([, size = '', chunk = '']) => {
    t.is(Buffer.byteLength(chunk), Number.parseInt(size, 16));
    return chunk;
  });
  t.is(chunks.join(''), 'kitchen Ann: hello\n  Kitchen\ngarden Ann: hello\n  Garden\n');
});

test('multi-group stream: counts as one stream; supports HEAD; refuses visitors, cross-site requests and malformed queries', async (t) => {
  const { server, client, bob, all } = await openGroups(t, ['Kitchen', 'Garden'], { env: { STREAMS_PER_USER: '2' } });
  const readers = [await all(bob), await all(bob)];
  t.is(server.hub.streams, 2);
  t.is((await bob.get('/events', 'application/json')).status, 429);
  for (const reader of readers) reader.close();
  await eventually(() => server.hub.streams === 0);
  const head = await bob.send('/events?as=text', { method: 'HEAD' });
  t.deepEqual([head.status, head.headers.get('Content-Type')], [200, 'text/plain; charset=utf-8']);
  t.is((await client().get('/events')).status, 401);
  t.is((await bob.get('/events', 'text/event-stream', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' })).status, 403);
  for (const query of [
    'as=html',
    'after=1',
    'after=x.1',
    'filter=some',
    'keyword=',
    `keyword=${'x'.repeat(65)}`,
    `${'&keyword=a'.repeat(11)}`,
  ])
    t.is((await bob.get(`/events?${query}`, 'application/json')).status, 400, query);
  t.is(server.hub.streams, 0);
});
