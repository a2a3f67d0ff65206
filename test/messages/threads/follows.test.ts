import test from 'ava';
import type { Client } from '../../helpers/client.ts';
import { groupAt, newHook, openLobby, postAs } from '../../helpers/fixtures.ts';
import { openSite } from '../../helpers/site.ts';

const MESSAGES = '/groups/lobby/messages';

type Written = { readonly seq: number; readonly notified: readonly { readonly name: string }[] };
type Listed = {
  readonly results: readonly { body: string; unread: number; thread: { replies: number }; context: string }[];
  readonly next: string | null;
};

async function reply(who: Client, body: string, to: number): Promise<Written & { readonly names: string[] }> {
  const { status, text, json } = await who.json('POST', MESSAGES, { body, reply_to: to });
  if (status !== 201) throw new Error(`not answered: ${status} ${text}`);
  const written = json<Written>();
  return { ...written, names: written.notified.map(({ name }) => name).toSorted() };
}

const listed = async (who: Client, path = '/threads'): Promise<Listed> => (await who.get(path, 'application/json')).json<Listed>();
const unread = async (who: Client): Promise<[string, number][]> => (await listed(who)).results.map((one) => [one.body, one.unread]);

async function three(t: Parameters<typeof openLobby>[0]) {
  const site = await openLobby(t);
  return { ...site, eve: await site.signUpInLobby('Eve') };
}

test('followers: who took part, was answered or named in a thread is notified of its replies', async (t) => {
  const { ann, bob, eve } = await three(t);
  const { seq: root } = await postAs(ann, 'Shall we sail?');
  t.deepEqual((await reply(bob, 'When?', root)).names, ['Ann']);
  const { seq, names } = await reply(ann, 'Ask @Eve', root);
  t.deepEqual(names, ['Bob', 'Eve']);
  t.deepEqual((await reply(eve, 'At noon', seq)).names, ['Ann', 'Bob']);
  t.deepEqual((await reply(bob, 'Good', seq)).names, ['Ann', 'Eve']);
  const { seq: other } = await postAs(eve, 'Something else');
  t.deepEqual((await reply(bob, 'Yes', other)).names, ['Eve'], 'another thread');
});

test('followers: who leaves a thread is told nothing more, until they reply in it again; who left the group neither', async (t) => {
  const { ann, bob, eve } = await three(t);
  const { seq: root } = await postAs(ann, 'Shall we sail?');
  await reply(bob, 'When?', root);
  await reply(eve, 'Where to?', root);
  const off = await bob.json('POST', `${MESSAGES}/${root}/thread/follow`, { on: '0' });
  t.deepEqual(off.json(), { follows: false, url: `${MESSAGES}/${root}/thread` });
  t.deepEqual((await reply(ann, 'At noon', root)).names, ['Eve']);
  t.deepEqual((await reply(ann, 'And @Bob?', root)).names, ['Bob', 'Eve'], 'whoever is named is told');
  t.deepEqual((await reply(ann, 'Well?', root)).names, ['Eve'], 'and does not follow again by that');
  await reply(bob, 'Yes', root);
  t.deepEqual((await reply(ann, 'Good', root)).names, ['Bob', 'Eve']);
  await eve.form('/groups/lobby/members', { action: 'leave' });
  t.deepEqual((await reply(ann, 'See you', root)).names, ['Bob']);
});

test('followers: anybody may follow a thread without a word in it; an edit of a reply keeps those it told', async (t) => {
  const { ann, bob, eve } = await three(t);
  const { seq: root } = await postAs(ann, 'Shall we sail?');
  const first = await reply(bob, 'When?', root);
  t.is((await eve.json('POST', `${MESSAGES}/${first.seq}/thread/follow`)).status, 200, 'at any message of it');
  const second = await reply(bob, 'Tomorrow?', root);
  t.deepEqual(second.names, ['Ann', 'Eve']);
  await eve.json('POST', `${MESSAGES}/${root}/thread/follow`, { on: '1' });
  const edited = await bob.json('PATCH', `${MESSAGES}/${second.seq}`, { body: 'Today?' });
  t.deepEqual(
    edited
      .json<Written>()
      .notified.map(({ name }) => name)
      .toSorted(),
    ['Ann', 'Eve'],
  );
  const edit = await bob.json('PATCH', `${MESSAGES}/${first.seq}`, { body: 'When, then?' });
  t.deepEqual(
    edit.json<Written>().notified.map(({ name }) => name),
    ['Ann'],
    'whom the first text did not tell, an edit does not',
  );
});

test('followers: bots follow no thread, and a thread of strangers cannot be followed', async (t) => {
  const site = await three(t);
  const { ann, bob, eve } = site;
  const { seq: root } = await postAs(ann, 'Shall we sail?');
  const hook = await newHook(ann, 'Deploy');
  await site.client().json('POST', hook, { text: 'Done', reply_to: root });
  await reply(bob, 'When?', root);
  const followers = await site.core.store.follows.followers((await groupAt(site.core, 'lobby')).id, root, 9);
  t.is(followers.length, 2, 'Ann and Bob');
  await ann.json('POST', '/groups', { name: 'Team' });
  await postAs(ann, 'secret', 'team');
  for (const path of ['/groups/team/messages/2/thread/follow', `${MESSAGES}/999/thread/follow`, `${MESSAGES}/999/thread/read`])
    t.is((await eve.json('POST', path)).status, 404, path);
  t.is((await eve.json('POST', `${MESSAGES}/${root}/thread/follow`, { on: '2' })).status, 400);
});

test('GET /threads: followed threads with what is unread, the last reply first; reading the group or the thread reads it', async (t) => {
  const { ann, bob, clock } = await three(t);
  const { seq: sail } = await postAs(ann, 'Shall we sail?');
  const { seq: swim } = await postAs(ann, 'Shall we swim?');
  await postAs(ann, 'Nobody answers');
  await reply(bob, 'When?', sail);
  await reply(bob, 'Where?', swim);
  clock.turn(1000);
  const last = await reply(bob, 'Tomorrow?', sail);
  t.deepEqual(await unread(ann), [
    ['Shall we sail?', 2],
    ['Shall we swim?', 1],
  ]);
  t.deepEqual(await unread(bob), [
    ['Shall we sail?', 0],
    ['Shall we swim?', 0],
  ]);
  const read = await ann.json('POST', `${MESSAGES}/${sail}/thread/read`, { seq: last.seq - 1 });
  t.deepEqual(read.json(), { seq: last.seq - 1 });
  t.deepEqual((await unread(ann))[0], ['Shall we sail?', 1]);
  await ann.json('POST', `${MESSAGES}/${sail}/thread/read`);
  t.deepEqual((await unread(ann))[0], ['Shall we sail?', 0]);
  await ann.json('POST', '/groups/lobby/read');
  t.deepEqual((await unread(ann))[1], ['Shall we swim?', 0]);
  const { results } = await listed(ann);
  t.deepEqual(
    results.map(({ thread, context }) => [thread.replies, context]),
    [
      [2, `${MESSAGES}/${sail}/thread`],
      [1, `${MESSAGES}/${swim}/thread`],
    ],
  );
  const { text } = await ann.get('/threads', 'text/plain');
  t.is(text, `lobby #${sail} Ann: Shall we sail? (replies: 2, new: 0)\nlobby #${swim} Ann: Shall we swim? (replies: 1, new: 0)\n`);
});

test('GET /threads: pages by cursor have every thread once; groups that were left are not in it', async (t) => {
  const site = await openSite(t);
  const { ann, bob } = site;
  const roots: number[] = [];
  for (let n = 1; n <= 5; n += 1) {
    site.clock.turn(n === 3 ? 0 : 1000);
    const { seq } = await postAs(ann, `Question ${n}`);
    await bob.json('POST', MESSAGES, { body: 'Answer', reply_to: seq });
    roots.unshift(seq);
  }
  const found: string[] = [];
  for (let path: string | null = '/threads?limit=2'; path !== null; ) {
    const page: Listed = await listed(ann, path);
    t.true(page.results.length <= 2);
    found.push(...page.results.map(({ context }) => context));
    path = page.next;
  }
  t.deepEqual(
    found,
    roots.map((root) => `${MESSAGES}/${root}/thread`),
  );
  t.is((await ann.get('/threads?cursor=x', 'application/json')).status, 422);
  await bob.form('/groups/lobby/members', { action: 'leave' });
  t.deepEqual((await listed(bob)).results, []);
});

test('thread page without JavaScript: Follow and Following are a form; opening it reads it', async (t) => {
  const { ann, bob } = await three(t);
  const { seq: root } = await postAs(ann, 'Shall we sail?');
  const path = `${MESSAGES}/${root}/thread`;
  t.regex((await bob.get(path)).text, />Follow<\/button>/);
  const followed = await bob.form(`${path}/follow`, { on: '1' });
  t.deepEqual([followed.status, followed.headers.get('location')], [303, path]);
  t.regex((await bob.get(path)).text, />Following ✓<\/button>[\s\S]*You follow this thread/);
  await reply(ann, 'Anybody?', root);
  t.deepEqual(await unread(bob), [['Shall we sail?', 1]]);
  const page = await bob.get('/threads');
  t.regex(page.text, /1 new[\s\S]*Shall we sail\?[\s\S]*1 reply/);
  await bob.get(path);
  t.deepEqual(await unread(bob), [['Shall we sail?', 0]]);
  await reply(ann, 'Hello?', root);
  await bob.send(path, { headers: { Accept: 'text/html', Cookie: 'script=1' } });
  const left = await bob.form(`${path}/follow`, { on: '0', back: 'threads' });
  t.is(left.headers.get('location'), '/threads');
  t.regex((await bob.get('/threads')).text, /no longer follow[\s\S]*You follow no threads yet/);
});

test('own data: what is followed is downloaded', async (t) => {
  const site = await openLobby(t);
  const { seq: root } = await postAs(site.ann, 'Shall we sail?');
  await reply(site.bob, 'When?', root);
  const { text } = await site.bob.get('/settings/data.jsonl');
  t.regex(text, new RegExp(`"type":"followed_thread","group":"[^"]+","root":${root},"read_up_to":0`));
});
