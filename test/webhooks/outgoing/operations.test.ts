import test from 'ava';
import { createBot, revokeBot, rotateBot } from '../../../lib/bots/operations.ts';
import { DomainError } from '../../../lib/errors.ts';
import * as messages from '../../../lib/messages/operations.ts';
import {
  enableWebhook,
  findDelivery,
  listDeliveries,
  removeWebhook,
  rotateWebhookSecret,
  sendAgain,
  sendTest,
  setWebhook,
  webhookOf,
} from '../../../lib/webhooks/outgoing/operations.ts';
import { requestNow } from '../../../lib/webhooks/outgoing/preview.ts';
import { openFixture } from './fixtures.ts';

const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof DomainError) return `${error.code} ${error.field ?? ''}`.trim();
    throw error;
  }
  return 'done';
};

test('outgoing webhook: settings are validated, and absent ones stay unchanged', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const { user } = await createBot(core, fixture.ann.id, { name: 'Echo', group: (await fixture.at()).group });
  const url = 'https://bots.example.org/echo';
  const set = (input: object) => setWebhook(core, user, { url, ...input });
  const bad: readonly (readonly [object, string])[] = [
    [{ url: 'ftp://x' }, 'invalid url'],
    [{ url: 'http://me:secret@x/' }, 'invalid url'],
    [{ url: 'http://10.0.0.1/' }, 'invalid url'],
    [{ url: 'http://2130706434/' }, 'invalid url'],
    [{ on: 'sometimes' }, 'invalid on'],
    [{ on: 'keyword' }, 'invalid keywords'],
    [{ keywords: ['x'.repeat(65)] }, 'invalid keywords'],
    [{ keywords: Array.from({ length: 11 }, (_, index) => `${index}`) }, 'invalid keywords'],
    [{ events: [] }, 'invalid events'],
    [{ events: ['posted', '__proto__'] }, 'invalid events'],
  ];
  for (const [input, reason] of bad) t.is(await refusal(set(input)), reason, JSON.stringify(input));
  t.is(await webhookOf(core, user), undefined);
  const first = await set({});
  t.regex(first.secret ?? '', /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.like(first.webhook, { bot: user.id, url, on: 'mention', keywords: [], events: ['posted'], disabled: null });
  t.false(JSON.stringify(first.webhook).includes('secret'));
  const second = await set({ on: 'keyword', keywords: [' deploy ', 'deploy', ''], events: ['left', 'posted', 'left'] });
  t.is(second.secret, undefined, 'the secret that it has goes on');
  t.like(second.webhook, { on: 'keyword', keywords: ['deploy'], events: ['posted', 'left'] });
  t.like((await set({ url: 'https://bots.example.org/new#part' })).webhook, {
    url: 'https://bots.example.org/new',
    on: 'keyword',
    keywords: ['deploy'],
  });
  t.true(await removeWebhook(core, user));
  t.false(await removeWebhook(core, user));
  for (const work of [enableWebhook(core, user), rotateWebhookSecret(core, user), sendTest(core, user)])
    t.is(await refusal(work), 'notFound');
});

test('outgoing webhook: the secret is stored encrypted and shown nowhere', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  const stored = await fixture.core.store.webhooks.byBot(echo.user.id);
  t.false(JSON.stringify(stored).includes(echo.secret.slice(6)));
});

test('outgoing webhook: deliveries are paged, without those of other bots', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const [echo, other] = [await fixture.bot('Echo', { on: 'all' }), await fixture.bot('Other', { on: 'all' })];
  for (let index = 0; index < 5; index += 1) {
    await fixture.postText(`message ${index}`);
    fixture.clock.turn(1);
  }
  await fixture.settled();
  const seqs: number[] = [];
  let before: string | undefined;
  do {
    const page = await listDeliveries(core, echo.user, { limit: 2, before });
    seqs.push(...page.deliveries.map(({ seq }) => seq));
    before = page.older;
  } while (before);
  t.is(seqs.length, 5);
  t.deepEqual(
    seqs,
    seqs.toSorted((a, b) => b - a),
  );
  const [foreign] = await fixture.deliveries(other);
  t.is(await refusal(findDelivery(core, echo.user, foreign?.id ?? '')), 'notFound');
  t.is(await refusal(sendAgain(core, echo.user, foreign?.id ?? '')), 'notFound');
  t.is(await refusal(listDeliveries(core, echo.user, { limit: 2, before: foreign?.id })), 'notFound');
});

test('outgoing webhook: a delivery is shown as its current request, without secrets', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const echo = await fixture.bot('Echo');
  const seq = await fixture.postText('@Echo hello');
  const { headers, text, body } = await echo.receiver.call(1);
  await fixture.settled();
  const [delivery] = await fixture.deliveries(echo);
  if (!delivery) throw new Error('there is a delivery');
  const shown = await requestNow(core, delivery);
  if ('reason' in shown) throw new Error(shown.reason);
  t.like(shown, { method: 'POST', url: echo.receiver.url, headers: { 'webhook-id': delivery.id, 'webhook-signature': '[redacted]' } });
  const key = /-([A-Za-z0-9]{12})\/messages/.exec(text)?.[1] ?? 'none';
  const all = JSON.stringify([shown, delivery]);
  for (const secret of [echo.secret, key, headers['webhook-signature'] ?? '']) t.false(all.includes(secret));
  t.deepEqual({ ...shown.body, room: null }, { ...body, room: null });
  await messages.erase(core, await fixture.at(), seq);
  const later = JSON.stringify(await requestNow(core, delivery));
  t.false(later.includes('hello'));
  await removeWebhook(core, echo.user);
  t.deepEqual(await requestNow(core, delivery), { reason: 'The bot no longer has a webhook.' });
});

test('outgoing webhook: only finished deliveries can be sent again, and none of a disabled webhook', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const echo = await fixture.bot('Echo');
  echo.receiver.answers.push(500);
  await fixture.postText('@Echo hello');
  await fixture.settled();
  const [delivery] = await fixture.deliveries(echo);
  t.is(await refusal(sendAgain(core, echo.user, delivery?.id ?? '')), 'conflict');
  echo.receiver.answers.push(410);
  fixture.clock.turn(5000);
  await fixture.settled();
  t.is(await refusal(sendAgain(core, echo.user, delivery?.id ?? '')), 'conflict');
  t.is(await refusal(sendTest(core, echo.user)), 'conflict');
  await enableWebhook(core, echo.user);
  t.is(await refusal(sendAgain(core, echo.user, delivery?.id ?? '')), 'done');
  await fixture.settled();
  t.like(await fixture.deliveries(echo), [{ state: 'done', tries: 0, attempts: [{ status: 500 }, { status: 410 }, { status: 204 }] }]);
});

test('outgoing webhook: rotating a bot changes the key in its payload; revoking it stops deliveries', async (t) => {
  const fixture = await openFixture(t);
  const { core, ann } = fixture;
  const echo = await fixture.bot('Echo');
  await fixture.postText('@Echo one');
  const before = (await echo.receiver.call(1)).body.room.path;
  const { campfire } = await rotateBot(core, ann.id, echo.user);
  await fixture.postText('@Echo two');
  const after = (await echo.receiver.call(2)).body.room.path;
  t.not(after, before);
  t.is(after, `/rooms/lobby/${campfire}/messages`);
  await fixture.settled();
  await revokeBot(core, ann.id, echo.user);
  await fixture.postText('@Echo three');
  await fixture.settled();
  t.is(echo.receiver.received.length, 2);
  t.is(await webhookOf(core, echo.user), undefined);
});

test('outgoing webhook: deliveries are counted by result', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo', { on: 'all' });
  echo.receiver.answers.push(204, 500);
  await fixture.postText('one');
  await fixture.settled();
  await fixture.postText('two');
  await fixture.settled();
  const { text } = await fixture.site.client().get('/metrics', 'text/plain');
  t.true(text.includes('parley_webhook_calls_total{result="delivered"} 1'), text.slice(0, 200));
  t.true(text.includes('parley_webhook_calls_total{result="failed"} 1'));
});
