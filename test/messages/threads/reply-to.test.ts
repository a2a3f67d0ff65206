import test from 'ava';
import { createToken } from '../../../lib/accounts/tokens.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import type { Client } from '../../helpers/client.ts';
import { bodiesFor, newGroup, newHook, postAs } from '../../helpers/fixtures.ts';
import { LOBBY, openSite, type Site } from '../../helpers/site.ts';

type Message = { seq: number; body: string; format: string; reply_to: number | null; thread: { root: number; replies: number } | null };

const program = async (site: Site): Promise<Client> => site.client().bearer((await createToken(site.core, site.bobUser)).token);

const TYPES = ['text/plain', 'text/markdown'];

for (const type of TYPES)
  test(`reply_to in the query: a body of ${type} answers a message, by token and by session`, async (t) => {
    const site = await openSite(t);
    const { seq } = await postAs(site.ann, 'Who is there?');
    const clients = [await program(site), site.bob];
    for (const [index, client] of clients.entries()) {
      const answer = await client.send(`${LOBBY}/messages?reply_to=${seq}`, {
        ...{ method: 'POST', body: 'Me', headers: { Accept: 'application/json', 'Content-Type': type } },
      });
      t.is(answer.status, 201, answer.text);
      const message = answer.json<Message>();
      t.like(message, { body: 'Me', format: type === 'text/plain' ? 'text' : 'markdown', reply_to: seq });
      t.like(message.thread, { root: seq, replies: index + 1 });
    }
    const plain = await clients[0]?.send(`${LOBBY}/messages`, {
      ...{ method: 'POST', body: 'Elsewhere', headers: { Accept: 'application/json', 'Content-Type': type } },
    });
    t.like(plain?.json<Message>(), { reply_to: null, thread: null });
  });

test('reply_to in the query: a field of the body takes precedence', async (t) => {
  const site = await openSite(t);
  const [one, two] = [await postAs(site.ann, 'One'), await postAs(site.ann, 'Two')];
  const bob = await program(site);
  const path = `${LOBBY}/messages?reply_to=${one.seq}`;
  t.is((await bob.json('POST', path, { body: 'To two', reply_to: two.seq })).json<Message>().reply_to, two.seq);
  t.is((await bob.json('POST', path, { body: 'To one' })).json<Message>().reply_to, one.seq);
  const form = new FormData();
  form.set('body', 'A file for one');
  form.set('attachment', new Blob(['x']), 'x.txt');
  t.is((await bob.send(path, { method: 'POST', body: form })).json<Message>().reply_to, one.seq);
});

test('reply_to: what is no message of the group is refused, naming the field', async (t) => {
  const site = await openSite(t);
  const { ann } = site;
  const { seq } = await postAs(ann, 'Here');
  const team = await newGroup(ann, 'Team');
  for (const body of ['One', 'Two', 'Three', 'Four', 'Five', 'Six']) await postAs(ann, body, team);
  const elsewhere = await postAs(ann, 'Only here', team);
  const send = (replyTo: string | number) =>
    ann.send(`${LOBBY}/messages?reply_to=${replyTo}`, {
      ...{ method: 'POST', body: 'Hello', headers: { Accept: 'application/json', 'Content-Type': 'text/plain' } },
    });
  for (const wrong of [elsewhere.seq, 1, 0, 4711]) {
    const answer = await send(wrong);
    t.deepEqual([answer.status, answer.json().field, answer.json().code], [422, 'reply_to', 'invalid'], String(wrong));
    t.is((await ann.json('POST', `${LOBBY}/messages`, { body: 'Hello', reply_to: wrong })).json().field, 'reply_to');
  }
  for (const wrong of ['x', '-1', '1.5', '99999999999']) {
    const answer = await send(wrong);
    t.deepEqual([answer.status, answer.json().field], [400, 'reply_to'], wrong);
  }
  t.is((await send(seq)).status, 201);
});

test('reply_to: an erased message can be answered; a repeated key returns the same reply, and refuses another reply_to', async (t) => {
  const site = await openSite(t);
  const { ann } = site;
  const [one, two] = [await postAs(ann, 'One'), await postAs(ann, 'Two')];
  const send = (replyTo: number | undefined) =>
    ann.json('POST', `${LOBBY}/messages`, { body: 'To one', reply_to: replyTo }, { 'Idempotency-Key': 'k1' });
  const first = await send(one.seq);
  t.is(first.status, 201);
  for (const other of [two.seq, undefined]) {
    const refused = await send(other);
    t.deepEqual([refused.status, refused.json().code], [422, 'keyReused'], String(other));
  }
  t.is((await ann.json('DELETE', `${LOBBY}/messages/${one.seq}`)).json().erased, true);
  const again = await send(one.seq);
  t.deepEqual([again.status, again.json<Message>().seq, again.json<Message>().reply_to], [200, first.json<Message>().seq, one.seq]);
  const later = await ann.json('POST', `${LOBBY}/messages`, { body: 'To what is gone', reply_to: one.seq });
  t.like(later.json<Message>(), { reply_to: one.seq });
});

test('reply_to: while the store does not say whether the message exists, nothing is posted, and the post can be repeated', async (t) => {
  const site = await openSite(t);
  const { ann } = site;
  const { seq } = await postAs(ann, 'One');
  const hook = await newHook(ann, 'Deploy');
  const { log } = site.core.store;
  const { message } = log;
  const byApi = () => ann.json('POST', `${LOBBY}/messages`, { body: 'To one', reply_to: seq }, { 'Idempotency-Key': 'k1' });
  const byHook = () => site.client().json('POST', hook, { text: 'By hook', reply_to: seq }, { 'Idempotency-Key': 'k1' });
  log.message = () => Promise.reject(new StoreUnavailable('away, as the test wants it'));
  const refused = [await byApi(), await byHook()];
  log.message = message;
  t.deepEqual(
    refused.map(({ status, headers }) => [status, headers.has('retry-after')]),
    [
      [503, true],
      [503, true],
    ],
  );
  t.deepEqual(await bodiesFor(ann), ['One']);
  t.deepEqual([(await byApi()).status, (await byApi()).status, (await byHook()).status, (await byHook()).status], [201, 200, 200, 200]);
  t.deepEqual(await bodiesFor(ann), ['One', 'To one', 'By hook']);
});
