import test, { type ExecutionContext } from 'ava';
import { registerCommand } from '../../../lib/commands/registry.ts';
import { runCommand } from '../../../lib/commands/run.ts';
import { readEphemerals } from '../../../lib/messages/ephemeral/operations.ts';
import { post } from '../../../lib/messages/operations.ts';
import type { Answering } from '../../helpers/receiver.ts';
import { openFixture } from './fixtures.ts';

const json = (value: unknown): Answering => ({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });

/** A bot with a webhook and the command /deploy, in Lobby with Ann. */
async function openCommand(t: ExecutionContext, shown: boolean, options: Parameters<typeof openFixture>[1] = {}) {
  const fixture = await openFixture(t, options);
  const bot = await fixture.bot('Deploy', { on: 'keyword', keywords: ['nothing'], events: ['reacted'] });
  const other = await fixture.bot('Other', { on: 'all', events: ['posted'] });
  const { group } = await fixture.at();
  await registerCommand(fixture.core, bot.user, { group: group.id, name: 'deploy' }, { hint: '', help: 'Deploys.', shown });
  const type = async (rest: string): Promise<void> => {
    const at = await fixture.at();
    const outcome = await runCommand(fixture.core, at, { name: 'deploy', rest }, 'UTC');
    if ('command' in outcome) await post(fixture.core, at, { body: `/deploy ${rest}`, command: outcome.command });
  };
  const seen = async () => (await readEphemerals(fixture.core, group.id, fixture.ann.id)).map(({ body }) => body);
  return { ...fixture, bot, other, type, seen };
}

test('commands: one that is not shown calls its bot alone, and only its author sees the answer', async (t) => {
  const { ann, bot, other, type, seen, settled, talk, deliveries, clock } = await openCommand(t, false);
  bot.receiver.answers.push(json({ text: 'Deploying main' }), 'Plain', json({ text: 'For all', response_type: 'in_channel' }), 204);
  for (const rest of ['main now', 'two', 'three', 'four']) {
    await type(rest);
    await settled();
    clock.turn(10);
  }
  t.is(other.receiver.received.length, 0);
  const { body } = await bot.receiver.call(1);
  t.like(body, {
    ...{ event: 'command', group: 'lobby', user: { id: ann.id, name: 'Ann', bot: false }, message: null },
    command: { name: 'deploy', text: 'main now' },
  });
  t.deepEqual(await seen(), ['Deploying main', 'Plain']);
  t.deepEqual(await talk(), ['Deploy: For all']);
  for (const delivery of await deliveries(bot)) t.like(delivery, { event: 'command', state: 'done', message: null });
});

test('commands: one that is shown is a message, and its answer a reply, unless it says otherwise', async (t) => {
  const { bot, other, type, seen, settled, talk } = await openCommand(t, true);
  bot.receiver.answers.push(json({ text: 'Deploying main' }), json({ text: 'Only you', response_type: 'ephemeral' }));
  await type('main');
  await settled();
  await type('two');
  await settled();
  t.like((await bot.receiver.call(1)).body, {
    ...{ event: 'command', command: { name: 'deploy', text: 'main' } },
    message: { text: '/deploy main', command: { name: 'deploy', bot: bot.user.id } },
  });
  t.like((await other.receiver.call(1)).body, { event: 'posted', message: { text: '/deploy main' } });
  t.deepEqual(await talk(), ['Ann: /deploy main', 'Deploy: Deploying main', 'Ann: /deploy two']);
  t.deepEqual(await seen(), ['Only you']);
});

test('commands: whoever typed one is told that its bot does not answer, once; the command is sent again', async (t) => {
  const { bot, type, seen, settled, clock } = await openCommand(t, false);
  bot.receiver.answers.push(500, 500, json({ text: 'Late, but here' }));
  await type('main');
  await settled();
  t.deepEqual(await seen(), ['Deploy does not answer. The command is sent again.']);
  for (let tries = 0; tries < 2; tries += 1) {
    clock.turn(60_000);
    await settled();
  }
  t.is(bot.receiver.received.length, 3);
  t.deepEqual((await seen()).slice(1), ['Late, but here']);
});
