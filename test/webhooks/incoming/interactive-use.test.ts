import test, { type ExecutionContext } from 'ava';
import { INTERACTIVE_CLIENTS } from '../../../fixtures/webhooks/interactive-clients.ts';
import { createBot } from '../../../lib/bots/operations.ts';
import { setWebhook } from '../../../lib/webhooks/outgoing/operations.ts';
import { groupAt } from '../../helpers/fixtures.ts';
import { Receiver } from '../../helpers/receiver.ts';
import { startServerFor } from '../../helpers/server.ts';
import { EventReader } from '../../helpers/stream.ts';

/* From a payload of another chat over the form of the page, without JavaScript, to what the bot hears. */

async function openBot(t: ExecutionContext) {
  const site = await startServerFor(t, { env: { ALLOW_OUTGOING: '127.0.0.1', POSTS_PER_SECOND: '0' } });
  const ann = await site.signUp('Ann');
  const { user, hook, token } = await createBot(site.core, undefined, { name: 'Deploy', group: await groupAt(site.core, 'lobby') });
  const receiver = await Receiver.open(t);
  await setWebhook(site.core, user, { url: receiver.url });
  const stream = await EventReader.open(site.client().bearer(token), '/groups/lobby/events?as=json&after=0');
  t.teardown(() => stream.close());
  const post = async (body: object): Promise<string> => {
    const { status, text } = await site.client().json('POST', hook, body, { Accept: '*/*' });
    if (status >= 300) throw new Error(`it was not posted: ${status} ${text}`);
    const [last] = (await ann.get('/groups/lobby/messages?limit=1', 'application/json')).json<{ seq: number }[]>();
    return `/groups/lobby/messages/${last?.seq}`;
  };
  const settled = async () => {
    site.server.deliveries.wake();
    await site.server.deliveries.idle();
  };
  return { site, ann, hook, receiver, stream, post, settled };
}

const recorded = (client: string): object => {
  const body = INTERACTIVE_CLIENTS.find((one) => one.client.startsWith(client))?.body;
  return JSON.parse(typeof body === 'string' ? body : '{}');
};

const ROWS: readonly (readonly [client: string, action: string, fields: Readonly<Record<string, string>>, expected: object])[] = [
  [
    'Slack, an approval',
    'request-approve',
    { 'value-reason-text': 'He is owed it' },
    { action: 'request/approve', block: 'decide', value: 'pto-7', fields: { 'reason.text': 'He is owed it' } },
  ],
  ['Slack, an approval', 'days', { 'value-days': '2' }, { action: 'days', block: 'decide', value: null, fields: { days: '2' } }],
  ['Slack, a legacy', 'game-2', {}, { action: 'game', block: 'wopr_game', value: 'war', fields: {} }],
  ['Alertmanager', 'silence_1h', {}, { action: 'silence_1h', block: 'silence', value: 'alertname=DiskFull', fields: {} }],
  ['Discord, a bot', 'deploy-web-1-4-2', {}, { action: 'deploy:web:1.4.2', value: null, fields: {} }],
  ['Discord, a bot', 'region', { 'value-region': 'us' }, { action: 'region', value: null, fields: { region: 'us' } }],
  [
    'Teams, an Adaptive',
    'Publish',
    { 'value-comment': '', 'value-env': 'staging', 'value-due-date': '2026-12-01', 'value-notify': 'yes' },
    { action: 'Publish', value: '{"action":"publish","id":7}', fields: { env: 'staging', 'due date': '2026-12-01', notify: 'yes' } },
  ],
];

test('interactive: a use on the page without JavaScript reaches the bot by webhook and stream, with its own ids', async (t) => {
  const { ann, receiver, stream, post, settled } = await openBot(t);
  for (const [index, [client, action, fields, expected]] of ROWS.entries()) {
    const path = await post(recorded(client));
    const isAsked = Object.keys(fields).length > 0;
    const page = (await ann.get(isAsked ? `${path}/actions/${action}/form` : path)).text;
    t.true(page.includes(`action="${path}/actions/${action}"`), `${client} ${action}`);
    for (const name of Object.keys(fields)) t.true(page.includes(`name="${name}"`), `${client} ${name}`);
    t.is((await ann.form(`${path}/actions/${action}`, { rev: '1', ...fields })).status, 303, `${client} ${action}`);
    await settled();
    t.deepEqual((await receiver.call(index + 1)).body.action.original, expected, `${client} ${action}`);
    const isAct = ({ data }: { data: string }): boolean => data !== '' && JSON.parse(data).kind === 'act';
    const acts = (await stream.until((events) => events.filter(isAct).length === index + 1)).filter(isAct);
    t.deepEqual(JSON.parse(acts.at(-1)?.data ?? '{}').original, expected, `${client} ${action}`);
  }
  const [, path = ''] = [0, await post(recorded('Discord, a bot'))];
  t.is((await ann.form(`${path}/actions/later`, { rev: '1' }, { Accept: 'application/json' })).status, 409, 'disabled');
});

test('interactive: others read neither the ids of the sender nor who has used what', async (t) => {
  const { site, ann, post, settled } = await openBot(t);
  const bob = await site.signUpInLobby('Bob');
  const reader = await EventReader.open(bob, '/groups/lobby/events?as=json&after=0');
  t.teardown(() => reader.close());
  const path = await post(recorded('Discord, a bot'));
  await ann.form(`${path}/actions/deploy-web-1-4-2`, { rev: '1' });
  await settled();
  const isAct = ({ data }: { data: string }): boolean => data.includes('"kind":"act"');
  const act = JSON.parse((await reader.until((events) => events.some(isAct))).find(isAct)?.data ?? '{}');
  t.like(act, { action: 'deploy-web-1-4-2', author: null });
  t.false('original' in act);
  for (const accept of ['text/html', 'application/json', 'text/plain'])
    t.false((await bob.get(path, accept)).text.includes('deploy:web:1.4.2'));
  t.like((await bob.get(path, 'application/json')).json<{ actions: object[] }>().actions[0] ?? {}, {
    state: { count: 1, by: [], last: null },
  });
});

type Read = {
  readonly body: string;
  readonly actions: readonly { readonly id: string; readonly locked?: true; readonly state: { readonly count: number } }[];
};

test('interactive: an edit by the webhook replaces the actions in the same format; what it does not speak of stays', async (t) => {
  const { site, ann, hook, post } = await openBot(t);
  const path = await post(recorded('Discord, a bot'));
  const read = async () => (await ann.get(path, 'application/json')).json<Read>();
  const ids = async () => (await read()).actions.map(({ id }) => id).join();
  const edit = async (body: object) => {
    const { status, text } = await site.client().json('PATCH', `${hook}${path.slice('/groups/lobby'.length)}`, body);
    if (status !== 200) throw new Error(`it was not edited: ${status} ${text}`);
  };
  const all = 'deploy-web-1-4-2,cancel-web,later,region,reviewer';
  await ann.form(`${path}/actions/cancel-web`, { rev: '1' });
  await edit({ content: 'Deploy?', attachments: [] });
  t.is(await ids(), all);
  const before = (await read()).body;
  await edit({
    components: [{ type: 1, components: [{ type: 2, style: 4, label: 'Cancelled', custom_id: 'cancel:web', disabled: true }] }],
  });
  t.like(await read(), { body: before, actions: [{ id: 'cancel-web', locked: true, state: { count: 1 } }] });
  await edit({
    text: 'In Slack’s',
    blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'A' } }] }],
  });
  t.is(await ids(), 'a');
  await edit({ text: 'only a text' });
  t.is(await ids(), 'a');
  await edit({ text: 'our own', actions: [{ id: 'own', label: 'Own' }] });
  await edit({ text: 'a card', attachments: [{ text: 'x' }] });
  t.is(await ids(), 'own', 'those of our own stay');
  await edit({ actions: [] });
  t.deepEqual([await ids(), (await read()).body], ['', 'a card\nx']);
});

test('interactive: responses of a bot, posted or as updates, are in the same formats', async (t) => {
  const { ann, receiver, post, settled } = await openBot(t);
  const path = await post(recorded('Alertmanager'));
  const silenced = [{ text: 'silenced', actions: [{ name: 'undo', text: 'Undo', type: 'button', value: '1' }] }];
  const headers = { 'Content-Type': 'application/json' };
  receiver.answers.push({ headers, body: JSON.stringify({ update: { text: 'Disk', attachments: silenced }, text: 'Done', blocks: [] }) });
  await ann.form(`${path}/actions/silence_1h`, { rev: '1' });
  await settled();
  t.like((await ann.get(path, 'application/json')).json(), { body: 'Disk\nsilenced', actions: [{ id: 'undo', value: '1' }] });
  receiver.answers.push({
    headers,
    body: JSON.stringify({ text: 'Which?', attachments: [{ text: 'x', actions: [{ name: 'this', text: 'This', type: 'button' }] }] }),
  });
  await ann.json('POST', '/groups/lobby/messages', { body: '@Deploy help' });
  await settled();
  const [last] = (await ann.get('/groups/lobby/messages?limit=1', 'application/json')).json<object[]>();
  t.like(last ?? {}, { body: 'Which?\nx', actions: [{ id: 'this', label: 'This' }] });
});
