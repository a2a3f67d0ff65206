import test from 'ava';
import { pollIn } from '../../lib/commands/poll.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { openSite } from '../helpers/site.ts';

const MESSAGES = '/groups/lobby/messages';
type Action = {
  readonly id: string;
  readonly label: string;
  readonly state: { readonly count: number; readonly by: { name: string }[]; readonly open: boolean };
};
type Message = { readonly body: string; readonly url: string; readonly author: { name: string }; readonly actions: readonly Action[] };

const last = async (who: Client): Promise<Message> =>
  (await who.get(`${MESSAGES}?limit=1`, 'application/json')).json<Message[]>()[0] as Message;
const vote = (who: Client, url: string, option: string): Promise<Answer> => who.json('POST', `${url}/actions/${option}`);

test('pollIn: a question and options in one line, on lines, or in quotation marks', (t) => {
  const wanted = { question: 'Where to?', options: ['The park', 'The pier'] };
  for (const text of [
    'Where to? The park, The pier',
    'Where to?The park,The pier, ',
    '"Where to?" "The park" "The pier"',
    '“Where to?” “The park” “The pier”',
    'Where to?\nThe park\n\nThe pier',
    'Where to?\n- The park\n* The pier',
  ])
    t.deepEqual(pollIn(text), wanted, text);
  t.deepEqual(pollIn('"Red or blue?" "Red, mostly" "Blue"'), { question: 'Red or blue?', options: ['Red, mostly', 'Blue'] });
  for (const text of ['', 'Where to?', 'Where to', '"Where to?"']) t.is(pollIn(text), undefined, text);
});

test('/poll: members vote once, everybody sees the votes, and the author closes it', async (t) => {
  const { ann, bob, core } = await openSite(t);
  t.regex((await ann.form(MESSAGES, { body: '/poll Where **to**? The park, The pier' })).headers.get('location') ?? '', /#m-/);
  const { body, url, author, actions } = await last(bob);
  t.deepEqual([body, author.name], ['Where **to**?', 'Ann']);
  t.deepEqual(
    actions.map(({ id, label }) => [id, label]),
    [
      ['option-1', 'The park'],
      ['option-2', 'The pier'],
      ['close', 'Close the poll'],
    ],
  );
  t.is((await vote(bob, url, 'option-2')).status, 200);
  t.is((await vote(bob, url, 'option-1')).status, 409, 'one of them, once');
  t.is((await vote(ann, url, 'option-2')).status, 200, 'its author votes too');
  const page = (await bob.get('/groups/lobby')).text;
  t.regex(page, /The pier \(2\)<\/b>: Bob, Ann/);
  t.false(page.includes('Waiting for'), 'nobody answers a vote');
  t.is((await vote(bob, url, 'close')).status, 403);
  t.is((await vote(ann, url, 'close')).status, 200);
  const late = await vote(bob, url, 'option-1');
  t.is(late.status, 409);
  t.regex(late.text, /This poll is closed/);
  const closed = (await ann.get('/groups/lobby')).text;
  t.regex(closed, /The park \(0\)<\/b>[\s\S]*The pier \(2\)<\/b>[\s\S]*<b>Closed<\/b> by Ann/);
  t.is((await last(bob)).actions.filter(({ state }) => state.open).length, 0);
  t.is((await core.store.log.head((await core.store.groups.bySlug('lobby'))?.id ?? ('' as never))).n, 1, 'votes are no messages');
});

test('/poll: what cannot be a poll is refused, with what was typed in the field', async (t) => {
  const { ann } = await openSite(t);
  for (const [text, reason] of [
    ['/poll', 'Write a question and its options'],
    ['/poll Where to? The park', '2 to 20 options'],
    [`/poll Where to? ${Array.from({ length: 21 }, (_, n) => n).join()}`, '2 to 20 options'],
    ['/poll Where to? The park, The  park', 'the same'],
    [`/poll Where to? a, ${'b'.repeat(76)}`, '75 characters'],
  ] as const) {
    const { status, text: page } = await ann.form(MESSAGES, { body: text });
    t.is(status, 422, text);
    t.true(page.includes(reason) && page.includes(`>${text}</textarea>`), text);
  }
});

test('polls by the API: anonymous, with several votes of one person, posted once with a key', async (t) => {
  const { ann, bob } = await openSite(t);
  const poll = { question: 'Which?', options: ['One', 'Two', 'Three'], multiple: true, show: 'count', key: 'p1' };
  const posted = await ann.json('POST', '/groups/lobby/polls', poll);
  t.is(posted.status, 201);
  const again = await ann.json('POST', '/groups/lobby/polls', poll);
  t.deepEqual([again.status, again.json<Message>().url], [200, posted.json<Message>().url]);
  const { url } = posted.json<Message>();
  for (const option of ['option-1', 'option-3']) t.is((await vote(bob, url, option)).status, 200);
  t.is((await vote(bob, url, 'option-1')).status, 409);
  const seen = (await ann.get(url, 'application/json')).json<Message>().actions.map(({ state }) => state.count);
  t.deepEqual(seen, [1, 0, 1, 0]);
  const listed = (await bob.get(url)).text;
  t.regex(listed, /One \(1\)<\/b>/);
  t.false(/One \(1\)<\/b>: Bob/.test(listed), 'nobody sees who');
  for (const wrong of [{ question: '' }, { options: ['One'] }, { options: ['One', ' '] }, { options: ['One', 'One'] }])
    t.is((await ann.json('POST', '/groups/lobby/polls', { ...poll, key: 'p2', ...wrong })).status, 422, JSON.stringify(wrong));
  const form = await ann.form('/groups/lobby/polls', { question: 'By form?', options: 'Yes\nNo' });
  t.is(form.status, 303);
  t.deepEqual(
    (await last(bob)).actions.map(({ label }) => label),
    ['Yes', 'No', 'Close the poll'],
  );
});
