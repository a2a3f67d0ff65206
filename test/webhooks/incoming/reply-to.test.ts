import test from 'ava';
import type { Answer } from '../../helpers/client.ts';
import { groupAt, newGroup, postAs } from '../../helpers/fixtures.ts';
import { messageCount, newestMessage, openHookSite } from './fixtures.ts';

const { site, ann, hook } = await openHookSite();
test.after.always(() => site.close());

type Shown = { seq: number; body: string; reply_to: number | null; thread: { root: number; replies: number } | null };

const JSON_TYPE = { 'Content-Type': 'application/json' };
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const TEXT = { 'Content-Type': 'text/plain' };

const post = (body: string | FormData, headers: Record<string, string>, query = ''): Promise<Answer> =>
  site.client().send(`${hook}${query}`, { method: 'POST', body, headers });
const newest = () => newestMessage<Shown>(ann);

function form(fields: Record<string, string>, file = false): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  if (file) made.set('file', new Blob(['x']), 'x.txt');
  return made;
}

const TAKEN: readonly (readonly [title: string, send: (seq: number) => Promise<Answer>])[] = [
  ['text in JSON', (seq) => post(JSON.stringify({ text: 'yes', reply_to: seq }), JSON_TYPE)],
  ['digits in JSON', (seq) => post(JSON.stringify({ text: 'yes', reply_to: `${seq}` }), JSON_TYPE)],
  ['a message in JSON', (seq) => post(JSON.stringify({ message: 'yes', reply_to: seq }), JSON_TYPE)],
  ['a form', (seq) => post(`text=yes&reply_to=${seq}`, FORM)],
  ['a payload in a form', (seq) => post(`payload=${encodeURIComponent(JSON.stringify({ text: 'yes', reply_to: seq }))}`, FORM)],
  ['a multipart form', (seq) => post(form({ text: 'yes', reply_to: `${seq}` }), {})],
  ['a file without a text', (seq) => post(form({ reply_to: `${seq}` }, true), {})],
  ['text, with the query', (seq) => post('yes', TEXT, `?reply_to=${seq}`)],
  ['text that curl declares as a form, with the query', (seq) => post('yes', FORM, `?reply_to=${seq}`)],
  ['Markdown, with the query', (seq) => post('*yes*', { 'Content-Type': 'text/markdown' }, `?reply_to=${seq}`)],
];

test.serial('incoming webhook: reply_to makes the post a reply, in each format of ours', async (t) => {
  const { seq } = await postAs(ann, 'Anybody?');
  for (const [index, [title, send]] of TAKEN.entries()) {
    const answer = await send(seq);
    t.deepEqual([answer.status, answer.text], [200, 'ok'], title);
    const { reply_to: answered, thread } = await newest();
    t.is(answered, seq, title);
    t.like(thread, { root: seq, replies: index + 1 }, title);
  }
  for (const none of ['{"text":"no","reply_to":null}', '{"text":"no","reply_to":""}', '{"text":"no"}']) {
    t.is((await post(none, JSON_TYPE)).text, 'ok');
    t.is((await newest()).reply_to, null, none);
  }
});

test.serial('incoming webhook: a reply_to that is no message of the group is refused by name, and nothing is posted', async (t) => {
  const team = await newGroup(ann, 'Team');
  let elsewhere = 0;
  const { seq } = await postAs(ann, 'Here');
  while (elsewhere <= seq) elsewhere = (await postAs(ann, 'Elsewhere', team)).seq;
  const before = await messageCount(ann);
  for (const wrong of [elsewhere, 1, 0, -1, 1.5, 'x', '99999999999', true, [seq], { $ne: null }]) {
    const body = JSON.stringify({ text: 'no', reply_to: wrong });
    const answer = await post(body, JSON_TYPE);
    t.deepEqual([answer.status, answer.text], [422, 'invalid_reply_to'], body);
    const asJson = await post(body, { ...JSON_TYPE, Accept: 'application/json' });
    t.deepEqual([asJson.status, asJson.json()], [422, { ok: false, success: false, error: 'invalid_reply_to' }], body);
  }
  for (const query of [`?reply_to=${elsewhere}`, '?reply_to=x', `?reply_to=${seq}&reply_to=${seq}`])
    t.is((await post('no', TEXT, query)).text, 'invalid_reply_to', query);
  t.is((await post('no', TEXT, `?reply_to=${elsewhere}&wait=true`)).json().error, 'invalid_reply_to');
  t.is((await post('{"content":"no"}', JSON_TYPE, `?reply_to=${elsewhere}`)).json().code, 50035);
  t.is((await post(form({ text: 'no', reply_to: `${elsewhere}` }, true), {})).status, 422);
  t.is(await messageCount(ann), before);
  t.is((await post(JSON.stringify({ text: 'yes', reply_to: seq }), JSON_TYPE)).text, 'ok');
});

test.serial('incoming webhook: events of other programs may have a field reply_to of their own', async (t) => {
  const event = { type: 'mail.received', timestamp: '2026-01-02T12:00:00Z', data: { subject: 'Hello' }, reply_to: 'ann@example.org' };
  for (const body of [event, { to: 'team', reply_to: 'ann@example.org' }]) {
    t.is((await post(JSON.stringify(body), JSON_TYPE)).text, 'ok');
    t.is((await newest()).reply_to, null);
  }
});

test.serial(
  'incoming webhook: threads of Slack, Mattermost and Rocket.Chat are those of ids that we gave; others are ignored',
  async (t) => {
    const first = await post('{"text":"Build 7 started"}', { ...JSON_TYPE, Accept: 'application/json' });
    const { id, seq } = first.json<{ id: string; seq: number }>();
    const { id: group } = await groupAt(site.core, 'lobby');
    for (const [field, extra] of [
      ['thread_ts', {}],
      ['root_id', { props: { card: 'a card' } }],
      ['tmid', { alias: 'ci' }],
    ] as const) {
      t.is((await post(JSON.stringify({ text: 'passed', ...extra, [field]: id }), JSON_TYPE)).text, 'ok');
      t.like(await newest(), { reply_to: seq, thread: { root: seq } }, field);
      for (const other of [
        '1704096060.000200',
        `${seq}`,
        seq,
        `${group}-4711`,
        `${group}-1`,
        `${group}-x`,
        `0000000000000000-${seq}`,
        null,
        {},
      ]) {
        const body = JSON.stringify({ text: 'passed', ...extra, [field]: other });
        t.is((await post(body, JSON_TYPE)).text, 'ok', body);
        t.is((await newest()).reply_to, null, body);
      }
    }
  },
);

test.serial('incoming webhook: an erased message can be answered; a key stands for one reply_to, also in the query', async (t) => {
  const [one, two] = [await postAs(ann, 'One'), await postAs(ann, 'Two')];
  const send = (query: string) => post('yes', { ...TEXT, 'Idempotency-Key': 'reply', Accept: 'application/json' }, query);
  const first = await send(`?reply_to=${one.seq}`);
  t.is(first.status, 200);
  for (const other of [`?reply_to=${two.seq}`, ''])
    t.deepEqual([(await send(other)).status, (await send(other)).json().error], [422, 'key_reused'], other);
  t.is((await ann.json('DELETE', `/groups/lobby/messages/${one.seq}`)).status, 200);
  t.deepEqual((await send(`?reply_to=${one.seq}`)).json(), first.json());
  t.is((await post(JSON.stringify({ text: 'late', reply_to: one.seq }), JSON_TYPE)).text, 'ok');
  t.is((await newest()).reply_to, one.seq);
  const inBody = (replyTo: number) => post(JSON.stringify({ text: 'yes', reply_to: replyTo }), { ...JSON_TYPE, 'webhook-id': 'r2' });
  t.deepEqual([(await inBody(two.seq)).text, (await inBody(two.seq)).text, (await inBody(one.seq)).text], ['ok', 'ok', 'key_reused']);
});
