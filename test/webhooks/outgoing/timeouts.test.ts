import test from 'ava';
import { sendAgain, sendTest } from '../../../lib/webhooks/outgoing/operations.ts';
import { openFixture } from './fixtures.ts';

const LINE = 'Failed to respond within 1.5 seconds';
const MINUTE = 60_000;

test('webhooks: a mentioned bot that does not respond in time says so in the group, once for a message', async (t) => {
  const fixture = await openFixture(t, { callWithinMs: 1500 });
  const slow = await fixture.bot('Slow');
  slow.receiver.usually = () => {};
  await fixture.postText('@Slow?');
  await fixture.settled();
  t.deepEqual(await fixture.talk(), ['Ann: @Slow?', `Slow: ${LINE}`]);

  fixture.clock.turn(MINUTE); // as after a crash, the same delivery is sent again
  await fixture.settled();
  t.is(slow.receiver.received.length, 2);
  t.is((await fixture.talk()).length, 2);

  slow.receiver.usually = 'here I am';
  fixture.clock.turn(MINUTE);
  await fixture.settled();
  const answered = ['Ann: @Slow?', `Slow: ${LINE}`, 'Slow: here I am'];
  t.deepEqual(await fixture.talk(), answered, 'a later attempt is answered');
  slow.receiver.usually = () => {};
  await sendAgain(fixture.core, slow.user, (await fixture.deliveries(slow))[0]?.id ?? '');
  await fixture.settled();
  t.is(slow.receiver.received.length, 4);
  t.deepEqual(await fixture.talk(), answered, 'sent again by hand');

  await fixture.postText('@Slow, again?');
  await fixture.settled();
  t.deepEqual((await fixture.talk()).slice(3), ['Ann: @Slow, again?', `Slow: ${LINE}`], 'each message has its own');
});

test('webhooks: a timeout is announced only for messages that mention the bot, and only for timeouts', async (t) => {
  const fixture = await openFixture(t, { callWithinMs: 1500 });
  const watcher = await fixture.bot('Watcher', { on: 'all' });
  const keyword = await fixture.bot('Keyword', { on: 'keyword', keywords: ['deploy'] });
  const editor = await fixture.bot('Editor', { events: ['edited', 'reacted', 'joined'] });
  const broken = await fixture.bot('Broken');
  const slow = await fixture.bot('Slow');
  for (const { receiver } of [watcher, keyword, editor, slow]) receiver.usually = () => {};
  broken.receiver.usually = (_, response) => response.destroy();
  const carl = await fixture.site.signUp('Carl');
  await carl.form('/groups/join', { slug: 'lobby' });
  await sendTest(fixture.core, slow.user);
  await fixture.postText('deploy, @Broken');
  await fixture.settled();
  for (const bot of [watcher, keyword, editor, broken, slow]) t.true(bot.receiver.received.length > 0, bot.user.name);
  t.deepEqual(await fixture.talk(), ['Ann: deploy, @Broken']);
  await fixture.postText('and @Slow');
  await fixture.settled();
  t.deepEqual((await fixture.talk()).slice(2), [`Slow: ${LINE}`]);
});
