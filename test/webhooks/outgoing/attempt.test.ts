import test from 'ava';
import { Webhook as Verifier } from 'standardwebhooks';
import { createBot } from '../../../lib/bots/operations.ts';
import { openDirect } from '../../../lib/groups/direct.ts';
import { addMember, groupAccess, removeMember } from '../../../lib/groups/operations.ts';
import * as messages from '../../../lib/messages/operations.ts';
import { setWebhook } from '../../../lib/webhooks/outgoing/operations.ts';
import { type Received, Receiver } from '../../helpers/receiver.ts';
import { Clock } from '../../helpers/server.ts';
import { type Called, openFixture } from './fixtures.ts';

test("delivery: a mentioned bot gets Campfire's payload with additions, signed as a Standard Webhook", async (t) => {
  const fixture = await openFixture(t, { clock: new Clock(Date.now()) }); // the library uses the system clock
  const echo = await fixture.bot('Echo');
  const seq = await fixture.postText('<b>hello</b> @Echo, are you there?');
  const { method, headers, text, body } = await echo.receiver.call(1);
  t.is(method, 'POST');
  t.regex(headers['content-type'] ?? '', /^application\/json/);
  t.is(headers['user-agent'], 'Parley');
  t.regex(headers.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  t.regex(headers['webhook-id'] ?? '', /^msg_[0-9a-f]{32}$/);
  t.notThrows(() => new Verifier(echo.secret).verify(text, headers));
  t.throws(() => new Verifier(echo.secret).verify(`${text} `, headers));
  t.deepEqual(body.user, { id: fixture.ann.id, name: 'Ann', bot: false });
  t.is(body.room.name, 'Lobby');
  t.is(body.room.id, (await fixture.at()).group.number);
  t.regex(body.room.path, new RegExp(`^/rooms/lobby/${echo.user.id}-[A-Za-z0-9]{12}/messages$`));
  t.is(body.message.id, seq);
  t.is(body.message.path, `/rooms/lobby/@${seq}`);
  t.is(body.message.body.plain, '<b>hello</b> , are you there?');
  t.true(body.message.body.html.includes('&lt;b&gt;hello'));
  t.is(body.message.text, '<b>hello</b> @Echo, are you there?');
  t.like(body, { event: 'posted', group: 'lobby', seq, hop: 0, actor: { name: 'Ann', bot: false } });
  t.like(body.message, { seq, erased: false, author: { name: 'Ann', bot: false }, url: `/groups/lobby/messages/${seq}` });
});

test('delivery: the bot can post at the path in the payload', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  await fixture.postText('@Echo come');
  const { body } = await echo.receiver.call(1);
  const { status } = await fixture.site.client().send(body.room.path, { method: 'POST', body: 'here I am' });
  t.is(status, 201);
  t.deepEqual(await fixture.talk(), ['Ann: @Echo come', 'Echo: here I am']);
});

type Row = readonly [title: string, input: object, said: string, isCalled: boolean];
const MESSAGES: readonly Row[] = [
  ['mention: named', { on: 'mention' }, 'hey @Echo', true],
  ['mention: not named', { on: 'mention' }, 'hey Echo', false],
  ['mention: another is named', { on: 'mention' }, 'hey @Ann', false],
  ['mention: @all calls no bot', { on: 'mention' }, 'hey @all', false],
  ['all', { on: 'all' }, 'whatever', true],
  ['keyword: said', { on: 'keyword', keywords: ['deploy', 'roll back'] }, 'Please DEPLOY it', true],
  ['keyword: of two words', { on: 'keyword', keywords: ['deploy', 'roll back'] }, 'we must roll back!', true],
  ['keyword: within a longer word', { on: 'keyword', keywords: ['deploy'] }, 'the deployment', false],
  ['keyword: in a script without spaces between words', { on: 'keyword', keywords: ['部署'] }, '请:部署', true],
  ['keyword: inside a sentence of such a script', { on: 'keyword', keywords: ['会議'] }, '明日の会議は十時からです', true],
  ['keyword: composed in another way', { on: 'keyword', keywords: ['caf\u00e9'] }, 'the cafe\u0301 is open', true],
  ['keyword: a sign', { on: 'keyword', keywords: ['!help'] }, 'so !help me', true],
  ['keyword: not said, though named', { on: 'keyword', keywords: ['deploy'] }, '@Echo hello', false],
  ['posted is not chosen', { on: 'all', events: ['edited'] }, 'whatever', false],
];

test('delivery: which messages trigger a webhook', async (t) => {
  const fixture = await openFixture(t);
  for (const [index, [title, input, said, isCalled]] of MESSAGES.entries()) {
    const echo = await fixture.bot(`Echo${index}`, input);
    const seq = await fixture.postText(said.replace('Echo', echo.user.name));
    await fixture.settled();
    const heard = echo.receiver.received.map(({ body }) => body.seq);
    t.deepEqual(heard, isCalled ? [seq] : [], title);
    await removeMember(fixture.core, fixture.ann.id, (await fixture.at()).group, echo.user);
    await fixture.core.store.webhooks.remove(echo.user.id);
  }
});

test('delivery: each event is sent only where it is chosen', async (t) => {
  const fixture = await openFixture(t);
  const { core, ann } = fixture;
  const events = ['posted', 'edited', 'erased', 'reacted', 'joined', 'left'] as const;
  const bots = await Promise.all(events.map((event) => fixture.bot(`Bot of ${event}`, { on: 'all', events: [event] })));
  const all = await fixture.bot('Observer', { on: 'all', events });
  const { group } = await fixture.at();
  const seq = await fixture.postText('one');
  await messages.edit(core, await fixture.at(), seq, 'two');
  await messages.react(core, await fixture.at(), seq, '👍', true);
  await messages.react(core, await fixture.at(), seq, '👍', false);
  const { user: guest } = await createBot(core, ann.id, { name: 'Guest', group });
  await removeMember(core, ann.id, group, guest);
  await messages.erase(core, await fixture.at(), seq);
  await messages.unerase(core, await fixture.at(), seq);
  await fixture.settled();
  // Joins of the test's own members do not count.
  const isOfGuest = ({ body }: Received): boolean => body.member === undefined || body.member.id === guest.id;
  const names = ({ receiver }: Called): string[] =>
    receiver.received
      .filter(isOfGuest)
      .map(({ body }) => body.event)
      .sort();
  t.deepEqual(bots.map(names), [['posted'], ['edited'], ['erased', 'unerased'], ['reacted', 'unreacted'], ['joined'], ['left']]);
  t.deepEqual(names(all), ['edited', 'erased', 'joined', 'left', 'posted', 'reacted', 'unerased', 'unreacted']);
  const one = (event: string) => all.receiver.received.filter(isOfGuest).find(({ body }) => body.event === event)?.body;
  t.like(one('reacted'), { reaction: '👍', actor: { name: 'Ann' }, message: { id: seq, author: { name: 'Ann' } } });
  t.like(one('joined'), { message: null, member: { id: guest.id, name: 'Guest', bot: true }, actor: { name: 'Ann' } });
  t.like(one('left'), { message: null, member: { id: guest.id } });
});

test('delivery: bots get no events of their own, nor of groups that they are not in', async (t) => {
  const fixture = await openFixture(t);
  const { core, ann } = fixture;
  const echo = await fixture.bot('Echo', { on: 'all', events: ['posted', 'reacted', 'edited', 'left'] });
  const seq = await fixture.postText('@Echo says Echo', echo.user);
  await messages.react(core, await fixture.at(echo.user), seq, '👀', true);
  await messages.edit(core, await fixture.at(echo.user), seq, 'changed');
  const { group } = await fixture.at();
  await removeMember(core, ann.id, group, echo.user);
  await fixture.postText('@Echo where are you?');
  await fixture.settled();
  t.deepEqual(await fixture.deliveries(echo), []);
  await addMember(core, ann.id, group, echo.user);
  await fixture.postText('welcome back');
  t.is((await echo.receiver.call(1)).body.message.text, 'welcome back');
});

test('delivery: a bot removed before the request gets nothing', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.usually = 500;
  await fixture.postText('@Echo a secret');
  await fixture.settled();
  await removeMember(fixture.core, fixture.ann.id, (await fixture.at()).group, echo.user);
  fixture.clock.turn(5000);
  await fixture.settled();
  t.is(echo.receiver.received.length, 1);
  t.like(await fixture.deliveries(echo), [{ state: 'dropped', reason: 'The bot is no longer in the group.' }]);
});

test('delivery: every way of posting triggers webhooks', async (t) => {
  const fixture = await openFixture(t);
  const { core, site } = fixture;
  const echo = await fixture.bot('Echo', { on: 'all' });
  const { hook, token } = await createBot(core, fixture.ann.id, { name: 'Other', group: (await fixture.at()).group });
  const visitor = site.client();
  await visitor.send(hook, { method: 'POST', body: 'by hook' });
  await visitor.bearer(token).json('POST', '/groups/lobby/messages', { body: 'by API' });
  const bob = await site.signUpInLobby('Bob');
  await bob.form('/groups/lobby/messages', { body: 'by form' });
  await echo.receiver.call(3);
  t.deepEqual(echo.receiver.received.map(({ body }) => body.message.text).sort(), ['by API', 'by form', 'by hook']);
  t.deepEqual(echo.receiver.received.map(({ body }) => body.hop).sort(), [0, 1, 2], 'how many of bots in a row');
});

test('delivery: posts by the CLI beside the server trigger webhooks', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo', { on: 'all' });
  const { openCore } = await import('../../../lib/app.ts');
  const beside = await openCore(fixture.core.config, { role: 'visitor', now: fixture.clock.now });
  await messages.post(beside, await fixture.at(), { body: 'from a shell' });
  await beside.close();
  t.is((await echo.receiver.call(1)).body.message.text, 'from a shell');
});

test('delivery: entries on streams and in JSON do not reveal which bots they trigger', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo', { on: 'all', events: ['posted', 'reacted'] });
  echo.receiver.usually = 500;
  const seq = await fixture.postText('hello');
  const entries = await fixture.core.store.log.range((await fixture.at()).group.id, 1, seq);
  const { entryJson } = await import('../../../lib/messages/presenter.ts');
  const { UNRELATED } = await import('../../../lib/messages/threads/related.ts');
  const shown = await Array.fromAsync(entries, (entry) =>
    entryJson(fixture.core, { ...entry, pending: [echo.user.id] }, { slug: 'lobby' }, { profiles: new Map(), related: UNRELATED }),
  );
  t.false(JSON.stringify(shown.at(-1)).includes('pending'));
  t.false(JSON.stringify(shown).includes('"pending"'));
});

test('delivery: webhooks and memberships written by another process count from the next message on', async (t) => {
  const fixture = await openFixture(t);
  const { core, ann } = fixture;
  await fixture.postText('so that nobody is remembered to be called');
  const { openCore } = await import('../../../lib/app.ts');
  const beside = await openCore(core.config, { role: 'visitor', now: fixture.clock.now });
  t.teardown(beside.close);
  const receiver = await Receiver.open(t);
  const { group } = await fixture.at();
  const { user } = await createBot(beside, ann.id, { name: 'Echo', group });
  await setWebhook(beside, user, { url: receiver.url, on: 'all' });
  await fixture.postText('one');
  t.is((await receiver.call(1)).body.message.text, 'one');
  await removeMember(beside, ann.id, group, user);
  await fixture.postText('two');
  await addMember(beside, ann.id, group, user);
  await fixture.postText('three');
  t.is((await receiver.call(2)).body.message.text, 'three');
});

test('delivery: in direct messages a bot is called without a mention', async (t) => {
  const fixture = await openFixture(t);
  const { core, ann } = fixture;
  const echo = await fixture.bot('Echo');
  const { group } = await openDirect(core, ann, [echo.user]);
  await messages.post(core, await groupAccess(core, ann, group), { body: 'are you there?' });
  const { body } = await echo.receiver.call(1);
  t.is(body.room.name, null);
  t.is(body.message.body.plain, 'are you there?');
});
