import test from 'ava';
import { removeMember, setTopic } from '../../lib/groups/operations.ts';
import { asUserId } from '../../lib/ids.ts';
import { filterOf, passes } from '../../lib/live/filter.ts';
import type { Entry } from '../../lib/log/entry.ts';
import { normalizeForMatch } from '../../lib/text/keywords.ts';
import type { Client } from '../helpers/client.ts';
import { postAs } from '../helpers/fixtures.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, openSite, type Site } from '../helpers/site.ts';
import { EventReader, type StreamEvent } from '../helpers/stream.ts';
import { cursorOf, entriesIn } from './all.ts';

const MESSAGES = `${LOBBY}/messages`;

async function answer(who: Client, body: string, replyTo: number): Promise<number> {
  return (await who.json('POST', MESSAGES, { body, reply_to: replyTo })).json<{ seq: number }>().seq;
}

type Threads = Site & {
  readonly root: number;
  /** Opens the stream of the thread, closed with the test. */
  follow(who: Client, query?: string, headers?: Record<string, string>): Promise<EventReader>;
};

/** Lobby with a message of Ann at `root`, and another one after it. */
async function openThread(t: Parameters<typeof openSite>[0], options: Parameters<typeof openSite>[1] = {}): Promise<Threads> {
  const site = await openSite(t, options);
  const { seq: root } = await postAs(site.ann, 'Shall we sail?');
  await postAs(site.ann, 'Something else');
  const follow = async (who: Client, query = '', headers: Record<string, string> = {}): Promise<EventReader> => {
    const reader = await EventReader.open(who, `${MESSAGES}/${root}/thread/events${query}`, headers);
    t.teardown(() => reader.close());
    return reader;
  };
  return { ...site, root, follow };
}

const kindsIn = (events: readonly StreamEvent[]): string[] =>
  events.map(({ event, data }) => (event === 'message' ? JSON.parse(data).kind : event));
const bodiesIn = (events: readonly StreamEvent[]): (string | undefined)[] => entriesIn(events).map(({ body }) => body);

test('thread filter: passes messages of the thread and changes to them; keywords and mentions must hold too', (t) => {
  const me = asUserId('me');
  const lets = (
    filter: ReturnType<typeof filterOf>,
    kind: string,
    root: number | undefined,
    body = 'hi',
    mentions: string[] = [],
  ): boolean => {
    if (!filter) throw new Error('no filter');
    const entry = { kind, body, format: 'text', mentions: mentions.map(asUserId) } as unknown as Entry;
    return passes(filter, me, { entry, root, isDirect: false, text: () => normalizeForMatch(body) });
  };
  const [alone, soup, mine] = [filterOf(undefined, [], 5), filterOf(undefined, ['soup'], 5), filterOf('mentions', [], 5)];
  for (const kind of ['message', 'edit', 'erase', 'unerase', 'react', 'unreact', 'pin', 'unpin']) {
    t.true(lets(alone, kind, 5), kind);
    t.false(lets(alone, kind, 6), kind);
  }
  for (const kind of ['join', 'leave', 'topic']) t.false(lets(alone, kind, undefined), kind);
  t.true(lets(soup, 'message', 5, 'the soup'));
  t.false(lets(soup, 'message', 5, 'the stew'));
  t.false(lets(soup, 'message', 6, 'the soup'));
  t.false(lets(soup, 'react', 5, 'soup'));
  t.true(lets(mine, 'message', 5, 'hi', ['me']));
  t.false(lets(mine, 'message', 5));
  t.false(lets(mine, 'message', 6, 'hi', ['me']));
  t.true(lets(filterOf('all', ['soup'], 5), 'react', 5), 'as without keywords');
});

test('thread stream: has the messages of the thread and their changes, and no other entry of the group', async (t) => {
  const { ann, bob, root, follow, core, annUser, lobby, stream } = await openThread(t);
  const [own, byQuery] = [await follow(bob, '?as=json'), await stream(bob, `?as=json&thread=${root}`)];
  const first = await answer(ann, 'When?', root);
  await answer(bob, 'elsewhere', root + 1);
  await postAs(bob, 'in the group');
  const second = await answer(bob, 'At noon', first);
  await bob.json('PATCH', `${MESSAGES}/${second}`, { body: 'At one' });
  await bob.json('PUT', `${MESSAGES}/${root}/reactions/${encodeURIComponent('👍')}`);
  await bob.json('PUT', `${MESSAGES}/${root + 1}/reactions/${encodeURIComponent('👍')}`);
  await ann.json('PATCH', `${MESSAGES}/${root + 1}`, { body: 'Something other' });
  await setTopic(core, annUser.id, lobby, 'Boats');
  await answer(ann, 'the last', first);
  for (const reader of [own, byQuery]) {
    await reader.until((events) => bodiesIn(events).includes('the last'));
    t.deepEqual(kindsIn(reader.events), ['message', 'message', 'edit', 'react', 'message']);
    t.deepEqual(bodiesIn(reader.events), ['When?', 'At noon', 'At one', undefined, 'the last']);
  }
});

test('thread stream: any message of the thread names it; keywords limit it', async (t) => {
  const { ann, bob, root, stream } = await openThread(t);
  const reply = await answer(ann, 'When?', root);
  const reader = await EventReader.open(bob, `${MESSAGES}/${reply}/thread/events?as=json&after=0`);
  t.teardown(() => reader.close());
  const words = await stream(bob, `?as=json&after=0&thread=${reply}&keyword=noon`);
  await postAs(bob, 'noon, says the group');
  await answer(bob, 'at noon', reply);
  await reader.until((events) => events.length === 3);
  t.deepEqual(bodiesIn(reader.events), ['Shall we sail?', 'When?', 'at noon']);
  await words.until((events) => events.length === 1);
  t.deepEqual(bodiesIn(words.events), ['at noon']);
  t.is((await bob.get(`${LOBBY}/events?thread=999`)).status, 422);
  t.is((await bob.get(`${LOBBY}/events?thread=x`)).status, 400);
});

test('thread stream: resumes from a cursor of the group, by header or query; text has lines', async (t) => {
  const { ann, bob, root, follow } = await openThread(t);
  await answer(ann, 'one', root);
  const reader = await follow(bob, `?as=json&after=${root}`);
  await reader.until((events) => events.length === 1);
  const cursor = cursorOf(reader.events);
  reader.close();
  await postAs(ann, 'meanwhile, in the group');
  await answer(ann, 'two', root);
  const [again, wrong] = [
    await follow(bob, '?as=json', { 'Last-Event-ID': cursor }),
    await bob.get(`${MESSAGES}/${root}/thread/events`, 'text/event-stream', { 'Last-Event-ID': 'x' }),
  ];
  await again.until((events) => events.length === 1);
  t.deepEqual(bodiesIn(again.events), ['two']);
  t.is(wrong.status, 400);
  const text = new RawReader(t, bob, `${MESSAGES}/${root}/thread/events?as=text&after=0`).read();
  await text.until((received) => received.includes(') two\n'));
  t.regex(text.text, /Ann: Shall we sail\?\n[\s\S]*Ann: \(reply to #\d+\) one\n[\s\S]*Ann: \(reply to #\d+\) two\n/);
  t.notRegex(text.text, /joined|meanwhile|Something else/);
});

test('thread stream: a heartbeat carries the cursor past what is not in the thread', async (t) => {
  const { ann, bob, follow } = await openThread(t, { heartbeatMs: 20 });
  const reader = await follow(bob, '?as=json');
  const { seq } = await postAs(ann, 'of no interest');
  await reader.until((events) => events.some(({ id }) => id?.startsWith(`${seq}.`)));
  t.deepEqual(entriesIn(reader.events), []);
});

test('thread stream: a page gets rows of the thread, changed rows, and the count of its root', async (t) => {
  const { ann, bob, root, follow } = await openThread(t);
  const page = await follow(bob);
  const reply = await answer(ann, 'When?', root);
  await postAs(ann, 'in the group');
  await ann.json('PATCH', `${MESSAGES}/${reply}`, { body: 'When, then?' });
  const isRow = ({ data }: StreamEvent) => data.includes('<article');
  await page.until((events) => events.filter(isRow).length === 2);
  const [added, changed] = page.events.filter(isRow);
  t.regex(added?.data ?? '', new RegExp(`<article id="m-${reply}"[\\s\\S]*<a id="t-${root}" class="thread"`));
  t.regex(changed?.data ?? '', new RegExp(`^<article data-follow="edit" id="m-${reply}"`));
  t.false(page.events.some(({ data }) => data.includes('in the group')));
});

test('thread stream: a page of a thread does not make its reader present in the group, and counts its unread messages', async (t) => {
  const { ann, bob, root, follow, core, lobby, bobUser } = await openThread(t);
  const page = await follow(bob);
  await postAs(ann, 'news for everybody');
  await page.until((events) => events.some(({ event, data }) => event === 'sidebar' && /href="\/groups\/lobby"[\s\S]*unread/.test(data)));
  t.false((await core.bus.presence.list(lobby.id)).has(bobUser.id));
  await answer(ann, 'still there?', root);
  await page.until((events) => events.some(({ data }) => data.includes('still there?')));
});

test('thread stream: ends with closed for a removed member, who cannot open another', async (t) => {
  const { core, annUser, bobUser, lobby, bob, root, ann, follow } = await openThread(t);
  const [program, page] = [await follow(bob, '?as=json'), await follow(bob)];
  const frame = new RawReader(t, bob, `${MESSAGES}/${root}/thread/live`).read();
  await frame.until((text) => text.includes(`id="m-${root}"`));
  await answer(ann, 'with him', root);
  await removeMember(core, annUser.id, lobby, bobUser);
  await answer(ann, 'without him', root);
  t.deepEqual(kindsIn(await program.ended()), ['message', 'closed']);
  const shown = await page.ended();
  t.is(shown.at(-1)?.event, 'closed');
  for (const text of [JSON.stringify(shown), await frame.closed()]) {
    t.true(text.includes('with him'));
    t.false(text.includes('without him'));
  }
  t.is((await bob.get(`${MESSAGES}/${root}/thread/events`)).status, 404);
  t.is((await bob.get(`${MESSAGES}/${root}/thread/live`)).status, 404);
});

test('thread live document: has the thread, and ends for a change in it, not for others; it marks nothing as read', async (t) => {
  const { core, ann, bob, root, lobby, bobUser } = await openThread(t);
  const reply = await answer(ann, 'When?', root);
  const frame = new RawReader(t, bob, `${MESSAGES}/${reply}/thread/live`).read();
  await frame.until((text) => text.includes('When?'));
  t.deepEqual(
    [...frame.text.matchAll(/<article id="m-(\d+)"/g)].map(([, seq]) => Number(seq)),
    [root, reply],
  );
  t.true(frame.text.includes(`.answers[data-of="${root}"] { display: none; }`));
  await ann.json('PATCH', `${MESSAGES}/${root + 1}`, { body: 'Something other' });
  await postAs(ann, 'in the group');
  await answer(ann, 'At noon?', root);
  await frame.until((text) => text.includes('At noon?'));
  t.false(frame.isClosed);
  t.notRegex(frame.text, /in the group|Something other/);
  t.is((await core.store.memberships.get(lobby.id, bobUser.id))?.mark, 0);
  await ann.json('PATCH', `${MESSAGES}/${reply}`, { body: 'When, then?' });
  t.regex(await frame.closed(), /<meta http-equiv="refresh" content="1">\n$/);
});

test('thread stream: HEAD has its headers, on the fast path and beside it', async (t) => {
  const { bob, root } = await openThread(t);
  for (const slug of ['lobby', '%6Cobby']) {
    const { status, headers, text } = await bob.send(`/groups/${slug}/messages/${root}/thread/events?as=json`, { method: 'HEAD' });
    t.deepEqual([status, headers.get('content-type'), text], [200, 'text/event-stream; charset=utf-8', '']);
  }
});
