import test from 'ava';
import { StoreUnavailable } from '../../../lib/errors.ts';
import * as messages from '../../../lib/messages/operations.ts';
import { sendAgain } from '../../../lib/webhooks/outgoing/operations.ts';
import { postReply } from '../../../lib/webhooks/outgoing/reply.ts';
import type { Answering } from '../../helpers/receiver.ts';
import { openFixture } from './fixtures.ts';

const json = (value: unknown): Answering => ({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });
const text = (body: string, type = 'text/plain'): Answering => ({ headers: { 'Content-Type': type }, body });

/** `asked`: the seq of the message that the bot is called for; `other`: of an earlier one. */
type Expected = (asked: number, other: number) => object;
const ROOT: Expected = (asked) => ({ replyTo: asked, thread: asked });
const ROWS: readonly (readonly [title: string, answer: (other: number) => Answering, expected: Expected])[] = [
  ['text', () => text('hello'), ROOT],
  ['Markdown', () => text('*hello*', 'text/markdown'), ROOT],
  ['a file', () => ({ headers: { 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment; filename="a.csv"' }, body: 'a,b' }), ROOT],
  ['JSON', () => json({ text: 'hello' }), ROOT],
  ['JSON with another message', (other) => json({ text: 'hello', reply_to: other }), (_, other) => ({ replyTo: other, thread: other })],
  ['JSON with another message as text', (other) => json({ text: 'hello', reply_to: `${other}` }), (_, other) => ({ replyTo: other })],
  ['JSON that answers none', () => json({ text: 'hello', reply_to: null }), () => ({ replyTo: undefined, thread: undefined })],
];

test('bot replies: answer the message of the call, unless their JSON says otherwise', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const echo = await fixture.bot('Echo');
  const { group } = await fixture.at();
  const other = await fixture.postText('before');
  for (const [title, answer, expected] of ROWS) {
    echo.receiver.answers.push(answer(other));
    const seq = await fixture.postText('@Echo?');
    await fixture.settled();
    const [delivery] = await fixture.deliveries(echo);
    const reply = await core.store.log.message(group.id, delivery?.reply ?? 0);
    t.is(reply?.author, echo.user.id, title);
    const { replyTo, thread } = reply ?? {};
    t.like({ replyTo, thread }, expected(seq, other), title);
    fixture.clock.turn(1);
  }
});

test('bot replies: one that names no message is not posted, and the delivery says why', async (t) => {
  const fixture = await openFixture(t);
  const echo = await fixture.bot('Echo');
  for (const [replyTo, why] of [
    [4711, 'There is no message 4711 in this group.'],
    [1, 'There is no message 1 in this group.'],
    ['x', 'its reply_to is neither null nor the seq of a message.'],
    [{ $ne: null }, 'its reply_to is neither null nor the seq of a message.'],
  ] as const) {
    echo.receiver.answers.push(json({ text: 'hello', reply_to: replyTo }));
    await fixture.postText('@Echo?');
    await fixture.settled();
    const [delivery] = await fixture.deliveries(echo);
    t.like(delivery, { state: 'done', reply: null });
    t.is(delivery?.attempts[0]?.error, `The response was not posted: ${why}`);
    fixture.clock.turn(1);
  }
  t.deepEqual(await fixture.talk(), Array(4).fill('Ann: @Echo?'));
});

test('bot replies: a retry posts once, whatever it answers then, also when the answered message was erased', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const echo = await fixture.bot('Echo');
  const { group } = await fixture.at();
  echo.receiver.answers.push('first', json({ text: 'second', reply_to: null }), 'third');
  const seq = await fixture.postText('@Echo?');
  await fixture.settled();
  const [first] = await fixture.deliveries(echo);
  await sendAgain(core, echo.user, first?.id ?? '');
  await fixture.settled();
  await messages.erase(core, await fixture.at(), seq);
  await sendAgain(core, echo.user, first?.id ?? '');
  await fixture.settled();
  t.is(echo.receiver.received.length, 3);
  t.deepEqual(await fixture.talk(), ['Ann: @Echo?', 'Echo: first']);
  const [again] = await fixture.deliveries(echo);
  t.like(again, { state: 'done', reply: first?.reply, attempts: [{ error: null }, { error: null }, { error: null }] });
  t.like(await core.store.log.message(group.id, first?.reply ?? 0), { body: 'first', replyTo: seq, thread: seq });
});

test('bot replies: events about no message have none, and reactions have that of their message', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const echo = await fixture.bot('Echo', { events: ['joined', 'reacted'] });
  const { group } = await fixture.at();
  const seq = await fixture.postText('hello');
  await messages.react(core, await fixture.at(), seq, '👍', true);
  echo.receiver.answers.push('thanks', 'welcome');
  await fixture.settled();
  await fixture.site.signUpInLobby('Bob');
  await fixture.settled();
  const replies = (await core.store.log.messages(group.id, 2, 3)).map(({ body, replyTo }) => [body, replyTo]);
  t.deepEqual(replies, [
    ['thanks', seq],
    ['welcome', undefined],
  ]);
});

test('bot replies: a store that does not answer rejects, so that the call is repeated, and then posts', async (t) => {
  const fixture = await openFixture(t);
  const { core } = fixture;
  const echo = await fixture.bot('Echo');
  const seq = await fixture.postText('@Echo?');
  await fixture.settled();
  const [delivery] = await fixture.deliveries(echo);
  if (!delivery) return t.fail('there is no delivery');
  const at = await fixture.at(echo.user);
  const answer = {
    status: 200,
    type: 'text/plain',
    encoding: '',
    disposition: '',
    retryAfter: '',
    body: Buffer.from('hello'),
    isCut: false,
  };
  const { log } = core.store;
  const { message } = log;
  log.message = () => Promise.reject(new StoreUnavailable('away, as the test wants it'));
  await t.throwsAsync(postReply(core, at, delivery, answer), { instanceOf: StoreUnavailable });
  log.message = message;
  const { seq: posted, problem } = await postReply(core, at, delivery, answer);
  t.is(problem, null);
  t.like(await log.message(at.group.id, posted ?? 0), { body: 'hello', replyTo: seq });
  t.deepEqual(await fixture.talk(), ['Ann: @Echo?', 'Echo: hello']);
});
