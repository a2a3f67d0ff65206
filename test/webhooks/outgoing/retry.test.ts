import test from 'ava';
import * as messages from '../../../lib/messages/operations.ts';
import { SCRUB_GRACE_MS, UNDO_MS } from '../../../lib/messages/rules.ts';
import { enableWebhook, rotateWebhookSecret, sendAgain, setWebhook, webhookOf } from '../../../lib/webhooks/outgoing/operations.ts';
import { RETRY_AFTER_MS, retryAfterIn } from '../../../lib/webhooks/outgoing/retry.ts';
import { isSigned } from '../../../lib/webhooks/signing.ts';
import { openStage } from './cast.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

test('retries: a failed delivery is retried after 5 s, 30 s, 2 min, 10 min, 1 h, 6 h and 24 h with the same id, then fails', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  echo.receiver.usually = 503;
  await stage.say('@Echo hello');
  await stage.settled();
  t.deepEqual(RETRY_AFTER_MS, [5000, 30_000, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR]);
  for (const [index, waitMs] of RETRY_AFTER_MS.entries()) {
    stage.clock.turn(waitMs - 1);
    await stage.settled();
    t.is(echo.receiver.received.length, index + 1, 'not before its time');
    stage.clock.turn(1);
    await stage.settled();
    t.is(echo.receiver.received.length, index + 2);
  }
  stage.clock.turn(2 * DAY);
  await stage.settled();
  t.is(echo.receiver.received.length, 8);
  t.is(new Set(echo.receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
  const [delivery] = await stage.deliveries(echo);
  t.like(delivery, { state: 'failed', reason: 'Given up after 8 attempts.', tries: 8 });
  t.deepEqual(delivery?.attempts.map(({ status, error }) => [status, error])[0], [503, 'The URL responded 503.']);
  t.is(delivery?.attempts.length, 8);
});

test('retries: a delivery that succeeds is not sent again', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  echo.receiver.answers.push(500, (_, response) => response.destroy());
  await stage.say('@Echo hello');
  await stage.settled();
  t.not((await webhookOf(stage.core, echo.user))?.failingSince ?? null, null);
  for (const waitMs of [5000, 30_000, DAY]) {
    stage.clock.turn(waitMs);
    await stage.settled();
  }
  t.is(echo.receiver.received.length, 3);
  const [delivery] = await stage.deliveries(echo);
  t.like(delivery, { state: 'done', tries: 2 });
  t.deepEqual(
    delivery?.attempts.map(({ status }) => status),
    [500, null, 204],
  );
  t.is((await webhookOf(stage.core, echo.user))?.failingSince, null);
});

test('retries: Retry-After is respected and bounded', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  echo.receiver.answers.push({ status: 429, headers: { 'Retry-After': '90' } });
  await stage.say('@Echo hello');
  await stage.settled();
  stage.clock.turn(89_999);
  await stage.settled();
  t.is(echo.receiver.received.length, 1);
  stage.clock.turn(1);
  await stage.settled();
  t.is(echo.receiver.received.length, 2);
  const now = stage.clock.now();
  t.is(retryAfterIn('90', now), 90_000);
  t.is(retryAfterIn(new Date(now + 120_000).toUTCString(), now), 120_000);
  t.is(retryAfterIn('99999999', now), DAY);
  for (const none of ['', '0', '-5', 'soon', new Date(now - 5000).toUTCString()]) t.is(retryAfterIn(none, now), undefined, none);
});

test('retries: 410 disables the webhook until it is enabled again', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo', { on: 'all' });
  echo.receiver.answers.push(410);
  await stage.say('one');
  await stage.settled();
  t.regex((await webhookOf(stage.core, echo.user))?.disabled ?? '', /410/);
  await stage.say('two');
  await stage.settled();
  t.is(echo.receiver.received.length, 1);
  t.like(await stage.deliveries(echo), [{ state: 'failed' }]);
  await enableWebhook(stage.core, echo.user);
  await stage.say('three');
  await stage.settled();
  t.deepEqual(
    echo.receiver.received.map(({ body }) => body.message.text),
    ['one', 'three'],
  );
});

test('retries: a 410 of a URL that was replaced meanwhile disables nothing', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  const { promise: changed, resolve } = Promise.withResolvers<void>();
  echo.receiver.answers.push(async (_, response) => {
    await changed;
    response.writeHead(410).end();
  });
  await stage.say('@Echo one');
  await echo.receiver.call(1);
  await setWebhook(stage.core, echo.user, { url: `${echo.receiver.url}/new` });
  resolve();
  await stage.settled();
  t.is((await webhookOf(stage.core, echo.user))?.disabled, null);
});

test('retries: five days of failures only disable the webhook and are logged; one success resets them', async (t) => {
  const stage = await openStage(t);
  const [dead, flaky] = [await stage.bot('Dead', { on: 'all' }), await stage.bot('Flaky', { on: 'all' })];
  dead.receiver.usually = 500;
  flaky.receiver.usually = 500;
  const day = async (text: string): Promise<void> => {
    await stage.say(text);
    await stage.settled();
    stage.clock.turn(DAY);
  };
  for (const text of ['one', 'two']) await day(text);
  flaky.receiver.usually = 204;
  await day('three');
  flaky.receiver.usually = 500;
  await day('four');
  await day('five');
  t.is((await webhookOf(stage.core, dead.user))?.disabled, null, 'not yet five days');
  await day('six');
  t.is((await webhookOf(stage.core, dead.user))?.disabled, 'All deliveries have failed for five days.');
  t.is((await webhookOf(stage.core, flaky.user))?.disabled, null);
  const calls = dead.receiver.received.length;
  await day('seven');
  t.is(dead.receiver.received.length, calls);
  const states = (await stage.deliveries(dead)).map(({ state }) => state);
  t.false(states.includes('done'));
  t.true((await stage.deliveries(dead)).some(({ reason }) => reason === 'The webhook is disabled.'));
});

test('delivery: the payload is built from the log at each attempt, without erased text', async (t) => {
  const stage = await openStage(t);
  const { core, clock } = stage;
  const echo = await stage.bot('Echo');
  echo.receiver.usually = { status: 500, headers: { 'Content-Type': 'text/plain' }, body: 'I choke on swordfish' };
  const seq = await stage.say('@Echo the word is swordfish');
  await stage.settled();
  t.true((await echo.receiver.call(1)).text.includes('swordfish'));
  await messages.edit(core, await stage.at(), seq, '@Echo the word is marlin');
  clock.turn(5000);
  await stage.settled();
  t.is((await echo.receiver.call(2)).body.message.text, '@Echo the word is marlin');
  await messages.erase(core, await stage.at(), seq);
  clock.turn(UNDO_MS + SCRUB_GRACE_MS);
  t.is((await stage.deliveries(echo))[0]?.attempts[0]?.answer, 'I choke on swordfish');
  await stage.site.server.sweep();
  clock.turn(MINUTE);
  await stage.settled();
  const last = await echo.receiver.call(3);
  t.false(/swordfish|marlin/.test(last.text), 'of the text');
  t.like(last.body.message, { erased: true, text: '', body: { html: '', plain: '' } });
  t.false(JSON.stringify(await stage.deliveries(echo)).includes('swordfish'), 'and of what was answered to it');
});

test('delivery: the stored response is removed when the reply that it became is scrubbed', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  echo.receiver.usually = 'swordfish';
  await stage.say('@Echo the word?');
  await stage.settled();
  const [delivery] = await stage.deliveries(echo);
  t.is(delivery?.attempts[0]?.answer, 'swordfish');
  await messages.erase(stage.core, await stage.at(), delivery?.reply ?? 0);
  stage.clock.turn(UNDO_MS + SCRUB_GRACE_MS);
  await stage.site.server.sweep();
  t.is((await stage.deliveries(echo))[0]?.attempts[0]?.answer, null);
});

test('delivery: at most 1 KiB of a response is stored', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  echo.receiver.answers.push({ status: 400, body: 'é'.repeat(5000) }, { status: 400, body: Buffer.alloc(5000, 0xff) });
  await stage.say('@Echo hello');
  await stage.settled();
  stage.clock.turn(5000);
  await stage.settled();
  const [delivery] = await stage.deliveries(echo);
  t.is(delivery?.attempts.length, 2);
  for (const { answer } of delivery?.attempts ?? [])
    t.true(Buffer.byteLength(answer ?? '') <= 1024 && Buffer.byteLength(answer ?? '') > 1000);
});

test('delivery: a finished one is kept for 14 days, and can be sent again until then', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  await stage.say('@Echo hello');
  await stage.settled();
  const [first] = await stage.deliveries(echo);
  await sendAgain(stage.core, echo.user, first?.id ?? '');
  await stage.settled();
  t.deepEqual(
    echo.receiver.received.map(({ headers }) => headers['webhook-id']),
    [first?.id, first?.id],
  );
  t.like(await stage.deliveries(echo), [{ state: 'done', attempts: [{ status: 204 }, { status: 204 }] }]);
  stage.clock.turn(14 * DAY);
  await stage.site.server.sweep();
  t.is((await stage.deliveries(echo)).length, 1);
  stage.clock.turn(1);
  await stage.site.server.sweep();
  t.deepEqual(await stage.deliveries(echo), []);
});

test('delivery: for 24 hours after a rotation requests are signed with both secrets, then with the new one only', async (t) => {
  const stage = await openStage(t);
  const echo = await stage.bot('Echo');
  const fresh = await rotateWebhookSecret(stage.core, echo.user);
  const signedWith = async (count: number): Promise<boolean[]> => {
    await stage.say('@Echo hello');
    const { headers, text } = await echo.receiver.call(count);
    await stage.settled();
    return [fresh, echo.secret].map((secret) => isSigned([secret], (name) => headers[name] ?? '', Buffer.from(text), stage.clock.now()));
  };
  t.deepEqual(await signedWith(1), [true, true]);
  stage.clock.turn(DAY);
  t.deepEqual(await signedWith(2), [true, false]);
  t.is((await echo.receiver.call(2)).headers['webhook-signature']?.split(' ').length, 1);
});
