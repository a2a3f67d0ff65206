import test from 'ava';
import { readThread } from '../../../lib/messages/threads/read-thread.ts';
import type { Client } from '../../helpers/client.ts';
import { newGroup, postAs } from '../../helpers/fixtures.ts';
import { LOBBY, openSite } from '../../helpers/site.ts';

type Shown = { seq: number; body: string };

const reply = async (client: Client, body: string, to: number, slug = 'lobby'): Promise<number> =>
  (await client.json('POST', `/groups/${slug}/messages`, { body, reply_to: to })).json<Shown>().seq;

/** A thread of a root, replies 1 to `count`, each to the one before, and as many other messages between them. */
async function thread(client: Client, count: number, slug = 'lobby'): Promise<number[]> {
  const { seq: root } = await postAs(client, 'root', slug);
  const seqs = [root];
  for (let n = 1; n <= count; n += 1) {
    await postAs(client, `other ${n}`, slug);
    seqs.push(await reply(client, `reply ${n}`, seqs.at(-1) ?? 0, slug));
  }
  return seqs;
}

const linksIn = (header: string | null): Record<string, string> =>
  Object.fromEntries([...(header ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url = '', rel = '']) => [rel, url]));

test('GET messages?thread=: the root and its replies, by any message of the thread, as JSON and text', async (t) => {
  const site = await openSite(t);
  const seqs = await thread(site.ann, 2);
  for (const seq of seqs) {
    const answer = await site.bob.get(`${LOBBY}/messages?thread=${seq}`, 'application/json');
    t.deepEqual(
      answer.json<Shown[]>().map(({ body }) => body),
      ['root', 'reply 1', 'reply 2'],
    );
    t.deepEqual([answer.headers.get('x-total-count'), answer.headers.get('link')], ['3', null]);
  }
  const [root, first] = seqs;
  const text = `Ann: root\nAnn: (reply to #${root}) reply 1\nAnn: (reply to #${first}) reply 2\n`;
  for (const path of [`${LOBBY}/messages`, LOBBY]) t.is((await site.bob.get(`${path}?thread=${first}`, 'text/plain')).text, text);
  const { seq: alone } = await postAs(site.ann, 'alone');
  const only = await site.bob.get(`${LOBBY}/messages?thread=${alone}`, 'application/json');
  t.deepEqual([only.json<Shown[]>().map(({ seq }) => seq), only.headers.get('x-total-count')], [[alone], '1']);
});

test('GET messages?thread=: following Link in either direction visits every message once', async (t) => {
  const site = await openSite(t);
  const seqs = await thread(site.ann, 6);
  const walk = async (path: string, rel: 'prev' | 'next'): Promise<number[][]> => {
    const answer = await site.bob.get(path, 'application/json');
    const next = linksIn(answer.headers.get('link'))[rel];
    const page = answer.json<Shown[]>().map(({ seq }) => seq);
    return next === undefined ? [page] : [page, ...(await walk(next, rel))];
  };
  const base = `${LOBBY}/messages?thread=${seqs[3]}`;
  for (const limit of [1, 2, 3, 6, 7, 200]) {
    const back = await walk(`${base}&limit=${limit}`, 'prev');
    t.deepEqual(back.toReversed().flat(), seqs, `back by ${limit}`);
    const forth = await walk(`${base}&limit=${limit}&after=0`, 'next');
    t.deepEqual(forth.flat(), seqs, `forth by ${limit}`);
    t.is(Math.max(...[...back, ...forth].map(({ length }) => length)), Math.min(limit, 7));
    t.is(back.length, Math.ceil(7 / limit));
  }
  const [root = 0, , , fourth = 0, fifth = 0] = seqs;
  const at = async (query: string) => (await site.bob.get(`${base}&${query}`, 'application/json')).json<Shown[]>().map(({ seq }) => seq);
  t.deepEqual(await at(`before=${fourth}`), seqs.slice(0, 3));
  t.deepEqual(await at(`after=${fifth}`), seqs.slice(5));
  t.deepEqual(await at(`after=${root}&limit=2`), seqs.slice(1, 3));
  t.deepEqual(await at(`before=${root}`), []);
  t.deepEqual(await at('after=9999'), []);
});

test('GET messages?thread=: refuses around and date by name; what is no message of the group is not found', async (t) => {
  const site = await openSite(t);
  const { seq } = await postAs(site.ann, 'root');
  const team = await newGroup(site.ann, 'Team');
  await thread(site.ann, 3, team);
  for (const [query, field] of [
    ['around=1', 'around'],
    ['date=2026-01-02', 'date'],
  ]) {
    const answer = await site.bob.get(`${LOBBY}/messages?thread=${seq}&${query}`, 'application/json');
    t.deepEqual([answer.status, answer.json().field], [422, field]);
    t.is((await site.bob.get(`${LOBBY}/messages?${query}`, 'application/json')).status, 200);
  }
  for (const wrong of [0, 1, seq + 1]) t.is((await site.bob.get(`${LOBBY}/messages?thread=${wrong}`, 'application/json')).status, 404);
  t.is((await site.bob.get(`${LOBBY}/messages?thread=x`, 'application/json')).status, 400);
  t.is((await site.bob.get(`/groups/${team}/messages?thread=2`, 'application/json')).status, 404);
});

test('GET messages?thread=: erased and edited messages are as they are now', async (t) => {
  const site = await openSite(t);
  const [root = 0, first = 0, second = 0] = await thread(site.ann, 2);
  await site.ann.json('DELETE', `${LOBBY}/messages/${root}`);
  await site.ann.json('PATCH', `${LOBBY}/messages/${first}`, { body: 'edited' });
  await site.ann.json('DELETE', `${LOBBY}/messages/${second}`);
  const answer = await site.bob.get(`${LOBBY}/messages?thread=${second}`, 'text/plain');
  t.is(answer.text, `Ann: (erased)\nAnn: (reply to #${root}) edited\nAnn: (erased)\n`);
  t.is(answer.headers.get('x-total-count'), '3');
});

test('readThread: heavy messages make a page shorter, and its cursors lead to the others', async (t) => {
  const site = await openSite(t, { env: { MAX_BODY_BYTES: '400000' } });
  const { core, lobby } = site;
  const { seq: root } = await postAs(site.ann, 'root');
  const seqs = [root];
  for (let n = 0; n < 4; n += 1) seqs.push(await reply(site.ann, 'x'.repeat(390_000), root));
  const read = (window: { before?: number; after?: number }) => readThread(core, lobby.id, root, { limit: 50, ...window });
  const found: number[] = [];
  let pages = 0;
  for (let before: number | undefined = Number.MAX_SAFE_INTEGER; before !== undefined; pages += 1) {
    const page = await read({ before });
    found.unshift(...page.messages.map(({ message }) => message.seq));
    before = page.older;
  }
  t.deepEqual(found, seqs);
  t.true(pages > 1);
  const [first, ...others] = [await read({ after: 0 }), await read({ after: seqs[2] ?? 0 })];
  t.is(first.newer, seqs[2]);
  t.deepEqual(
    others.flatMap(({ messages }) => messages.map(({ message }) => message.seq)),
    seqs.slice(3),
  );
  t.deepEqual([first.count, first.root.message.seq], [4, root]);
});
