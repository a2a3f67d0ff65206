import test, { type ExecutionContext } from 'ava';
import type { Action } from '../../../lib/log/action.ts';
import { readMessage } from '../../../lib/log/history.ts';
import { applyAction } from '../../../lib/messages/actions/operations.ts';
import { stateOf } from '../../../lib/messages/actions/state.ts';
import { erase, post } from '../../../lib/messages/operations.ts';
import { sendAgain, setWebhook } from '../../../lib/webhooks/outgoing/operations.ts';
import type { Answering } from '../../helpers/receiver.ts';
import { openFixture } from './fixtures.ts';

const json = (value: unknown): Answering => ({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });

const APPROVE: Action = {
  ...{ id: 'approve', label: 'Approve', value: 'build-7', uses: 'many', show: 'nobody' },
  fields: [{ id: 'why', label: 'Why', type: 'text', optional: true }],
};

/** A bot with a webhook and a message with an action, in Lobby with Ann. */
async function openOffer(t: ExecutionContext, options: Parameters<typeof openFixture>[1] = {}) {
  const fixture = await openFixture(t, options);
  const bot = await fixture.bot('Deploy', { on: 'mention', events: ['reacted'] });
  const { message } = await post(fixture.core, await fixture.at(bot.user), { body: 'Deploy?', actions: [APPROVE] });
  const use = async (values = {}) => applyAction(fixture.core, await fixture.at(), message.seq, 'approve', { values });
  const state = async () => {
    const folded = await readMessage(fixture.core, message.group, message.seq);
    const [action] = folded.state.actions ?? folded.message.actions ?? [];
    return { body: folded.state.body, action, waits: action && stateOf(folded, action, bot.user.id).isWaiting };
  };
  return { ...fixture, newBot: fixture.bot, bot, seq: message.seq, use, state };
}

test('actions: a use calls the bot of the message, whatever its webhook is for, with all of it; no other bot is called', async (t) => {
  const {
    core,
    ann,
    bot,
    bot: { receiver },
    seq,
    use,
    settled,
    ...fixture
  } = await openOffer(t);
  const other = await fixture.newBot('Other', { on: 'all', events: ['posted', 'edited', 'reacted'] });
  await use({ why: 'it is “late”' });
  await settled();
  const { body, headers } = await receiver.call(1);
  t.like(body, {
    ...{ event: 'action', group: 'lobby', user: { id: ann.id, name: 'Ann', bot: false }, hop: 0 },
    action: { id: 'approve', label: 'Approve', value: 'build-7', values: { why: 'it is “late”' } },
    message: { seq, text: 'Deploy?', actions: [{ id: 'approve', state: { count: 1, by: [{ id: ann.id, name: 'Ann' }], waiting: true } }] },
  });
  t.regex(headers['webhook-signature'] ?? '', /^v1,/);
  t.is(other.receiver.received.length, 0);
  t.like((await fixture.deliveries(bot))[0], { event: 'action', message: seq, state: 'done' });
  await applyAction(core, await fixture.at(bot.user), seq, 'approve', { values: {} });
  await settled();
  t.is(receiver.received.length, 1, 'a bot is not called for its own acts');
});

const ROWS: readonly (readonly [title: string, answer: Answering, expected: object, talk?: readonly string[], error?: RegExp | null])[] = [
  ['nothing', 204, { body: 'Deploy?', waits: false, action: { id: 'approve' } }],
  ['a status', json({ ok: true }), { body: 'Deploy?', waits: false }, [], /its JSON has none of/],
  ['an update of the text', json({ update: { text: 'Deploying' } }), { body: 'Deploying', waits: false, action: { id: 'approve' } }],
  ['an update of the actions', json({ update: { actions: [{ id: 'stop', label: 'Stop' }] } }), { body: 'Deploy?', action: { id: 'stop' } }],
  ['both', json({ update: { text: 'Deploying', actions: [] } }), { body: 'Deploying', action: undefined }],
  ['lock', json({ lock: true }), { body: 'Deploy?', waits: false, action: { id: 'approve', locked: true } }],
  ['no lock', json({ lock: false }), { waits: false, action: { id: 'approve' } }],
  ['an update that locks', json({ update: { text: 'Deployed' }, lock: ['approve'] }), { body: 'Deployed', action: { locked: true } }],
  ['a text', json({ text: 'On it', lock: true }), { waits: false, action: { locked: true } }, ['Deploy: On it']],
  ['plain text', 'On it', { body: 'Deploy?', waits: false }, ['Deploy: On it']],
  [
    'a wrong action',
    json({ update: { text: 'x', actions: [{ id: 'a' }] } }),
    { body: 'Deploy?', waits: false },
    [],
    /update\.actions\.0\.label: must be text/,
  ],
  ['a wrong lock', json({ lock: ['other'] }), { body: 'Deploy?', waits: false }, [], /This message has no action other/],
  ['a wrong update', json({ update: 'x' }), { body: 'Deploy?' }, [], /update: must be an object/],
];

test('actions: the answer of the bot edits its message, locks actions and posts in the thread; with it nobody waits', async (t) => {
  for (const [title, answer, expected, talk = [], error = null] of ROWS) {
    const { bot, seq, use, state, settled, core, at, ...fixture } = await openOffer(t);
    bot.receiver.answers.push(answer);
    await use();
    t.true((await state()).waits, title);
    await settled();
    t.like(await state(), expected, title);
    t.deepEqual((await fixture.talk()).slice(1), talk, title);
    const [delivery] = await fixture.deliveries(bot);
    t.is(delivery?.state, 'done', title);
    const problem = delivery?.attempts[0]?.error ?? null;
    if (error === null) t.is(problem, null, title);
    else t.regex(problem ?? '', error, title);
    if (talk.length > 0) t.like(await core.store.log.message((await at()).group.id, delivery?.reply ?? 0), { replyTo: seq, thread: seq });
  }
});

test('actions: without an answer in 3 s the use waits and the call is repeated; an answer then, or an edit, ends that', async (t) => {
  const { bot, use, state, settled, clock, ...fixture } = await openOffer(t, { callWithinMs: 10_000 });
  bot.receiver.answers.push(() => {}, 500, json({ update: { text: 'Deployed' } }));
  const startedAt = performance.now();
  await use();
  await settled();
  const tookMs = performance.now() - startedAt;
  t.true(tookMs > 2500 && tookMs < 9000, `${tookMs}`);
  t.like((await fixture.deliveries(bot))[0], { state: 'waiting', attempts: [{ error: 'No complete response within 3 s.' }] });
  t.true((await state()).waits);
  t.deepEqual(await fixture.talk(), ['Deploy: Deploy?'], 'nothing is posted about that');
  clock.turn(60_000);
  await settled();
  t.true((await state()).waits, 'an error is no answer');
  clock.turn(60_000);
  await settled();
  t.like(await state(), { body: 'Deployed', waits: false });
  t.like((await fixture.deliveries(bot))[0], { state: 'done', attempts: [{ status: null }, { status: 500 }, { status: 200 }] });
});

test('actions: a repeated delivery is answered once more, and changes nothing twice', async (t) => {
  const { bot, seq, use, state, settled, core, ...fixture } = await openOffer(t);
  bot.receiver.usually = json({ update: { text: 'Deployed' }, lock: true, text: 'Done' });
  await use();
  await settled();
  const log = await core.store.log.head((await fixture.at()).group.id);
  const [delivery] = await fixture.deliveries(bot);
  await sendAgain(core, bot.user, delivery?.id ?? '');
  await settled();
  t.is(bot.receiver.received.length, 2);
  t.deepEqual(await core.store.log.head((await fixture.at()).group.id), log);
  t.like(await state(), { body: 'Deployed', waits: false });
  t.deepEqual(await fixture.talk(), ['Deploy: Deploy?', 'Deploy: Done']);
  await erase(core, await fixture.at(bot.user), seq);
  await sendAgain(core, bot.user, delivery?.id ?? '');
  await settled();
  t.like(bot.receiver.received[2]?.body, {
    message: { erased: true, actions: [] },
    action: { id: 'approve', label: '', value: null, values: {} },
  });
});

test('actions: a bot without a webhook, or with one that is disabled, is not called, and can be later by its stream', async (t) => {
  const { bot, use, state, settled, core, ...fixture } = await openOffer(t);
  bot.receiver.answers.push(410);
  await use();
  await settled();
  await use();
  await settled();
  t.is(bot.receiver.received.length, 1);
  t.true((await state()).waits);
  await setWebhook(core, bot.user, { url: bot.receiver.url });
  await use();
  await settled();
  t.is(bot.receiver.received.length, 2);
  t.false((await state()).waits);
  t.is((await fixture.deliveries(bot)).length, 2);
});
