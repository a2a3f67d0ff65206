import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { createToken } from '../../lib/accounts/tokens.ts';
import { TYPING_MS } from '../../lib/events.ts';
import { removeMember, setArchived } from '../../lib/groups/operations.ts';
import { asUserId } from '../../lib/ids.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, openSite, type Site } from '../helpers/site.ts';
import type { StreamEvent } from '../helpers/stream.ts';

const SAY = `${LOBBY}/typing`;

/** The typing users by the last typing event of a page; undefined without one. */
function typing(events: readonly StreamEvent[]): string | undefined {
  const line = events.findLast(({ data }) => data.startsWith('<p id="typing"'))?.data;
  return line === undefined ? undefined : [...line.matchAll(/data-user="[^"]*">(.*?) is typing… </g)].map(([, name = '']) => name).join();
}
const is = (names: string) => (events: readonly StreamEvent[]) => typing(events) === names;
const typingEvents = (events: readonly StreamEvent[]): StreamEvent[] =>
  events.filter(({ data, event }) => data.startsWith('<p id="typing"') || event === 'typing');

/** Publishes a typing event of a user with the remaining time, ms. */
const hear = ({ core, lobby }: Site, user: string, ms: number): void =>
  core.bus.publish({ type: 'typing', group: lobby.id, user: asUserId(user), until: core.now() + ms });

test('typing: pages and programs receive events without an id; text streams and the live document do not', async (t) => {
  const { ann, bob, bobUser, post, stream } = await openSite(t);
  const page = await stream(ann);
  const program = await stream(ann, '?as=json');
  const shell = new RawReader(t, ann, `${LOBBY}/events?as=text`).read();
  const frame = new RawReader(t, ann, `${LOBBY}/live`).read();
  await frame.until((text) => text.includes('id="messages"'));
  t.is((await bob.json('POST', SAY)).status, 204);
  await page.until(is('Bob'));
  await program.until((events) => typingEvents(events).length === 1);
  t.deepEqual(JSON.parse(typingEvents(program.events)[0]?.data ?? ''), {
    group: 'lobby',
    users: [{ id: bobUser.id, name: 'Bob', display_name: 'Bob' }],
    several: false,
  });
  for (const { id } of [...typingEvents(page.events), ...typingEvents(program.events)])
    t.is(id, undefined, 'a cursor is for what is in the log');
  await post('something to see');
  for (const reader of [shell, frame]) t.false((await reader.until((text) => text.includes('something to see'))).includes('is typing'));
});

test('typing: ends with the message, without a second event', async (t) => {
  const { ann, bob, stream } = await openSite(t);
  const page = await stream(ann);
  await bob.json('POST', SAY);
  await page.until(is('Bob'));
  await bob.json('POST', `${LOBBY}/messages`, { body: 'here it is' });
  await page.until(is(''));
  t.true(page.events.some(({ data }) => data.includes('here it is')));
});

test('typing: expires by itself; a renewed one continues, and is sent once', async (t) => {
  const site = await openSite(t);
  const page = await site.stream(site.ann);
  hear(site, site.bobUser.id, 400);
  await page.until(is('Bob'));
  for (let i = 0; i < 20; i += 1) hear(site, site.bobUser.id, 400);
  await page.until(is(''));
  t.is(typingEvents(page.events).length, 2);
});

test('typing: an event that is late, or from a clock that is ahead, is ignored or bounded', async (t) => {
  const site = await openSite(t);
  const page = await site.stream(site.ann);
  hear(site, site.annUser.id, -1);
  hear(site, site.bobUser.id, 3_600_000);
  await page.until(is('Bob'));
  const since = performance.now();
  await page.until(is(''));
  t.true(performance.now() - since < TYPING_MS + 2000);
});

test("typing: an event sent before the author's message but received after it is ignored", async (t) => {
  const site = await openSite(t);
  const page = await site.stream(site.bob);
  await site.post('sent at once');
  await page.until((events) => events.some(({ data }) => data.includes('sent at once')));
  hear(site, site.annUser.id, 5000);
  hear(site, site.bobUser.id, 5000);
  await page.until((events) => typing(events) !== undefined);
  t.is(typing(page.events), 'Bob');
});

test('typing: several users are named, many are not; a removed member is not shown', async (t) => {
  const site = await openSite(t);
  const { core, signUp, ann, annUser, bobUser, lobby, stream } = site;
  const page = await stream(ann);
  await Promise.all(['Eve', 'Dan', 'Fay'].map((name) => signUp(name)));
  const others = (await core.store.users.list({ limit: 10 })).filter(({ id }) => id !== bobUser.id);
  hear(site, bobUser.id, 5000);
  hear(site, annUser.id, 5000);
  await page.until((events) => ['Bob,Ann', 'Ann,Bob'].includes(typing(events) ?? ''));
  await removeMember(core, annUser.id, lobby, bobUser);
  await page.until(is('Ann'));
  hear(site, bobUser.id, 5000); // typing again together with others
  for (const { id } of others) hear(site, id, 5000);
  await page.until((events) => typingEvents(events).at(-1)?.data.includes('Several people are typing…') ?? false);
  t.is(typing(page.events), '');
});

test('typing: a page that connects later gets the current state; nothing is sent when nobody types', async (t) => {
  const site = await openSite(t);
  const first = await site.stream(site.ann);
  hear(site, site.bobUser.id, 5000);
  await first.until(is('Bob'));
  const second = await site.stream(site.ann);
  await second.until(is('Bob'));
  await site.post('a word');
  const { seq } = await site.core.store.log.head(site.lobby.id);
  await first.until(({ length }) => first.ids.at(-1) === seq && length > 0);
  t.is(typing(second.events), 'Bob');
});

test('typing: members send it by page or token; outsiders and visitors cannot; in an archived group it has no effect', async (t) => {
  const { core, ann, bob, annUser, bobUser, lobby, client, signUp, stream } = await openSite(t);
  const page = await stream(ann);
  const { token } = await createToken(core, bobUser);
  t.is((await bob.bearer(token).json('POST', SAY)).status, 204);
  await page.until(is('Bob'));
  const eve = await signUp('Eve');
  t.is((await eve.json('POST', SAY)).status, 404);
  t.is((await client().json('POST', SAY)).status, 401);
  t.is((await bob.json('POST', SAY, undefined, { Origin: 'https://evil.example' })).status, 403);
  await setArchived(core, annUser.id, lobby, true);
  let heard = 0;
  await core.bus.subscribe(lobby.id, ({ type }) => {
    if (type === 'typing') heard += 1;
  });
  t.is((await ann.json('POST', SAY)).status, 204);
  await setImmediate();
  t.is(heard, 0);
});

test('typing: a client that sends it too often gets the usual response, and others get no events', async (t) => {
  const { core, bob, lobby, clock } = await openSite(t);
  let heard = 0;
  await core.bus.subscribe(lobby.id, ({ type }) => {
    if (type === 'typing') heard += 1;
  });
  for (let i = 0; i < 10; i += 1) t.is((await bob.json('POST', SAY)).status, 204);
  t.is(heard, 2);
  clock.turn(1000);
  await bob.json('POST', SAY);
  t.is(heard, 3);
});

test("typing: a page hides its own user's line and reserves space for others", async (t) => {
  const { ann, annUser } = await openSite(t);
  const { text } = await ann.get(LOBBY);
  t.true(text.includes(`.typing [data-user="${annUser.id}"] { display: none; }`));
  t.true(text.includes('<p id="typing" class="typing"></p>'));
});
