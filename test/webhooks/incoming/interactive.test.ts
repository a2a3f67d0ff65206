import test from 'ava';
import fc from 'fast-check';
import { INTERACTIVE_CLIENTS } from '../../../fixtures/webhooks/interactive-clients.ts';
import type { Action } from '../../../lib/log/action.ts';
import { actionsInput } from '../../../lib/messages/actions/forms.ts';
import { MAX_ACTIONS_BYTES } from '../../../lib/messages/actions/resolve.ts';
import type { JsonObject, Parsed } from '../../../lib/webhooks/incoming/formats/read.ts';
import { offeredIn, understand } from '../../../lib/webhooks/incoming/formats/registry.ts';

const parsed = (value: JsonObject): Parsed => ({ value, files: [], isMultipart: false });
const offered = (value: JsonObject): readonly Action[] => offeredIn(() => '', parsed(value));
const text = (value: JsonObject): string | undefined => understand(() => '', parsed(value))?.text;

function bodyOf(client: string): JsonObject {
  const found = INTERACTIVE_CLIENTS.find((one) => one.client.startsWith(client));
  if (typeof found?.body !== 'string') throw new Error(`there is no ${client}`);
  return JSON.parse(found.body.startsWith('{') ? found.body : decodeURIComponent(found.body.slice('payload='.length)));
}

/** `many` and `count` are those of all. */
const MANY = { uses: 'many', show: 'count' } as const;

test('interactive: Block Kit. Buttons, selects and inputs, each with the ids of the sender', (t) => {
  const reason = { id: 'reason-text', label: 'Reason 📝', type: 'text', optional: true, hint: 'Fred reads it', max: 500, multiline: true };
  t.deepEqual<unknown, unknown>(offered(bodyOf('Slack, an approval')), [
    {
      ...{ id: 'cover-select', label: 'Select a user', ...MANY },
      fields: [{ id: 'cover-select', label: 'Select a user', type: 'member' }],
      original: { action: 'cover:select', block: 'who', fields: { 'cover-select': 'cover:select' } },
    },
    {
      ...{ id: 'request-approve', label: 'Approve', style: 'primary', value: 'pto-7', confirm: 'Sure?: It cannot be undone.', ...MANY },
      fields: [reason],
      original: { action: 'request/approve', block: 'decide', fields: { 'reason-text': 'reason.text' } },
    },
    {
      ...{ id: 'request-approve-2', label: 'Deny', style: 'danger', value: 'no-7', ...MANY },
      original: { action: 'request/approve', block: 'decide' },
    },
    {
      ...{ id: 'days', label: 'Days', ...MANY },
      fields: [
        {
          ...{ id: 'days', label: 'Days', type: 'select', initial: '2' },
          options: [
            { text: 'One', value: '1' },
            { text: 'Two', value: '2' },
          ],
        },
      ],
      original: { action: 'days', block: 'decide' },
    },
    {
      ...{ id: 'until', label: 'Until', ...MANY },
      fields: [{ id: 'until', label: 'Until', type: 'date', initial: '2026-11-30' }],
      original: { action: 'until', block: 'decide' },
    },
    {
      ...{ id: 'more', label: '…', ...MANY },
      fields: [{ id: 'more', label: '…', type: 'select', options: [{ text: 'Archive', value: 'archive' }] }],
      original: { action: 'more', block: 'decide' },
    },
  ]);
});

test('interactive: legacy attachments of Slack, with the callback_id', (t) => {
  const original = { action: 'game', block: 'wopr_game' };
  t.deepEqual<unknown, unknown>(offered(bodyOf('Slack, a legacy')), [
    { id: 'game', label: 'Chess', value: 'chess', ...MANY, original },
    {
      ...{ id: 'game-2', label: 'Thermonuclear War', style: 'danger', value: 'war', ...MANY },
      ...{ confirm: "Are you sure?: Wouldn't you prefer chess?", original },
    },
    {
      ...{ id: 'game_list', label: 'Pick a game...', ...MANY },
      fields: [{ id: 'game_list', label: 'Pick a game...', type: 'select', options: [{ text: 'Hearts', value: 'hearts' }] }],
      original: { action: 'game_list', block: 'wopr_game' },
    },
  ]);
  t.like(offered(bodyOf('Alertmanager'))[0], { id: 'silence_1h', label: 'Silence 1h 🔇', style: 'primary', value: 'alertname=DiskFull' });
  t.like(offered(bodyOf('Rocket.Chat'))[0], { id: 'vote-pizza', value: '!vote pizza', original: { action: '!vote pizza' } });
});

test('interactive: Mattermost. The URL and its context are kept with the action', (t) => {
  const [button, options, user, ...more] = offered(bodyOf('Mattermost'));
  t.deepEqual(more, []);
  t.deepEqual<unknown, unknown>(button, {
    ...{ id: 'ephemeral', label: 'Ephemeral Message', style: 'primary', ...MANY },
    original: { action: 'ephemeral' },
    integration: {
      url: 'http://127.0.0.1:7357/hook?key=s3cret',
      context: '{"action":"do_something_ephemeral","password":"pa55"}',
      type: 'button',
    },
  });
  t.like(options, { id: 'options', integration: { type: 'select', url: 'https://bot.example.org/action_options' } });
  t.is(options?.fields?.[0]?.options?.length, 2);
  t.like(user, { fields: [{ id: 'user', type: 'member' }], integration: { dataSource: 'users' } });
});

test('interactive: Discord', (t) => {
  t.deepEqual<unknown, unknown>(offered(bodyOf('Discord, a bot')), [
    { id: 'deploy-web-1-4-2', label: '🚀 Deploy', style: 'primary', ...MANY, original: { action: 'deploy:web:1.4.2' } },
    { id: 'cancel-web', label: 'Cancel', style: 'danger', ...MANY, original: { action: 'cancel:web' } },
    { id: 'later', label: 'Later', ...MANY, locked: true, original: { action: 'later' } },
    {
      ...{ id: 'region', label: 'Choose a region', ...MANY, original: { action: 'region' } },
      fields: [
        {
          ...{ id: 'region', label: 'Choose a region', type: 'select', initial: 'eu' },
          options: [
            { text: 'Europe', value: 'eu' },
            { text: 'America', value: 'us' },
          ],
        },
      ],
    },
    {
      ...{ id: 'reviewer', label: 'Choose a reviewer', ...MANY, original: { action: 'reviewer' } },
      fields: [{ id: 'reviewer', label: 'Choose a reviewer', type: 'member' }],
    },
  ]);
  t.deepEqual(
    offered(bodyOf('Discord, components')).map(({ id, style }) => [id, style]),
    [['take', 'primary']],
  );
});

test('interactive: Adaptive Cards. Inputs are the fields of the actions of their card and of cards within', (t) => {
  const [publish, drop, send, ...more] = offered(bodyOf('Teams, an Adaptive'));
  t.deepEqual(more, []);
  t.like(publish, { id: 'Publish', style: 'primary', value: '{"action":"publish","id":7}', original: { action: 'Publish' } });
  t.deepEqual<unknown, unknown>(publish?.fields, [
    { id: 'comment', label: 'Comment', type: 'text', optional: true, hint: 'optional', max: 200, multiline: true },
    {
      ...{ id: 'env', label: 'Environment', type: 'select', initial: 'prod' },
      options: [
        { text: 'Staging', value: 'staging' },
        { text: 'Production', value: 'prod' },
      ],
    },
    { id: 'due-date', label: 'Due', type: 'date', optional: true },
    {
      ...{ id: 'notify', label: 'Notify the team', type: 'select', initial: 'no' },
      options: [
        { text: '✓ Notify the team', value: 'yes' },
        { text: '✗', value: 'no' },
      ],
    },
  ]);
  t.like(publish?.original, { fields: { 'due-date': 'due date' } });
  t.deepEqual([drop?.id, drop?.style, drop?.fields], ['drop', 'danger', undefined]);
  t.deepEqual(
    [send?.id, send?.value, send?.fields?.map(({ id }) => id)],
    ['Send', 'why-7', ['comment', 'env', 'due-date', 'notify', 'why']],
  );
});

const button = (id: unknown, label: unknown = 'x', more: object = {}) => ({
  type: 'button',
  action_id: id,
  text: { type: 'plain_text', text: label },
  ...more,
});
const blocks = (...elements: readonly object[]): JsonObject => ({
  text: 'Go?',
  blocks: [
    { type: 'section', text: 'Go?' },
    { type: 'actions', elements },
  ],
});

test('interactive: inputs without a button get one; buttons ask for them unless one is primary', (t) => {
  const input = { type: 'input', label: { type: 'plain_text', text: 'Why' }, element: { type: 'plain_text_input', action_id: 'why' } };
  const withInput = (...elements: readonly object[]) => offered({ blocks: [input, { type: 'actions', elements }] });
  const asks = (actions: readonly Action[]) => actions.map(({ id, fields = [] }) => `${id}:${fields.map((field) => field.id).join()}`);
  t.deepEqual(asks(withInput()), ['submit:why']);
  t.deepEqual(asks(withInput(button('a'), button('b'))), ['a:why', 'b:why']);
  t.deepEqual(asks(withInput(button('a', 'A', { style: 'primary' }), button('b'))), ['a:why', 'b:']);
  const file = { type: 'input', label: { type: 'plain_text', text: 'Your file' }, element: { type: 'file_input', action_id: 'f' } };
  t.deepEqual(offered({ text: 'x', blocks: [file] }), []);
  t.is(text({ text: 'x', blocks: [file] }), 'x\n-# Your file');
});

test('interactive: what is too much or cannot be used is text, and is never refused', (t) => {
  const many = offered(blocks(...Array.from({ length: 30 }, (_, index) => button(`b${index}`, `B${index}`))));
  t.is(many.length, 25);
  t.regex(
    text(blocks(...Array.from({ length: 30 }, (_, index) => button(`b${index}`, `B${index}`)))) ?? '',
    /^Go\?\n-# B25 · B26 · B27 · B28 · B29$/,
  );
  const [long] = offered(blocks(button('x'.repeat(255), 'L'.repeat(200), { value: 'v'.repeat(5000) })));
  t.deepEqual([long?.id, long?.label.length, long?.value?.length], ['x'.repeat(60), 75, 2000]);
  t.deepEqual([long?.original?.action, long?.original?.value], ['x'.repeat(255), 'v'.repeat(5000)]);
  const heavy = blocks(...Array.from({ length: 20 }, (_, index) => button(`b${index}`, `B${index}`, { value: 'é'.repeat(5000) })));
  t.true(Buffer.byteLength(JSON.stringify(offered(heavy))) <= MAX_ACTIONS_BYTES);
  t.regex(text(heavy) ?? '', / · B19$/);
  t.deepEqual(
    offered(blocks(button('same'), button('same'), button('sa me'), button('Ω'), button(undefined, 'No id'), button(7, '\u200b'))).map(
      ({ id, label, original }) => [id, label, original?.action],
    ),
    [
      ['same', 'x', 'same'],
      ['same-2', 'x', 'same'],
      ['sa-me', 'x', 'sa me'],
      ['action', 'x', 'Ω'],
      ['No-id', 'No id', 'No id'],
      ['7', '7', '7'],
    ],
  );
  t.is(
    text({ blocks: [{ type: 'actions', elements: [button('a', 'Yes'), button('b', '*No*')] }] }),
    'Yes · \\*No\\*',
    'a message of buttons says their labels',
  );
  t.deepEqual(offered({ ...blocks(button('a', 'Theirs')), actions: [{ id: 'ours', label: 'Ours' }] }), []);
  t.is(text({ ...blocks(button('a', 'Theirs')), actions: [{ id: 'ours', label: 'Ours' }] }), 'Go?\n-# Theirs');
});

test('interactive: a fallback and lists that only have the name of Discord’s', (t) => {
  const actions = [{ name: 'yes', text: 'Yes', type: 'button' }];
  t.is(text({ attachments: [{ fallback: 'You cannot vote', actions }] }), 'Yes', 'what cannot be used would be said by the fallback');
  t.is(text({ attachments: [{ fallback: 'You cannot vote' }] }), undefined);
  t.regex(text({ page: 1, components: [{ id: 'api', status: 'down' }] }) ?? '', /"status": "down"/);
});

test('interactive: whatever the fields contain, actions are within the limits of those that bots post themselves', (t) => {
  const values = INTERACTIVE_CLIENTS.map(({ client }) => bodyOf(client));
  const odd = fc.oneof(
    fc.string(),
    fc.jsonValue(),
    fc.constantFrom(null, 0, -1, true, [], {}, '\u0000', '\ud800', 'x'.repeat(4000), ' \n ', '__proto__', { toString: 1 }),
  );
  const at = fc.tuple(fc.constantFrom(...values), fc.array(fc.tuple(fc.nat(60), odd), { minLength: 1, maxLength: 6 }));
  fc.assert(
    fc.property(at, ([value, changes]) => {
      const actions = offered(changed(value, new Map(changes)));
      const input = actions.map(({ original: _o, integration: _i, ...action }) => action);
      const result = actionsInput.safeParse(input);
      if (!result.success) throw new Error(JSON.stringify(result.error.issues));
      for (const ids of [actions, ...actions.map(({ fields = [] }) => fields)])
        if (new Set(ids.map(({ id }) => id)).size !== ids.length) throw new Error(`twice: ${ids.map(({ id }) => id)}`);
      for (const { options } of actions.flatMap(({ fields = [] }) => fields))
        if (options && new Set(options.map(({ value: one }) => one)).size !== options.length) throw new Error('an option twice');
      for (const { original, integration } of actions) {
        if (typeof original?.action !== 'string') throw new Error('no original');
        if (integration && !/^https?:\/\//i.test(integration.url)) throw new Error(integration.url);
      }
    }),
    { numRuns: 400 },
  );
  t.pass();
});

/** The value with leaves and lists replaced, by their positions. */
function changed(value: JsonObject, changes: ReadonlyMap<number, unknown>): JsonObject {
  let position = 0;
  const walk = (one: unknown): unknown => {
    position += 1;
    if (changes.has(position) && position > 1) return changes.get(position);
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, walk(inner)]));
  };
  return walk(value) as JsonObject;
}
