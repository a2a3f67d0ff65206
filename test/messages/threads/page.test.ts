import test from 'ava';
import { setArchived } from '../../../lib/groups/operations.ts';
import { newUid, systemRandom } from '../../../lib/ids.ts';
import type { Client } from '../../helpers/client.ts';
import { eventually } from '../../helpers/eventually.ts';
import { groupAt, newGroup, postAs } from '../../helpers/fixtures.ts';
import { LOBBY, numbers, openSite, type Site } from '../../helpers/site.ts';

const MESSAGES = `${LOBBY}/messages`;

async function answer(who: Client, body: string, replyTo: number): Promise<number> {
  const { status, text, json } = await who.json('POST', MESSAGES, { body, reply_to: replyTo });
  if (status !== 201) throw new Error(`not answered: ${status} ${text}`);
  return json<{ seq: number }>().seq;
}

/** The rows of a page, in order. */
const rowsIn = (html: string): number[] => [...html.matchAll(/<article id="m-(\d+)"/g)].map(([, seq]) => Number(seq));
/** The messages of a JSON list, in order. */
const seqsIn = (text: string): number[] => (JSON.parse(text) as { seq: number }[]).map(({ seq }) => seq);

/** A message of Ann with three replies, one of them to a reply, and other messages between them. */
async function openThread(site: Site): Promise<{ root: number; replies: number[]; other: number }> {
  const { ann, bob } = site;
  const { seq: root } = await postAs(ann, 'Shall we sail?');
  const first = await answer(bob, 'When?', root);
  const { seq: other } = await postAs(bob, 'Something else');
  const second = await answer(ann, 'At noon', first);
  await answer(ann, 'Elsewhere', other);
  const third = await answer(bob, 'Let us', root);
  return { root, replies: [first, second, third], other };
}

/** Adds replies of Ann to a root. */
async function addReplies({ core, lobby, annUser }: Site, root: number, count: number, body = 'reply'): Promise<void> {
  const draft = { kind: 'message', author: annUser.id, format: 'text', replyTo: root, thread: root } as const;
  const reply = (n: number) => core.appender.append(lobby.id, { ...draft, uid: newUid(systemRandom), body: `${body} ${n}` });
  await Promise.all(numbers(1, count).map(reply));
}

test('thread page: shows the root and its replies in order, and nothing else of the group', async (t) => {
  const site = await openSite(t);
  const { root, replies, other } = await openThread(site);
  const { status, text } = await site.bob.get(`${MESSAGES}/${root}/thread`);
  t.is(status, 200);
  t.regex(text, /<h1>Thread<\/h1>/);
  t.true(text.includes(`in <a href="${LOBBY}?around=${root}#m-${root}" dir="auto">Lobby</a>`));
  t.deepEqual(rowsIn(text), [root, ...replies]);
  t.true(text.includes(`<a id="t-${root}" class="thread" href="${MESSAGES}/${root}/thread"`));
  t.regex(text, new RegExp(`<input id="replying-root" type="hidden" name="reply_to" value="${root}">`));
  t.regex(text, new RegExp(`hx-sse:connect="${MESSAGES}/${root}/thread/events\\?after=\\d+"`));
  t.notRegex(text, /data-base|id="unread"/);
  const alone = await site.bob.get(`${MESSAGES}/${other}/thread`);
  t.is(rowsIn(alone.text).length, 2);
  const { seq } = await postAs(site.ann, 'Nobody has answered');
  t.deepEqual(rowsIn((await site.bob.get(`${MESSAGES}/${seq}/thread`)).text), [seq]);
});

test('thread page: another message than the root redirects to it there', async (t) => {
  const site = await openSite(t);
  const { root, replies } = await openThread(site);
  for (const seq of replies) {
    const { status, headers } = await site.bob.get(`${MESSAGES}/${seq}/thread`);
    t.deepEqual([status, headers.get('location')], [303, `${MESSAGES}/${root}/thread#m-${seq}`]);
  }
  await addReplies(site, root, 200);
  const [old = 0] = replies;
  const { headers } = await site.bob.get(`${MESSAGES}/${old}/thread`);
  t.is(headers.get('location'), `${MESSAGES}/${root}/thread?before=${old + 1}#m-${old}`);
});

test('thread page: has the newest 200 replies, with links to the others; older ones have no stream', async (t) => {
  const site = await openSite(t);
  const { seq: root } = await postAs(site.ann, 'A long talk');
  await addReplies(site, root, 450);
  const seen = new Set<number>();
  let path = `${MESSAGES}/${root}/thread`;
  for (const count of [200, 200, 50]) {
    const page = await site.bob.get(path);
    const [first, ...replies] = rowsIn(page.text);
    t.deepEqual([first, replies.length], [root, count]);
    t.deepEqual(
      replies,
      replies.toSorted((a, b) => a - b),
    );
    for (const seq of replies) seen.add(seq);
    t.is(page.text.includes('hx-sse:connect'), count === 200 && seen.size === 200);
    t.is(page.text.includes(`rel="next" href="${MESSAGES}/${root}/thread"`), seen.size > 200);
    const list = await site.bob.get(path, 'application/json');
    t.deepEqual(seqsIn(list.text), [root, ...replies]);
    const [, older = ''] = /rel="prev" href="([^"]+)"/.exec(page.text) ?? [];
    t.is(list.headers.get('link') ?? '', older === '' ? '' : `<${site.url}${older}>; rel="prev"`);
    path = older;
  }
  t.deepEqual([path, seen.size], ['', 450]);
});

test('thread page: a page of heavy replies has fewer of them, one at least', async (t) => {
  const site = await openSite(t);
  const { seq: root } = await postAs(site.ann, 'Show me');
  await addReplies(site, root, 30, 'long '.repeat(12_000));
  const list = await site.bob.get(`${MESSAGES}/${root}/thread`, 'application/json');
  const seqs = seqsIn(list.text);
  t.true(seqs.length > 1 && seqs.length < 31, String(seqs.length));
  t.regex(list.headers.get('link') ?? '', new RegExp(`before=${seqs[1]}>; rel="prev"`));
});

test('thread page: JSON and text have the messages, at any message of the thread', async (t) => {
  const site = await openSite(t);
  const { root, replies } = await openThread(site);
  for (const seq of [root, ...replies]) {
    const json = await site.bob.get(`${MESSAGES}/${seq}/thread`, 'application/json');
    t.deepEqual(seqsIn(json.text), [root, ...replies]);
  }
  const [, reply] = (await site.bob.get(`${MESSAGES}/${root}/thread`, 'application/json')).json<Record<string, unknown>[]>();
  t.like(reply, { body: 'When?', reply_to: root, thread: { root, replies: 3 } });
  const { text } = await site.bob.get(`${MESSAGES}/${root}/thread`, 'text/plain');
  t.is(text, 'Ann: Shall we sail?\nBob: (reply to #3) When?\nAnn: (reply to #4) At noon\nBob: (reply to #3) Let us\n');
});

test('thread page: those who cannot read the group, and seqs of no message, get 404 in every format', async (t) => {
  const site = await openSite(t);
  const { ann, bob } = site;
  const slug = await newGroup(ann, 'Den');
  const { seq } = await postAs(ann, 'secret', slug);
  const paths = [`/groups/${slug}/messages/${seq}`, `${MESSAGES}/99`, `${MESSAGES}/1`, `${MESSAGES}/x`];
  for (const path of paths)
    for (const part of ['thread', 'thread/events', 'thread/live'])
      for (const accept of ['text/html', 'application/json', 'text/plain'])
        t.is((await bob.get(`${path}/${part}`, accept)).status, 404, `${path}/${part} ${accept}`);
  const visitor = site.client();
  t.is((await visitor.get(`${MESSAGES}/3/thread`, 'application/json')).status, 401);
  t.is(
    (await visitor.get(`${MESSAGES}/3/thread`)).headers.get('location'),
    `/login?return_to=${encodeURIComponent(`${MESSAGES}/3/thread`)}`,
  );
});

test('thread page: a form without JavaScript posts a reply and returns to the thread', async (t) => {
  const site = await openSite(t);
  const { root, replies } = await openThread(site);
  const posted = await site.bob.form(MESSAGES, { body: 'Here I am', reply_to: String(root), back: 'thread', key: 'nonce-1' });
  const seq = (replies.at(-1) ?? 0) + 1;
  t.deepEqual([posted.status, posted.headers.get('location')], [303, `${MESSAGES}/${root}/thread#m-${seq}`]);
  t.deepEqual(rowsIn((await site.ann.get(`${MESSAGES}/${root}/thread`)).text), [root, ...replies, seq]);
  const toReply = await site.bob.form(MESSAGES, { body: 'To a reply', reply_to: String(replies[0]), back: 'thread' });
  t.is(toReply.headers.get('location'), `${MESSAGES}/${root}/thread#m-${seq + 1}`);
  const elsewhere = await site.bob.form(MESSAGES, { body: 'In the group', reply_to: String(root) });
  t.is(elsewhere.headers.get('location'), `${LOBBY}#m-${seq + 2}`);
});

test('thread page: a refused form is shown there again, with what was typed', async (t) => {
  const site = await openSite(t);
  const { root, replies } = await openThread(site);
  const long = 'half a thought '.repeat(5000);
  const refused = await site.bob.form(MESSAGES, { body: long, reply_to: String(root), back: 'thread', key: 'nonce-2' });
  t.is(refused.status, 413);
  t.regex(refused.text, /<h1>Thread<\/h1>/);
  t.deepEqual(rowsIn(refused.text), [root, ...replies]);
  t.true(refused.text.includes(`${long}</textarea>`));
  t.regex(refused.text, /id="composer-error"[^>]*>Message is too long/);
  const blank = await site.bob.form(MESSAGES, { body: ' ', reply_to: String(replies[0]), back: 'thread' });
  t.deepEqual([blank.status, rowsIn(blank.text)[0]], [422, root]);
  t.regex(blank.text, new RegExp(`name="reply_to" value="${root}"`));
  const nowhere = await site.bob.form(MESSAGES, { body: 'To what?', reply_to: '99', back: 'thread' });
  t.is(nowhere.status, 422);
  t.regex(nowhere.text, /<h1 dir="auto">Lobby<\/h1>/);
  t.regex(nowhere.text, /There is no message 99 in this group/);
});

test('thread page: an archived group can be read, and has no form', async (t) => {
  const site = await openSite(t);
  const { root } = await openThread(site);
  await setArchived(site.core, site.annUser.id, await groupAt(site.core, 'lobby'), true);
  const { status, text } = await site.bob.get(`${MESSAGES}/${root}/thread`);
  t.is(status, 200);
  t.false(text.includes('id="composer"'));
  t.true(text.includes('This group is archived and read-only.'));
});

test('thread page: neither reading nor posting there marks other messages as read', async (t) => {
  const site = await openSite(t);
  const { core, bob, lobby, bobUser } = site;
  const { root } = await openThread(site);
  const mark = async () => (await core.store.memberships.get(lobby.id, bobUser.id))?.mark;
  await bob.json('POST', `${LOBBY}/read`, { seq: root, unread: '1' });
  await bob.get(`${MESSAGES}/${root}/thread`);
  await bob.form(MESSAGES, { body: 'from the thread', reply_to: String(root), back: 'thread' });
  t.is(await mark(), 0);
  await bob.json('POST', `${LOBBY}/read`);
  const { n } = await core.store.log.head(lobby.id);
  await bob.form(MESSAGES, { body: 'all is read', reply_to: String(root), back: 'thread' });
  await eventually(async () => (await mark()) === n + 1);
});
