import test from 'ava';
import type { Client } from '../../helpers/client.ts';
import { openLobby } from '../../helpers/fixtures.ts';

type Written = { readonly seq: number; readonly mentions: readonly string[]; readonly notified: readonly { readonly name: string }[] };

const written = async (client: Client, fields: object, path = '/groups/lobby/messages', method: 'POST' | 'PATCH' = 'POST') =>
  (await client.json(method, path, fields)).json<Written>();
const names = ({ notified }: Written): string[] => notified.map(({ name }) => name);
/** As the list of groups shows it. */
const unreadMentions = async (client: Client): Promise<number> => {
  const { text } = await client.get('/groups');
  return Number(/@(\d+)/.exec(text)?.[1] ?? 0);
};

test('a reply notifies the author of the message that it answers, once, also after an edit of its text', async (t) => {
  const { ann, bob } = await openLobby(t);
  const { seq } = await written(bob, { body: 'shall we?' });
  const reply = await written(ann, { body: 'yes', reply_to: seq });
  t.deepEqual(names(reply), ['Bob']);
  t.deepEqual(names(await written(ann, { body: 'yes, @Bob', reply_to: seq })), ['Bob']);
  t.is(await unreadMentions(bob), 2);
  const edited = await written(ann, { body: 'yes!' }, `/groups/lobby/messages/${reply.seq}`, 'PATCH');
  t.deepEqual(edited.mentions, reply.mentions);
  t.is(await unreadMentions(bob), 2);
});

test('a reply to an own message notifies nobody, and one to a former member neither', async (t) => {
  const { ann, bob } = await openLobby(t);
  const own = await written(ann, { body: 'first' });
  t.deepEqual(await written(ann, { body: 'second', reply_to: own.seq }).then(({ mentions }) => mentions), []);
  const { seq } = await written(bob, { body: 'farewell' });
  await bob.form('/groups/lobby/members', { action: 'leave' });
  t.deepEqual(names(await written(ann, { body: 'see you', reply_to: seq })), []);
});
