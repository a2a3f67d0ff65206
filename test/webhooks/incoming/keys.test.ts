import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { openServer } from '../../../lib/app.ts';
import { type Answer, Client } from '../../helpers/client.ts';
import { groupAt, newHook, userNamed } from '../../helpers/fixtures.ts';
import { PASSWORD } from '../../helpers/server.ts';
import { messageCount, openHookSite } from './fixtures.ts';

const { site, ann, hook } = await openHookSite();
test.after.always(() => site.close());

const post = (path: string, body: string | FormData, headers: Record<string, string>): Promise<Answer> =>
  site.client().send(path, { method: 'POST', body, headers });

const count = (): Promise<number> => messageCount(ann);

test.serial('idempotency keys: are separate per webhook, also of the same bot, and per header', async (t) => {
  const other = await newHook(ann, 'Other');
  const { createHook } = await import('../../../lib/bots/operations.ts');
  const [user, group] = await Promise.all([userNamed(site.core, 'Deploy'), groupAt(site.core, 'lobby')]);
  const second = await createHook(site.core, user, group);
  const before = await count();
  for (const path of [hook, other, second]) {
    t.is((await post(path, `from ${path}`, { 'Idempotency-Key': 'same' })).text, 'ok');
    t.is((await post(path, `from ${path} by id`, { 'webhook-id': 'same' })).text, 'ok');
    t.is((await post(path, `from ${path}`, { 'Idempotency-Key': 'same' })).text, 'ok');
  }
  t.is(await count(), before + 6);
});

test.serial('idempotency keys: same key and body get the same response for ever; another body is refused', async (t) => {
  const send = (body: string, key: string) => post(`${hook}?wait=true`, body, { 'Idempotency-Key': key });
  const first = await send('{"text":"*a*","x":1}', 'k1');
  site.clock.turn(40 * 24 * 3_600_000);
  await ann.form('/login', { name: 'Ann', password: PASSWORD }); // the session has expired
  const again = await send('{"text":"*a*","x":1}', 'k1');
  t.deepEqual([again.status, again.json()], [200, first.json()]);
  const other = await send('{"text":"*a*","x":2}', 'k1');
  t.is(other.status, 422);
  t.is((await post(hook, '{"text":"*a*","x":2}', { 'Idempotency-Key': 'k1' })).text, 'key_reused');
  const discord = await post(hook, '{"content":"a"}', { 'Idempotency-Key': 'k1' });
  t.is(discord.status, 422);
  t.is(typeof discord.json().message, 'string');
});

test.serial('idempotency keys: a retry after an edit or erasure gets the current message', async (t) => {
  const send = () => post(`${hook}?wait=true`, '{"content":"first"}', { 'Idempotency-Key': 'changes' });
  const { id } = (await send()).json<{ id: string }>();
  const change = (method: string, body?: string) =>
    site.client().send(`${hook}/messages/${id}`, { method, ...(body && { body, headers: { 'Content-Type': 'application/json' } }) });
  t.is((await change('PATCH', '{"content":"second"}')).status, 200);
  t.like((await send()).json(), { id, content: 'second' });
  t.is((await change('DELETE')).status, 204);
  t.like((await send()).json(), { id, content: '' });
});

test.serial('idempotency keys: an empty one is refused; a post without one is accepted', async (t) => {
  const refused = await post(hook, 'no key', { 'Idempotency-Key': '' });
  t.deepEqual([refused.status, refused.text], [400, 'invalid_key']);
  t.is((await post(hook, 'no key', {})).text, 'ok');
});

test.serial('idempotency keys: a form with another boundary is the same delivery', async (t) => {
  const form = (): FormData => {
    const data = new FormData();
    data.set('text', 'by form');
    return data;
  };
  const before = await count();
  for (const body of [form(), form()]) t.is((await post(hook, body, { 'webhook-id': 'form-1' })).text, 'ok');
  t.is(await count(), before + 1);
});

test.serial('idempotency keys: a retry during the first request gets 409 and posts nothing', async (t) => {
  const before = await count();
  const answers = await Promise.all(Array.from({ length: 12 }, () => post(hook, 'at once', { 'Idempotency-Key': 'at-once' })));
  const [taken, waiting] = [answers.filter(({ status }) => status === 200), answers.filter(({ status }) => status === 409)];
  t.true(taken.length >= 1);
  t.is(taken.length + waiting.length, 12);
  for (const { text, headers } of waiting) t.deepEqual([text, headers.get('retry-after')], ['in_flight', '1']);
  t.is(await count(), before + 1);
  t.is((await post(hook, 'at once', { 'Idempotency-Key': 'at-once' })).text, 'ok', 'afterwards it is known');
  t.is(await count(), before + 1);
});

test.serial('idempotency keys: the API responds in the same way', async (t) => {
  const postText = () => ann.json('POST', '/groups/lobby/messages', { body: 'by the API' }, { 'Idempotency-Key': 'api-at-once' });
  const before = await count();
  const answers = await Promise.all(Array.from({ length: 12 }, postText));
  t.is(answers.filter(({ status }) => status === 201).length, 1, answers.map(({ status, text }) => `${status} ${text}`).join('\n'));
  for (const { status, headers, json } of answers)
    if (status === 409) t.deepEqual([json().code, headers.get('retry-after')], ['inFlight', '1']);
    else t.true(status === 201 || status === 200);
  t.is((await postText()).status, 200);
  t.is(await count(), before + 1);
});

test.serial('idempotency keys: while the store delays the first request, every retry gets 409', async (t) => {
  const [held, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { appender } = site.core;
  const append: typeof appender.append = async (...args) => {
    begun.resolve();
    await held.promise;
    return appender.append(...args);
  };
  const slow = await openServer({ ...site.core, appender: { ...appender, append } });
  t.teardown(slow.close);
  slow.http.listen(0, '127.0.0.1');
  await once(slow.http, 'listening');
  const { port } = slow.http.address() as AddressInfo;
  const key = { 'Idempotency-Key': 'held' };
  const first = new Client(`http://127.0.0.1:${port}`).send(hook, { method: 'POST', body: 'held', headers: key });
  await begun.promise;
  const answer = await post(hook, 'held', key);
  t.deepEqual([answer.status, answer.text, answer.headers.get('retry-after')], [409, 'in_flight', '1']);
  t.is((await post(hook, 'held', { 'Idempotency-Key': 'not held' })).text, 'ok');
  held.resolve();
  t.is((await first).text, 'ok');
  t.is((await post(hook, 'held', key)).text, 'ok');
});
