import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { shownIn } from '../../../fixtures/hostile.ts';
import { createHook } from '../../../lib/bots/operations.ts';
import { textFile } from '../../../lib/export/folder.ts';
import { writeRecords } from '../../../lib/export/write-json.ts';
import { readMessage } from '../../../lib/log/history.ts';
import { stateOf } from '../../../lib/messages/actions/state.ts';
import { erase } from '../../../lib/messages/operations.ts';
import { sendAgain, webhookOf } from '../../../lib/webhooks/outgoing/operations.ts';
import { isSigned } from '../../../lib/webhooks/signing.ts';
import { newKey } from '../../encryption/keys.ts';
import { type Answering, Receiver } from '../../helpers/receiver.ts';
import { openFixture } from './fixtures.ts';

/* Actions with a URL of their own, as Mattermost's: a use calls that URL in place of the bot's webhook. */

const json = (value: unknown): Answering => ({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });
const [KEY, PASSWORD] = ['k3y-of-the-url', 'pa55-of-the-context'];

/** A message with a button and a select of Mattermost, posted by webhook. Bob, a member, uses them on the page. */
async function openIntegration(t: ExecutionContext, options: Parameters<typeof openFixture>[1] = {}, webhook: object = {}) {
  const fixture = await openFixture(t, options);
  const { site, core } = fixture;
  const bob = await site.signUpInLobby('Bob');
  const bot = await fixture.bot('Deploy', { on: 'all', events: ['posted', 'edited', 'reacted'], ...webhook });
  const target = await Receiver.open(t);
  const { group } = await fixture.at();
  const hook = await createHook(core, bot.user, group);
  const integration = { url: `${target.url}/act?key=${KEY}`, context: { action: 'deploy', password: PASSWORD, 'a.b': { $c: 1 } } };
  const attachment = (more: object = {}) => ({
    text: 'Build 7',
    actions: [
      { id: 'go', name: 'Deploy', style: 'primary', integration },
      {
        ...{ id: 'where', name: 'Where', type: 'select', integration },
        options: [
          { text: 'Europe', value: 'eu' },
          { text: 'America', value: 'us' },
        ],
      },
    ],
    ...more,
  });
  const posted = await site.client().json('POST', `${hook}?wait=true`, { text: 'Deploy?', props: { attachments: [attachment()] } });
  const { seq } = posted.json<{ seq: number }>();
  const path = `/groups/lobby/messages/${seq}`;
  let rev = 0;
  const use = async (action: string, fields: Record<string, string> = {}) => {
    rev += 1; // of another form each time
    const { status } = await bob.form(`${path}/actions/${action}`, { rev: String(rev), ...fields });
    if (status !== 303) throw new Error(`the action was not used: ${status}`);
    await fixture.settled();
  };
  const waits = async (action: string) => {
    const folded = await readMessage(core, group.id, seq);
    const found = (folded.state.actions ?? folded.message.actions ?? []).find(({ id }) => id === action);
    return found && stateOf(folded, found, bot.user.id).isWaiting;
  };
  const row = async () => shownIn(/<article id="m-\d+"[\s\S]*?<\/article>/.exec((await bob.get(path)).text)?.[0] ?? '');
  return { ...fixture, newBot: fixture.bot, bot, bob, target, hook, attachment, seq, path, use, waits, row, group };
}

test('integrations: a use calls the URL with the body of Mattermost, signed as webhooks are; the update edits the message', async (t) => {
  const { bot, bob, target, seq, use, waits, row, clock, group, attachment, ...fixture } = await openIntegration(t);
  target.answers.push(json({ update: { message: 'Deploying **7**', props: { attachments: [{ text: 'by Bob' }] } } }));
  const page = await bob.get(`/groups/lobby/messages/${seq}`);
  t.regex(page.text, /<form method="post" action="[^"]*\/actions\/go"/, 'a form without JavaScript');
  await use('go');
  const { id, name } = (await bob.get('/me', 'application/json')).json<{ id: string; name: string }>();
  const { body, headers, path, text } = await target.call(1);
  const [delivery] = await fixture.deliveries(bot);
  t.is(path, `/bot/act?key=${KEY}`);
  t.deepEqual(body, {
    ...{ user_id: id, user_name: name, channel_id: group.id, channel_name: 'lobby', team_id: '', team_domain: '' },
    ...{ post_id: `${group.id}-${seq}`, trigger_id: delivery?.id, type: 'button', data_source: '' },
    context: { action: 'deploy', password: PASSWORD, 'a.b': { $c: 1 } },
  });
  t.true(isSigned([bot.secret], (header) => headers[header] ?? '', Buffer.from(text), clock.now()));
  t.is(bot.receiver.received.filter(({ body: sent }) => sent.event === 'action').length, 0, 'in place of the webhook');
  t.like(delivery, { event: 'integration', message: seq, state: 'done' });
  const shown = await row();
  t.regex(shown, /Deploying 7[\s\S]*by Bob/);
  t.notRegex(shown, /Build 7|Where/);
  t.is(await waits('go'), undefined, 'the update has no actions');
});

test('integrations: a select sends its option as selected_option; an update without props keeps attachments and actions', async (t) => {
  const { target, bob, path, use, waits, row } = await openIntegration(t);
  target.answers.push({ body: JSON.stringify({ update: { message: 'In Europe' } }) });
  const form = (await bob.get(`${path}/actions/where/form`)).text;
  t.regex(form, /<select[^>]*name="value-where"[\s\S]*<option value="eu">Europe/);
  await use('where', { 'value-where': 'eu' });
  t.like((await target.call(1)).body, { type: 'select', context: { action: 'deploy', selected_option: 'eu' } });
  t.regex(await row(), /In Europe[\s\S]*Build 7[\s\S]*Deploy/);
  t.false(await waits('where'));
});

const ANSWERS: readonly (readonly [title: string, answer: Answering, error?: RegExp])[] = [
  ['nothing', 200],
  ['an ephemeral text', json({ ephemeral_text: 'Only for you' })],
  ['a text that no webhook would post', json({ text: 'For everybody' })],
  ['no JSON', 'OK'],
  ['an odd update', json({ update: { message: { toString: 1 }, props: { attachments: 'x' } }, ephemeral_text: 7 })],
  ['an error', json({ error: { message: 'Not now' } }), /^The URL responded: Not now$/],
];

test('integrations: every response ends the waiting; an ephemeral text is shown to nobody else', async (t) => {
  for (const [title, answer, error] of ANSWERS) {
    const { target, bot, use, waits, bob, ...fixture } = await openIntegration(t);
    target.answers.push(answer);
    await use('go');
    t.is(target.received.length, 1, title);
    t.true([false, undefined].includes(await waits('go')), title);
    t.deepEqual(await fixture.talk(), ['Deploy: {"text":"Deploy?","cards":[{"text":"Build 7"}]}'], title);
    t.notRegex((await bob.get('/groups/lobby', 'text/plain')).text, /Only for you|For everybody/, title);
    const problem = (await fixture.deliveries(bot))[0]?.attempts[0]?.error ?? null;
    if (error) t.regex(problem ?? '', error);
    else t.is(problem, null, title);
  }
});

test('integrations: a target that fails is called again, and the bot’s own webhook counts as well', async (t) => {
  const { target, bot, core, use, waits, clock, settled, row, ...fixture } = await openIntegration(t);
  target.answers.push(500, json({ update: { message: 'Deployed' } }));
  await use('go');
  t.like((await fixture.deliveries(bot))[0], { state: 'waiting', attempts: [{ status: 500 }] });
  t.true(await waits('go'));
  t.is((await webhookOf(core, bot.user))?.failingSince, null);
  clock.turn(60_000);
  await settled();
  t.is(target.received.length, 2);
  t.is(target.received[0]?.headers['webhook-id'], target.received[1]?.headers['webhook-id'], 'by which it can tell a repetition');
  t.regex(await row(), /Deployed/);
  t.false(await waits('go'));
  target.answers.push(410);
  await use('go');
  t.like((await fixture.deliveries(bot))[0], { state: 'failed', reason: 'The URL responded 410 Gone.' });
  t.is((await webhookOf(core, bot.user))?.disabled, null);
});

test('integrations: an address that is not public is refused unless it is allowed, and not called', async (t) => {
  const { target, bot, use, waits, ...fixture } = await openIntegration(
    t,
    { env: { ALLOW_OUTGOING: '' } },
    { url: 'https://bot.example.org/' },
  );
  await use('go');
  t.is(target.received.length, 0);
  t.like((await fixture.deliveries(bot))[0], {
    state: 'failed',
    reason: '127.0.0.1 is not a public address (127.0.0.1). ALLOW_OUTGOING can allow it.',
  });
  t.true(await waits('go'));
});

test('integrations: a bot without a webhook has them too, without a signature; a delivery can be repeated', async (t) => {
  const { target, bot, core, use, settled, hook, site, bob, attachment, ...fixture } = await openIntegration(t);
  await core.store.webhooks.remove(bot.user.id);
  await use('go');
  const { headers } = await target.call(1);
  t.deepEqual([headers['webhook-signature'], headers['webhook-id']], [undefined, (await fixture.deliveries(bot))[0]?.id]);
  await sendAgain(core, bot.user, (await fixture.deliveries(bot))[0]?.id ?? '');
  await settled();
  t.is(target.received.length, 2);
  const ann = await fixture.at();
  t.is(ann.user.name, 'Ann');
  t.is((await site.client().json('POST', hook, { text: 'again', attachments: [attachment()] })).status, 200, 'as in the format of Slack');
});

test('integrations: the URL called is that of the action as it was used; none once the message is erased', async (t) => {
  const { target, bot, core, use, seq, site, hook, settled, clock, ...fixture } = await openIntegration(t);
  target.answers.push(500);
  await use('go');
  const edited = await site.client().json('PATCH', `${hook}/messages/${seq}`, { text: 'Closed', attachments: [] });
  t.is(edited.status, 200);
  clock.turn(60_000);
  await settled();
  t.is(target.received.length, 2, 'though the message has no actions now');
  await erase(core, await fixture.at(bot.user), seq);
  const [delivery] = (await fixture.deliveries(bot)).filter(({ event }) => event === 'integration');
  await sendAgain(core, bot.user, delivery?.id ?? '');
  await settled();
  t.is(target.received.length, 2);
  t.like(await core.store.deliveries.byId(delivery?.id ?? ''), { state: 'dropped', reason: 'The message is erased.' });
});

test('integrations: neither URL nor context is exported, shown with a delivery, or in the file of an encrypted store', async (t) => {
  const env = { ENCRYPTION_KEYS: newKey('k1') };
  const { core, bot, site, use, group, ...fixture } = await openIntegration(t, { env: { ALLOW_OUTGOING: '127.0.0.1', ...env } });
  await use('go');
  const out = new PassThrough();
  const exported = textOf(out);
  const file = textFile(out);
  await writeRecords(core, file, { scope: { group }, program: 'test' });
  await file.end();
  const [delivery] = await fixture.deliveries(bot);
  const ann = site.client();
  await ann.form('/login', { name: 'Ann', password: (await import('../../helpers/server.ts')).PASSWORD });
  const shown = (await ann.get(`/groups/lobby/bots/${bot.user.id}/deliveries/${delivery?.id}`, 'application/json')).text;
  t.regex(await exported, /"actions":\[\{"id":"go"/);
  t.regex(shown, /"url":"http:\/\/127\.0\.0\.1:\d+\/\[redacted\]"/);
  for (const [where, text] of [
    ['export', await exported],
    ['delivery', shown],
  ])
    for (const secret of [KEY, PASSWORD]) t.false(text?.includes(secret), where);
  const database = join(core.config.dataDir, 'parley.db');
  for (const one of [database, `${database}-wal`]) for (const secret of [KEY, PASSWORD]) t.false(readFileSync(one).includes(secret), one);
});
