import test from 'ava';
import { createAccount } from '../../lib/accounts/operations.ts';
import { createBot } from '../../lib/bots/operations.ts';
import { addMember } from '../../lib/groups/operations.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt, newGroup, userNamed } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
let bot: Client;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  [ann, bob] = [await site.signUp('Ann'), await site.signUp('Bob')];
  for (const name of ['Few', 'Many']) await newGroup(ann, name, ['Bob']);
  const { core } = site;
  const [many, by] = [await groupAt(core, 'many'), await userNamed(core, 'Ann')];
  const members = await Promise.all(Array.from({ length: 12 }, (_, n) => createAccount(core, { name: `Member ${n}`, password: null })));
  for (const user of members) await addMember(core, by.id, many, user);
  const made = await createBot(core, by.id, { name: 'echo', group: many });
  bot = site.client().bearer(made.token);
});
test.after.always(() => site.close());

type Said = { seq: number; html: string; mentions: string[]; mentions_all: boolean; notified?: object[] };
const MARK = '<span class="mention" data-user="all">@all</span>';
const mentionsOf = async (who: Client, slug: string): Promise<string> => {
  const page = (await who.get('/groups/lobby')).text;
  return new RegExp(`href="/groups/${slug}"[^>]*>[^<]*</a> <span class="unread at">@(\\d+)`).exec(page)?.[1] ?? '0';
};

test.serial('@all: in a small group it notifies all members except the author', async (t) => {
  await bob.form('/groups/join', { slug: 'lobby' });
  const said = (await ann.json('POST', '/groups/few/messages', { body: 'lunch, @all?' })).json<Said>();
  t.like(said, { mentions: [], mentions_all: true, html: `lunch, ${MARK}?` });
  t.deepEqual([await mentionsOf(bob, 'few'), await mentionsOf(ann, 'few')], ['1', '0']);
  t.regex((await bob.get('/groups/few')).text, /\.mention\[data-user="all"\] \{ --called/);
  const plain = (await ann.json('POST', '/groups/few/messages', { body: 'mail@all.example' })).json<Said>();
  t.is(plain.mentions_all, false);
  t.is((await ann.json('PATCH', `/groups/few/messages/${plain.seq}`, { body: 'hey @ALL' })).json<Said>().mentions_all, true);
  t.is(await mentionsOf(bob, 'few'), '1', 'the first was read with the page; the edit is news');
  await ann.json('DELETE', `/groups/few/messages/${said.seq}`);
  t.is((await ann.get(`/groups/few/messages/${said.seq}`, 'application/json')).json<Said>().mentions_all, false);
});

test.serial('@all: in a large group the page asks for confirmation and keeps the text', async (t) => {
  const body = 'fire drill @all';
  const asked = await ann.form('/groups/many/messages', { body, key: 'k1' });
  t.is(asked.status, 200);
  t.regex(asked.text, /Notify all 15 members\? <button name="notify_all" value="1"/);
  t.regex(asked.text, /autofocus>fire drill @all<\/textarea>/);
  const fragment = await ann.form('/groups/many/messages', { body, key: 'k2' }, { 'HX-Request': 'true' });
  t.is(fragment.status, 422);
  t.regex(fragment.text, /^<span class="ask">Notify all 15 members\? <button name="notify_all"/);
  t.is((await ann.get('/groups/many/messages', 'application/json')).json<Said[]>().length, 0, 'nothing is posted yet');
  t.is((await ann.form('/groups/many/messages', { body, key: 'k1', notify_all: '1' })).status, 303);
  const [said] = (await ann.get('/groups/many/messages', 'application/json')).json<Said[]>();
  t.like(said, { mentions_all: true });
  t.is(await mentionsOf(bob, 'many'), '1');
  const edited = await ann.form(`/groups/many/messages/${said?.seq}/edit`, { body: 'fire drill at noon @all' });
  t.is(edited.status, 303, 'nobody is asked twice');
  t.like((await ann.get(`/groups/many/messages/${said?.seq}`, 'application/json')).json<Said>(), { mentions_all: true });
});

test.serial('@all: in a large group it is plain text for API clients without notify_all', async (t) => {
  const text = (await bot.json('POST', '/groups/many/messages', { body: 'deployed @all' })).json<Said>();
  t.like(text, { mentions_all: false, html: 'deployed @all' });
  for (const sure of [true, '1']) {
    const all = (await bot.json('POST', '/groups/many/messages', { body: 'down @all @Bob', notify_all: sure })).json<Said>();
    t.like(all, { mentions_all: true });
    t.is(all.notified?.length, 1, 'those named one by one');
  }
  t.is((await bot.json('POST', '/groups/many/messages', { body: 'x', notify_all: 'maybe' })).status, 400);
});
