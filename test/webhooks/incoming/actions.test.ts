import test from 'ava';
import { newHook, openLobby } from '../../helpers/fixtures.ts';

type Message = {
  readonly seq: number;
  readonly body: string;
  readonly actions: readonly { readonly id: string; readonly label: string }[];
};

test('webhooks: a post in JSON may have actions; a wrong one is refused by name', async (t) => {
  const { ann, bob } = await openLobby(t);
  const hook = await newHook(ann, 'Deploys');
  const actions = [{ id: 'ok', label: 'Approve', who: ['Bob'] }];
  for (const body of [
    { text: 'Deploy *7*?', actions },
    { title: 'Deploy', message: '8?', actions },
    { text: 'Deploy?', attachments: [{ text: '9' }], actions },
  ]) {
    const { status, text } = await ann.json('POST', hook, body, { Accept: '*/*' });
    t.deepEqual([status, text], [200, 'ok']);
  }
  const messages = (await bob.get('/groups/lobby/messages', 'application/json')).json<Message[]>();
  t.deepEqual(
    messages.map(({ actions: found }) => found.map(({ id, label }) => [id, label])),
    Array(3).fill([['ok', 'Approve']]),
  );
  t.is((await bob.json('POST', `/groups/lobby/messages/${messages[0]?.seq}/actions/ok`)).status, 200);
  t.is((await ann.json('POST', `/groups/lobby/messages/${messages[1]?.seq}/actions/ok`)).status, 403);
  for (const [wrong, says] of [
    [[{ id: 'ok' }], /^invalid_actions: actions\.0\.label: must be text\.$/],
    [[{ id: 'ok', label: 'x', who: ['Zoe'] }], /^invalid_actions: There is no member Zoe/],
    [
      [
        { id: 'ok', label: 'x' },
        { id: 'ok', label: 'y' },
      ],
      /^invalid_actions: actions\.1\.id/,
    ],
  ] as const) {
    const plain = await ann.json('POST', hook, { text: 'x', actions: wrong }, { Accept: '*/*' });
    t.is(plain.status, 422);
    t.regex(plain.text, says);
    const { error, detail } = (await ann.json('POST', hook, { text: 'x', actions: wrong })).json<{ error: string; detail: string }>();
    t.is(`${error}: ${detail}`, plain.text);
  }
});

test('webhooks: a field of this name that is not ours is ignored: of ntfy, and of other formats', async (t) => {
  const { ann, bob } = await openLobby(t);
  const hook = await newHook(ann, 'Notes');
  const ntfy = {
    topic: 'home',
    title: 'Door',
    message: 'The door is open',
    actions: [{ action: 'view', label: 'Open', url: 'https://example.org/' }],
  };
  for (const body of [
    ntfy,
    { text: 'x', actions: 'none' },
    { text: 'x', actions: [] },
    { anything: 1, actions: [{ id: 'ok', label: 'x' }] },
  ])
    t.is((await ann.json('POST', hook, body)).status, 200);
  const messages = (await bob.get('/groups/lobby/messages', 'application/json')).json<Message[]>();
  t.deepEqual(
    messages.map(({ actions }) => actions.length),
    [0, 0, 0, 0],
  );
});

test('webhooks: the same key and body is one message; another action is another body', async (t) => {
  const { ann } = await openLobby(t);
  const hook = await newHook(ann, 'Once');
  const send = (label: string) =>
    ann.json('POST', hook, { text: 'Deploy?', actions: [{ id: 'ok', label }] }, { 'Idempotency-Key': 'k', Accept: '*/*' });
  t.deepEqual([(await send('A')).status, (await send('A')).status, (await send('B')).status], [200, 200, 422]);
});
