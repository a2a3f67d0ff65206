import test from 'ava';
import { sendAgain, sendTest } from '../../../lib/webhooks/outgoing/operations.ts';
import { openStage } from './cast.ts';

const LINE = 'Failed to respond within 1.5 seconds';
const MINUTE = 60_000;

test('webhooks: a mentioned bot that does not respond in time says so in the group, once for a message', async (t) => {
  const stage = await openStage(t, { callWithinMs: 1500 });
  const slow = await stage.bot('Slow');
  slow.receiver.usually = () => {};
  await stage.say('@Slow?');
  await stage.settled();
  t.deepEqual(await stage.talk(), ['Ann: @Slow?', `Slow: ${LINE}`]);

  stage.clock.turn(MINUTE); // as after a crash, the same delivery is attempted again
  await stage.settled();
  t.is(slow.receiver.received.length, 2);
  t.is((await stage.talk()).length, 2);

  slow.receiver.usually = 'here I am';
  stage.clock.turn(MINUTE);
  await stage.settled();
  const answered = ['Ann: @Slow?', `Slow: ${LINE}`, 'Slow: here I am'];
  t.deepEqual(await stage.talk(), answered, 'a later attempt is answered');
  slow.receiver.usually = () => {};
  await sendAgain(stage.core, slow.user, (await stage.deliveries(slow))[0]?.id ?? '');
  await stage.settled();
  t.is(slow.receiver.received.length, 4);
  t.deepEqual(await stage.talk(), answered, 'sent again by hand');

  await stage.say('@Slow, again?');
  await stage.settled();
  t.deepEqual((await stage.talk()).slice(3), ['Ann: @Slow, again?', `Slow: ${LINE}`], 'each message has its own');
});

test('webhooks: a timeout is announced only for messages that mention the bot, and only for timeouts', async (t) => {
  const stage = await openStage(t, { callWithinMs: 1500 });
  const watcher = await stage.bot('Watcher', { on: 'all' });
  const keyword = await stage.bot('Keyword', { on: 'keyword', keywords: ['deploy'] });
  const editor = await stage.bot('Editor', { events: ['edited', 'reacted', 'joined'] });
  const broken = await stage.bot('Broken');
  const slow = await stage.bot('Slow');
  for (const { receiver } of [watcher, keyword, editor, slow]) receiver.usually = () => {};
  broken.receiver.usually = (_, response) => response.destroy();
  const carl = await stage.site.signUp('Carl');
  await carl.form('/groups/join', { slug: 'lobby' });
  await sendTest(stage.core, slow.user);
  await stage.say('deploy, @Broken');
  await stage.settled();
  for (const bot of [watcher, keyword, editor, broken, slow]) t.true(bot.receiver.received.length > 0, bot.user.name);
  t.deepEqual(await stage.talk(), ['Ann: deploy, @Broken']);
  await stage.say('and @Slow');
  await stage.settled();
  t.deepEqual((await stage.talk()).slice(2), [`Slow: ${LINE}`]);
});
