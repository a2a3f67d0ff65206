import test, { type ExecutionContext } from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import { COMMAND_KEPT_MS } from '../../lib/commands/run.ts';
import { removeMember } from '../../lib/groups/operations.ts';
import { scrubDue } from '../../lib/log/scrub.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { wholeLog } from '../helpers/core-fixture.ts';
import { EventReader } from '../helpers/stream.ts';
import { openOffers } from '../messages/actions/offers.ts';

const MESSAGES = '/groups/lobby/messages';
const AT = '/groups/lobby/commands';
const DEPLOY = { help: 'Deploys a branch.', hint: 'branch' };

/** Sends the form of the page, as a browser without scripts. */
const type = (who: Client, body: string): Promise<Answer> => who.form(MESSAGES, { body });

type Listed = { readonly name: string; readonly bot: { readonly name: string } | null };
const botsIn = async (who: Client): Promise<string[]> =>
  (await who.get(AT, 'application/json')).json<Listed[]>().flatMap(({ name, bot }) => (bot ? [`/${name} ${bot.name}`] : []));

async function openWithSecond(t: ExecutionContext) {
  const site = await openOffers(t);
  const { token, user } = await createBot(site.core, undefined, { name: 'other', group: site.lobby });
  return { ...site, second: site.client().bearer(token), secondUser: user };
}

test('commands of bots: are listed for people, and replaced and removed by their bot', async (t) => {
  const { ann, bot } = await openOffers(t);
  const made = await bot.json('PUT', `${AT}/deploy`, DEPLOY);
  t.is(made.status, 201);
  t.deepEqual(made.json(), { name: 'deploy', ...DEPLOY, shown: false, group: 'lobby' });
  t.is((await bot.json('PUT', '/commands/status', { help: 'Says how it is.' })).status, 201);
  t.deepEqual(await botsIn(ann), ['/deploy deploy', '/status deploy']);
  t.is((await bot.json('PUT', `${AT}/deploy`, { help: 'Deploys.', shown: true })).status, 200);
  t.deepEqual((await bot.get('/commands', 'application/json')).json(), [
    { name: 'deploy', hint: '', help: 'Deploys.', shown: true, group: 'lobby' },
    { name: 'status', hint: '', help: 'Says how it is.', shown: false, group: null },
  ]);
  t.regex((await ann.get(AT)).text, /<code>\/deploy<\/code>[\s\S]*Deploys\.[\s\S]*deploy/);
  t.is((await bot.json('DELETE', `${AT}/deploy`)).status, 204);
  t.is((await bot.json('DELETE', `${AT}/deploy`)).status, 404);
  t.is((await bot.json('DELETE', '/commands/status')).status, 204);
  t.deepEqual(await botsIn(ann), []);
});

test('commands of bots: who may register what', async (t) => {
  const { ann, annUser, bot, second, core, lobby, botUser } = await openWithSecond(t);
  t.is((await ann.json('PUT', `${AT}/deploy`, DEPLOY)).status, 403, 'a person');
  for (const name of ['Deploy', '1a', 'a'.repeat(33), 'a_b']) t.is((await bot.json('PUT', `${AT}/${name}`, DEPLOY)).status, 400, name);
  t.is((await bot.json('PUT', `${AT}/leave`, DEPLOY)).status, 409, 'built in');
  t.is((await bot.json('PUT', '/commands/leave', DEPLOY)).status, 409, 'built in');
  for (const wrong of [{}, { help: '' }, { help: 'a\nb' }, { ...DEPLOY, help: 'x'.repeat(201) }, { ...DEPLOY, hint: 'x'.repeat(101) }])
    t.is((await bot.json('PUT', `${AT}/deploy`, wrong)).status, 400, JSON.stringify(wrong));
  t.is((await bot.json('PUT', '/groups/elsewhere/commands/deploy', DEPLOY)).status, 404);
  t.is((await bot.json('PUT', `${AT}/deploy`, DEPLOY)).status, 201);
  const taken = await second.json('PUT', `${AT}/deploy`, DEPLOY);
  t.is(taken.status, 409);
  t.regex(taken.text, /deploy has the command/);
  await second.json('PUT', '/commands/deploy', DEPLOY);
  t.deepEqual(await botsIn(ann), ['/deploy deploy'], 'the command of the group comes first');
  await removeMember(core, annUser.id, lobby, botUser);
  t.deepEqual(await botsIn(ann), ['/deploy other'], 'that of a bot that is not in the group is not there');
});

test('commands of bots: 50 at most of a bot', async (t) => {
  const { bot, botUser, core } = await openOffers(t);
  for (let number = 0; number < 50; number += 1)
    await core.store.commands.put({ bot: botUser.id, group: '', name: `c${number}`, hint: '', help: 'x', shown: false, createdAt: 1 });
  t.is((await bot.json('PUT', `${AT}/deploy`, DEPLOY)).status, 403);
  t.is((await bot.json('PUT', '/commands/c7', DEPLOY)).status, 200, 'a present one can be described anew');
});

test('a command that is not shown: its bot and its author read it, others that there is one', async (t) => {
  const { ann, bob, bot, core, lobby, annUser, botUser } = await openOffers(t);
  await bot.json('PUT', `${AT}/deploy`, DEPLOY);
  const streams = await Promise.all([ann, bob, bot].map((who) => EventReader.open(who, '/groups/lobby/events?as=json')));
  for (const stream of streams) t.teardown(() => stream.close());
  const mentions = await EventReader.open(bot, '/groups/lobby/events?as=json&filter=mentions');
  t.teardown(() => mentions.close());
  const sent = await type(ann, '/deploy  main, *now* ');
  t.is(sent.headers.get('location'), '/groups/lobby');
  t.regex((await ann.get('/groups/lobby')).text, /Sent to deploy\./);
  const [entry] = (await wholeLog(core, lobby.id)).slice(-1);
  t.like(entry, { kind: 'command', bot: botUser.id, name: 'deploy', text: 'main, *now*', author: annUser.id });
  const [toAnn, toBob, toBot] = await Promise.all(
    streams.map(async (stream) => {
      const events = await stream.until((all) => all.some(({ data }) => data.includes('"command"') && data.includes('"deploy"')));
      return JSON.parse(events.find(({ data }) => data.includes('"kind":"command"'))?.data ?? '{}') as Record<string, unknown>;
    }),
  );
  t.like(toAnn, { kind: 'command', text: 'main, *now*', author: { name: 'Ann' } });
  t.like(toBot, { kind: 'command', text: 'main, *now*', author: { name: 'Ann' } });
  t.is(toBob?.author, null);
  t.false('text' in (toBob ?? {}));
  await mentions.until((all) => all.some(({ data }) => data.includes('main, *now*')));
  for (const who of [ann, bob])
    for (const path of ['/groups/lobby', MESSAGES, `${MESSAGES}?limit=200`])
      for (const media of ['text/html', 'application/json', 'text/plain'])
        t.false((await who.get(path, media)).text.includes('main, *now*'), `${path} ${media}`);
  t.is((await ann.get(MESSAGES, 'application/json')).json<unknown[]>().length, 0, 'it is no message');
});

test('a command that is not shown: its text goes after a week', async (t) => {
  const { ann, bot, core, lobby } = await openOffers(t);
  await bot.json('PUT', `${AT}/deploy`, DEPLOY);
  await type(ann, '/deploy secret');
  const last = async () => (await wholeLog(core, lobby.id)).at(-1);
  const sent = await last();
  t.true(sent?.kind === 'command' && sent.due !== undefined && sent.due >= sent.at + COMMAND_KEPT_MS - 60_000);
  await scrubDue(core);
  t.deepEqual(await last(), sent, 'not before');
  await scrubDue({ ...core, sharedNow: async () => (sent?.at ?? 0) + 2 * COMMAND_KEPT_MS });
  const { due: _due, ...rest } = { due: 0, ...sent };
  t.deepEqual((await last()) as object, { ...rest, text: '', scrubbed: true });
});

test('a command that is shown is a message of its author, which names the command', async (t) => {
  const { ann, bob, bot, botUser } = await openOffers(t);
  await bot.json('PUT', `${AT}/deploy`, { ...DEPLOY, shown: true });
  t.regex((await type(ann, '/deploy main')).headers.get('location') ?? '', /#m-/);
  const [shown] = (await bob.get(`${MESSAGES}?limit=1`, 'application/json')).json<{ body: string; command: unknown; url: string }[]>();
  t.like(shown, { body: '/deploy main', command: { name: 'deploy', bot: botUser.id } });
  await ann.json('DELETE', shown?.url ?? '');
  t.like((await bob.get(shown?.url ?? '', 'application/json')).json<object>(), { erased: true, command: null });
});

test('a command to a bot of an archived group is refused, and what was typed is in the field', async (t) => {
  const { ann, bot } = await openOffers(t);
  await bot.json('PUT', `${AT}/deploy`, DEPLOY);
  t.is((await type(ann, `/deploy ${'x'.repeat(70_000)}`)).status, 422);
  await ann.form('/groups/lobby/settings', { action: 'archive', on: '1' });
  t.is((await type(ann, '/deploy main')).status, 403);
});
