import test from 'ava';
import { createHook } from '../../../lib/bots/operations.ts';
import { groupAt, newHook, userNamed } from '../../helpers/fixtures.ts';
import { startServerFor } from '../../helpers/server.ts';

test('incoming webhook: accepts a burst of 60 posts, then responds 429 with Retry-After, without affecting other bots', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  const [busy, quiet] = [await newHook(ann, 'Busy'), await newHook(ann, 'Quiet')];
  const post = (hook: string) => site.client().send(hook, { method: 'POST', body: 'hello' });

  const burst = await Promise.all(Array.from({ length: 60 }, () => post(busy)));
  t.true(burst.every(({ status, text }) => status === 200 && text === 'ok'));
  const refused = await post(busy);
  t.deepEqual([refused.status, refused.text, refused.headers.get('retry-after')], [429, 'rate_limited', '1']);
  t.is((await post(quiet)).text, 'ok');
  t.is((await ann.get('/groups/lobby', 'application/json')).json().messages, 61);
  site.clock.turn(1000);
  const later = await Promise.all(Array.from({ length: 21 }, () => post(busy)));
  t.deepEqual([later.filter(({ status }) => status === 200).length, later.filter(({ status }) => status === 429).length], [20, 1]);
});

test('incoming webhook: each webhook of a bot has its own rate limit; Discord clients get 429 in their format', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  const first = await newHook(ann, 'Busy');
  const [user, group] = await Promise.all([userNamed(site.core, 'Busy'), groupAt(site.core, 'lobby')]);
  const second = await createHook(site.core, user, group);
  const post = (hook: string) => site.client().send(hook, { method: 'POST', body: '{"content":"hello"}' });
  const burst = await Promise.all([first, second].flatMap((hook) => Array.from({ length: 60 }, () => post(hook))));
  t.true(burst.every(({ status }) => status === 204));
  const refused = await post(first);
  t.deepEqual([refused.status, refused.headers.get('retry-after'), refused.headers.get('x-ratelimit-reset-after')], [429, '1', '1']);
  t.deepEqual(refused.json(), { message: 'You are being rate limited.', retry_after: 1, global: false, code: 0 });
});
