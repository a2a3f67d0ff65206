import test from 'ava';
import { bodyAsText } from '../../../lib/markup/rich-content-text.ts';
import { MAX_RESPONSE_BYTES } from '../../../lib/outbound/request.ts';
import { sendAgain, sendTest } from '../../../lib/webhooks/outgoing/operations.ts';
import type { Answering } from '../../helpers/receiver.ts';
import { PASSWORD } from '../../helpers/server.ts';
import { openFixture } from './fixtures.ts';

const json = (value: unknown, type = 'application/json'): Answering => ({ headers: { 'Content-Type': type }, body: JSON.stringify(value) });
const text = (body: string, type = 'text/plain'): Answering => ({ headers: { 'Content-Type': type }, body });

type Row = readonly [title: string, answer: Answering, said: string | undefined];
const ANSWERS: readonly Row[] = [
  ['text', text('hello\nyou', 'text/plain; charset=utf-8'), 'hello\nyou'],
  ['text that looks like HTML is text', text('a < b'), 'a < b'],
  ['HTML that is plain text, as small frameworks send it', text('hello', 'text/html'), 'hello'],
  ['HTML', text('<h1>hello</h1>', 'text/html'), undefined],
  ['no text', text('  \n '), undefined],
  ['JSON with text', json({ text: 'from JSON' }), 'from JSON'],
  ['JSON of another type of JSON', json({ text: 'from JSON' }, 'application/vnd.bot+json; charset=utf-8'), 'from JSON'],
  ['JSON with blocks', json({ blocks: [{ type: 'section', text: { type: 'plain_text', text: 'a block' } }] }), 'a block'],
  ['JSON as Discord has it', json({ content: 'from Discord' }), 'from Discord'],
  ['JSON that says that all is well', json({ ok: true }), undefined],
  ['JSON that reports', json({ status: 'success', message: 'received' }), undefined],
  ['JSON with empty text', json({ text: '', ok: true }), undefined],
  ['JSON with a text that is none', json({ text: { $ne: null } }), undefined],
  ['JSON that is a list', json(['text']), undefined],
  ['what only says that it is JSON', text('{"text": ', 'application/json'), undefined],
  ['another type', text('hello', 'text/css'), undefined],
  ['no type', { body: 'hello' }, undefined],
  ['nothing', 204, undefined],
  ['another status of success', { status: 201, headers: { 'Content-Type': 'text/plain' }, body: 'hello' }, undefined],
  ['an error in words', { status: 500, headers: { 'Content-Type': 'text/plain' }, body: 'hello' }, undefined],
  ['a packed text', { headers: { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }, body: 'hello' }, undefined],
];

test('bot replies: which responses are posted', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  const { group } = await fixture.at();
  for (const [title, answer, said] of ANSWERS) {
    echo.receiver.answers.push(answer);
    const seq = await fixture.postText('@Echo?');
    await fixture.settled();
    const [delivery] = await fixture.deliveries(echo);
    t.deepEqual([delivery?.seq, delivery?.attempts.length], [seq, 1], title);
    const [reply] = await fixture.core.store.log.range(group.id, seq + 1, seq + 1);
    const text = reply?.kind === 'message' ? bodyAsText(reply.body, reply.format) : undefined;
    t.deepEqual([text, delivery?.reply ?? undefined], [said, said === undefined ? undefined : seq + 1], title);
    fixture.clock.turn(1);
  }
});

test('bot replies: Markdown is posted as Markdown', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.answers.push(text('**bold** and `code`', 'text/markdown; charset=utf-8'));
  const seq = await fixture.postText('@Echo?');
  await fixture.settled();
  const [reply] = await fixture.core.store.log.range((await fixture.at()).group.id, seq + 1, seq + 1);
  t.like(reply, { kind: 'message', body: '**bold** and `code`', format: 'markdown', author: echo.user.id });
});

const DROPPED: readonly (readonly [answer: Answering, error: string | null])[] = [
  [text('<h1>hello</h1>', 'text/html'), 'it is HTML: send text/plain or text/markdown.'],
  [text('hello', 'text/css'), 'its Content-Type is text/css.'],
  [{ body: 'hello' }, 'it has no Content-Type.'],
  [{ status: 201, headers: { 'Content-Type': 'text/plain' }, body: 'hello' }, 'only a response with status 200 is, and this is a 201.'],
  [
    { headers: { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }, body: 'hello' },
    'its Content-Encoding is gzip: send it uncompressed.',
  ],
  [text('{"text": ', 'application/json'), 'it is not a JSON object, though its Content-Type says JSON.'],
  [json({ ok: true }), 'its JSON has none of text, blocks, attachments, content, embeds.'],
  [json({ text: 'posted' }), null],
  [text('posted'), null],
  [204, null],
  [text(' \n'), null],
];

test('bot replies: the deliveries show why a response was not posted, on the page and in JSON', async (t) => {
  const fixture = await openFixture(t);
  const ann = fixture.site.client();
  await ann.form('/login', { name: 'Ann', password: PASSWORD });
  const echo = await fixture.bot('Echo');
  const page = `/groups/lobby/bots/${echo.user.id}`;
  for (const [answer, reason] of DROPPED) {
    echo.receiver.answers.push(answer);
    await fixture.postText('@Echo?');
    await fixture.settled();
    const error = reason === null ? null : `The response was not posted: ${reason}`;
    const [delivery] = (await ann.get(page, 'application/json')).json<{
      deliveries: { id: string; state: string; error: string | null }[];
    }>().deliveries;
    t.like(delivery, { state: 'done', error });
    const one = `${page}/deliveries/${delivery?.id}`;
    t.like((await ann.get(one, 'application/json')).json(), { error, attempts: [{ error }] });
    t.is((await ann.get(one)).text.includes('not posted'), error !== null, String(reason));
    if (error !== null) for (const path of [page, one]) t.true((await ann.get(path)).text.includes(error), `${path}: ${reason}`);
    fixture.clock.turn(1);
  }
});

test('bot replies: a long one is cut with a mark', async (t) => {
  const fixture = await openFixture(t, { env: { MAX_BODY_BYTES: '1000' } });
  const echo = await fixture.bot('Echo');
  echo.receiver.usually = 'x'.repeat(5000);
  await fixture.postText('@Echo?');
  await fixture.settled();
  t.regex((await fixture.talk())[1] ?? '', /^Echo: x{900,}\n\[cut: 5000 bytes, 1000 at most\]$/);
});

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('bot replies: an image or another file is posted as an attachment, once', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const echo = await fixture.bot('Echo');
  const named = { 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment; filename="../../figures.csv"' };
  echo.receiver.answers.push({ headers: { 'Content-Type': 'image/png' }, body: PIXEL }, { headers: named, body: 'a,b' });
  await fixture.postText('@Echo a picture');
  await fixture.settled();
  const [delivery] = await fixture.deliveries(echo);
  echo.receiver.usually = { headers: { 'Content-Type': 'image/png' }, body: PIXEL };
  await fixture.postText('@Echo a table');
  await fixture.settled();
  await sendAgain(core, echo.user, delivery?.id ?? '');
  await fixture.settled();
  t.is(echo.receiver.received.length, 3);
  const { group } = await fixture.at();
  const files = (await core.store.log.messages(group.id, 1, 99)).map(({ attachments }) =>
    attachments?.map(({ name, type, bytes }) => [name, type, bytes]),
  );
  t.deepEqual(files, [undefined, [['attachment.png', 'image/png', PIXEL.length]], undefined, [['figures.csv', 'text/plain', 3]]]);
});

test('bot replies: an event that is delivered again posts one reply', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.answers.push('first', 'second');
  await fixture.postText('@Echo?');
  await fixture.settled();
  const [delivery] = await fixture.deliveries(echo);
  await sendAgain(fixture.core, echo.user, delivery?.id ?? '');
  await fixture.settled();
  t.is(echo.receiver.received.length, 2);
  t.deepEqual(await fixture.talk(), ['Ann: @Echo?', 'Echo: first']);
  t.like(await fixture.deliveries(echo), [{ state: 'done', reply: delivery?.reply, attempts: [{ error: null }, { error: null }] }]);
});

test('bot replies: an endless response is cut off and not posted', async (t) => {
  const fixture = await openFixture(t);
  const endless = await fixture.bot('Endless');
  let poured = 0;
  endless.receiver.usually = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    const pour = (): void => {
      while (!response.destroyed) {
        poured += 16_384;
        if (!response.write(Buffer.alloc(16_384, 'x'))) return void response.once('drain', pour);
      }
    };
    pour();
  };
  await fixture.postText('@Endless?');
  await fixture.settled();
  const [delivery] = await fixture.deliveries(endless);
  t.like(delivery, { state: 'done', reply: null, attempts: [{ status: 200, error: 'The response was too long and was not posted.' }] });
  t.true((delivery?.attempts[0]?.answer?.length ?? 0) <= 1024);
  t.true(poured > MAX_RESPONSE_BYTES);
});

test('bot replies: a response that takes too long is aborted, in any phase', async (t) => {
  const fixture = await openFixture(t, { callWithinMs: 150 });
  const [silent, slow] = [await fixture.bot('Silent'), await fixture.bot('Slow')];
  silent.receiver.usually = () => {};
  slow.receiver.usually = (_, response) => response.writeHead(200, { 'Content-Type': 'text/plain' }).write('hello…');
  await fixture.postText('@Silent, @Slow?');
  await fixture.settled();
  for (const bot of [silent, slow])
    t.like(await fixture.deliveries(bot), [
      { state: 'waiting', attempts: [{ status: null, error: 'No complete response within 0.15 s.' }] },
    ]);
  const [asked, ...lines] = await fixture.talk();
  t.is(asked, 'Ann: @Silent, @Slow?');
  t.deepEqual(lines.sort(), ['Silent: Failed to respond within 0.15 seconds', 'Slow: Failed to respond within 0.15 seconds']);
});

test('bot replies: a redirect is not followed', async (t) => {
  const fixture = await openFixture(t);
  const [moved, target] = [await fixture.bot('Moved'), await fixture.bot('Target')];
  moved.receiver.usually = { status: 307, headers: { Location: target.receiver.url } };
  await fixture.postText('@Moved?');
  await fixture.settled();
  t.deepEqual(target.receiver.received, []);
  t.like(await fixture.deliveries(moved), [{ state: 'waiting', attempts: [{ status: 307 }] }]);
  t.regex((await fixture.deliveries(moved))[0]?.attempts[0]?.error ?? '', /redirects/);
});

test('bot replies: trigger no webhook, so that two bots that mention each other post one message each', async (t) => {
  const fixture = await openFixture(t);
  const [ping, pong] = [await fixture.bot('Ping', { on: 'all' }), await fixture.bot('Pong', { on: 'all' })];
  ping.receiver.usually = '@Pong ping';
  pong.receiver.usually = '@Ping pong';
  await fixture.postText('go');
  await fixture.settled();
  t.is(ping.receiver.received.length, 1);
  t.is(pong.receiver.received.length, 1);
  t.deepEqual((await fixture.talk()).sort(), ['Ann: go', 'Ping: @Pong ping', 'Pong: @Ping pong']);
});

test("bot loops: two bots that reply through the API stop, and continue after a person's message", async (t) => {
  const fixture = await openFixture(t);
  const { postText, talk } = fixture;
  const [ping, pong] = [await fixture.bot('Ping'), await fixture.bot('Pong')];
  ping.receiver.usually = async (_, response) => {
    await postText('@Pong ping', ping.user);
    response.writeHead(204).end();
  };
  pong.receiver.usually = async (_, response) => {
    await postText('@Ping pong', pong.user);
    response.writeHead(204).end();
  };
  await postText('@Ping go');
  await fixture.settled();
  const first = (await talk()).length;
  t.is(first, 1 + 9, 'the ninth in a row calls nobody');
  await postText('@Ping again');
  await fixture.settled();
  t.is((await talk()).length, first + 1 + 9);
});

test('bot loops: two bots that edit or react stop too', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const messages = await import('../../../lib/messages/operations.ts');
  const [ping, pong] = [await fixture.bot('Ping', { events: ['reacted'] }), await fixture.bot('Pong', { events: ['reacted'] })];
  const seq = await fixture.postText('react to this');
  let count = 0;
  for (const bot of [ping, pong])
    bot.receiver.usually = async (_, response) => {
      count += 1;
      await messages.react(core, await fixture.at(bot.user), seq, `x${count}`, true);
      response.writeHead(204).end();
    };
  await messages.react(core, await fixture.at(), seq, '👍', true);
  await fixture.settled();
  t.true(count >= 8 && count <= 20, `${count}`);
});

test('test event: is marked as one, and its reply is not posted', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  echo.receiver.usually = 'hello';
  const id = await sendTest(fixture.core, echo.user);
  const { body, headers } = await echo.receiver.call(1);
  await fixture.settled();
  t.is(headers['webhook-id'], id);
  t.like(body, { event: 'test', group: 'lobby', room: { name: 'Lobby' }, message: { id: 0, erased: false } });
  t.deepEqual(await fixture.talk(), []);
  t.like(await fixture.deliveries(echo), [{ id, state: 'done', attempts: [{ status: 200, answer: 'hello' }] }]);
});
