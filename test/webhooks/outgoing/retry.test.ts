import test from 'ava';
import * as messages from '../../../lib/messages/operations.ts';
import { SCRUB_GRACE_MS, UNDO_MS } from '../../../lib/messages/rules.ts';
import { enableWebhook, rotateWebhookSecret, sendAgain, setWebhook, webhookOf } from '../../../lib/webhooks/outgoing/operations.ts';
import { RETRY_AFTER_MS, retryAfterIn } from '../../../lib/webhooks/outgoing/retry.ts';
import { isSigned } from '../../../lib/webhooks/signing.ts';
import { openFixture } from './fixtures.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

test('retries: a failed delivery is retried after 5 s, 30 s, 2 min, 10 min, 1 h, 6 h and 24 h with the same id, then fails', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.usually = 503;
  await fixture.postText('@Echo hello');
  await fixture.settled();
  t.deepEqual(RETRY_AFTER_MS, [5000, 30_000, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR]);
  for (const [index, waitMs] of RETRY_AFTER_MS.entries()) {
    fixture.clock.turn(waitMs - 1);
    await fixture.settled();
    t.is(echo.receiver.received.length, index + 1, 'not before its time');
    fixture.clock.turn(1);
    await fixture.settled();
    t.is(echo.receiver.received.length, index + 2);
  }
  fixture.clock.turn(2 * DAY);
  await fixture.settled();
  t.is(echo.receiver.received.length, 8);
  t.is(new Set(echo.receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
  const [delivery] = await fixture.deliveries(echo);
  t.like(delivery, { state: 'failed', reason: 'Given up after 8 attempts.', tries: 8 });
  t.deepEqual(delivery?.attempts.map(({ status, error }) => [status, error])[0], [503, 'The URL responded 503.']);
  t.is(delivery?.attempts.length, 8);
});

test('retries: a delivery that succeeds is not sent again', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.answers.push(500, (_, response) => response.destroy());
  await fixture.postText('@Echo hello');
  await fixture.settled();
  t.not((await webhookOf(fixture.core, echo.user))?.failingSince ?? null, null);
  for (const waitMs of [5000, 30_000, DAY]) {
    fixture.clock.turn(waitMs);
    await fixture.settled();
  }
  t.is(echo.receiver.received.length, 3);
  const [delivery] = await fixture.deliveries(echo);
  t.like(delivery, { state: 'done', tries: 2 });
  t.deepEqual(
    delivery?.attempts.map(({ status }) => status),
    [500, null, 204],
  );
  t.is((await webhookOf(fixture.core, echo.user))?.failingSince, null);
});

test('retries: Retry-After is respected and bounded', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.answers.push({ status: 429, headers: { 'Retry-After': '90' } });
  await fixture.postText('@Echo hello');
  await fixture.settled();
  fixture.clock.turn(89_999);
  await fixture.settled();
  t.is(echo.receiver.received.length, 1);
  fixture.clock.turn(1);
  await fixture.settled();
  t.is(echo.receiver.received.length, 2);
  const now = fixture.clock.now();
  t.is(retryAfterIn('90', now), 90_000);
  t.is(retryAfterIn(new Date(now + 120_000).toUTCString(), now), 120_000);
  t.is(retryAfterIn('99999999', now), DAY);
  for (const none of ['', '0', '-5', 'soon', new Date(now - 5000).toUTCString()]) t.is(retryAfterIn(none, now), undefined, none);
});

test('retries: 410 disables the webhook until it is enabled again', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo', { on: 'all' });
  echo.receiver.answers.push(410);
  await fixture.postText('one');
  await fixture.settled();
  t.regex((await webhookOf(fixture.core, echo.user))?.disabled ?? '', /410/);
  await fixture.postText('two');
  await fixture.settled();
  t.is(echo.receiver.received.length, 1);
  t.like(await fixture.deliveries(echo), [{ state: 'failed' }]);
  await enableWebhook(fixture.core, echo.user);
  await fixture.postText('three');
  await fixture.settled();
  t.deepEqual(
    echo.receiver.received.map(({ body }) => body.message.text),
    ['one', 'three'],
  );
});

test('retries: a 410 of a URL that was replaced meanwhile disables nothing', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  const { promise: changed, resolve } = Promise.withResolvers<void>();
  echo.receiver.answers.push(async (_, response) => {
    await changed;
    response.writeHead(410).end();
  });
  await fixture.postText('@Echo one');
  await echo.receiver.call(1);
  await setWebhook(fixture.core, echo.user, { url: `${echo.receiver.url}/new` });
  resolve();
  await fixture.settled();
  t.is((await webhookOf(fixture.core, echo.user))?.disabled, null);
});

test('retries: five days of failures only disable the webhook and are logged; one success resets them', async (t) => {
  const fixture = await openFixture(t);
  const [dead, flaky] = [await fixture.bot('Dead', { on: 'all' }), await fixture.bot('Flaky', { on: 'all' })];
  dead.receiver.usually = 500;
  flaky.receiver.usually = 500;
  const day = async (text: string): Promise<void> => {
    await fixture.postText(text);
    await fixture.settled();
    fixture.clock.turn(DAY);
  };
  for (const text of ['one', 'two']) await day(text);
  flaky.receiver.usually = 204;
  await day('three');
  flaky.receiver.usually = 500;
  await day('four');
  await day('five');
  t.is((await webhookOf(fixture.core, dead.user))?.disabled, null, 'not yet five days');
  await day('six');
  t.is((await webhookOf(fixture.core, dead.user))?.disabled, 'All deliveries have failed for five days.');
  t.is((await webhookOf(fixture.core, flaky.user))?.disabled, null);
  const calls = dead.receiver.received.length;
  await day('seven');
  t.is(dead.receiver.received.length, calls);
  const states = (await fixture.deliveries(dead)).map(({ state }) => state);
  t.false(states.includes('done'));
  t.true((await fixture.deliveries(dead)).some(({ reason }) => reason === 'The webhook is disabled.'));
});

test('delivery: the payload is built from the log at each attempt, without erased text', async (t) => {
  const fixture = await openFixture(t);
  const { core, clock } = fixture;
  const echo = await fixture.bot('Echo');
  echo.receiver.usually = { status: 500, headers: { 'Content-Type': 'text/plain' }, body: 'I choke on swordfish' };
  const seq = await fixture.postText('@Echo the word is swordfish');
  await fixture.settled();
  t.true((await echo.receiver.call(1)).text.includes('swordfish'));
  await messages.edit(core, await fixture.at(), seq, '@Echo the word is marlin');
  clock.turn(5000);
  await fixture.settled();
  t.is((await echo.receiver.call(2)).body.message.text, '@Echo the word is marlin');
  await messages.erase(core, await fixture.at(), seq);
  clock.turn(UNDO_MS + SCRUB_GRACE_MS);
  t.is((await fixture.deliveries(echo))[0]?.attempts[0]?.answer, 'I choke on swordfish');
  await fixture.site.server.sweep();
  clock.turn(MINUTE);
  await fixture.settled();
  const last = await echo.receiver.call(3);
  t.false(/swordfish|marlin/.test(last.text), 'of the text');
  t.like(last.body.message, { erased: true, text: '', body: { html: '', plain: '' } });
  t.false(JSON.stringify(await fixture.deliveries(echo)).includes('swordfish'), 'and of what was answered to it');
});

test('delivery: the stored response is removed when the reply that it became is scrubbed', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.usually = 'swordfish';
  await fixture.postText('@Echo the word?');
  await fixture.settled();
  const [delivery] = await fixture.deliveries(echo);
  t.is(delivery?.attempts[0]?.answer, 'swordfish');
  await messages.erase(fixture.core, await fixture.at(), delivery?.reply ?? 0);
  fixture.clock.turn(UNDO_MS + SCRUB_GRACE_MS);
  await fixture.site.server.sweep();
  t.is((await fixture.deliveries(echo))[0]?.attempts[0]?.answer, null);
});

test('delivery: at most 1 KiB of a response is stored', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.answers.push({ status: 400, body: 'é'.repeat(5000) }, { status: 400, body: Buffer.alloc(5000, 0xff) });
  await fixture.postText('@Echo hello');
  await fixture.settled();
  fixture.clock.turn(5000);
  await fixture.settled();
  const [delivery] = await fixture.deliveries(echo);
  t.is(delivery?.attempts.length, 2);
  for (const { answer } of delivery?.attempts ?? [])
    t.true(Buffer.byteLength(answer ?? '') <= 1024 && Buffer.byteLength(answer ?? '') > 1000);
});

test('delivery: a finished one is kept for 14 days, and can be sent again until then', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  await fixture.postText('@Echo hello');
  await fixture.settled();
  const [first] = await fixture.deliveries(echo);
  await sendAgain(fixture.core, echo.user, first?.id ?? '');
  await fixture.settled();
  t.deepEqual(
    echo.receiver.received.map(({ headers }) => headers['webhook-id']),
    [first?.id, first?.id],
  );
  t.like(await fixture.deliveries(echo), [{ state: 'done', attempts: [{ status: 204 }, { status: 204 }] }]);
  fixture.clock.turn(14 * DAY);
  await fixture.site.server.sweep();
  t.is((await fixture.deliveries(echo)).length, 1);
  fixture.clock.turn(1);
  await fixture.site.server.sweep();
  t.deepEqual(await fixture.deliveries(echo), []);
});

test('delivery: for 24 hours after a rotation requests are signed with both secrets, then with the new one only', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  const fresh = await rotateWebhookSecret(fixture.core, echo.user);
  const signedWith = async (count: number): Promise<boolean[]> => {
    await fixture.postText('@Echo hello');
    const { headers, text } = await echo.receiver.call(count);
    await fixture.settled();
    return [fresh, echo.secret].map((secret) => isSigned([secret], (name) => headers[name] ?? '', Buffer.from(text), fixture.clock.now()));
  };
  t.deepEqual(await signedWith(1), [true, true]);
  fixture.clock.turn(DAY);
  t.deepEqual(await signedWith(2), [true, false]);
  t.is((await echo.receiver.call(2)).headers['webhook-signature']?.split(' ').length, 1);
});
