import test from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

type Said = { seq: number; rev: number; body: string; erased: boolean; format: string; notified: { name: string }[] };

let site: TestServer;
let ann: Client;
let count = 0;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0', MAX_BODY_BYTES: '1000' } });
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

/** Creates a group with a bot; returns the path of the group and a client with the bot's token. */
async function newGroup() {
  count += 1;
  const number = count;
  const { slug } = (await ann.json('POST', '/groups', { name: `Room ${number}` })).json<{ slug: string }>();
  const group = await groupAt(site.core, slug);
  const { token, user } = await createBot(site.core, undefined, { name: `bot ${number}`, group });
  return { at: `/groups/${slug}`, bot: site.client().bearer(token), user, group };
}

const put = (bot: Client, path: string, body: string) => bot.json('PUT', path, { body });
const headOf = async ({ group }: Awaited<ReturnType<typeof newGroup>>) => (await site.core.store.log.head(group.id)).seq;

test('upsert: the first request posts, later ones edit, and the same text writes nothing', async (t) => {
  const room = await newGroup();
  const { at, bot } = room;
  const first = await put(bot, `${at}/by-key/deploy%2F42`, 'one');
  const { seq } = first.json<Said>();
  t.is(first.status, 201);
  t.is(first.headers.get('location'), `${at}/messages/${seq}`);
  const second = await put(bot, `${at}/by-key/deploy%2F42`, 'two');
  t.deepEqual([second.status, second.json<Said>().seq, second.json<Said>().body], [200, seq, 'two']);
  const head = await headOf(room);
  const third = await put(bot, `${at}/by-key/deploy%2F42`, 'two');
  t.deepEqual([third.status, third.json<Said>().rev], [200, second.json<Said>().rev]);
  t.is(await headOf(room), head);
  t.is((await bot.get(`${at}/by-key/deploy%2F42`, 'application/json')).json<Said>().body, 'two');
  t.is((await bot.get(`${at}/messages`, 'application/json')).json<Said[]>().length, 1);
});

test('upsert: of many concurrent first requests one posts, and all return the same message', async (t) => {
  const { at, bot } = await newGroup();
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => put(bot, `${at}/by-key/k`, `text ${index % 4}`)));
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [...Array(11).fill(200), 201]);
  t.is(new Set(answers.map((answer) => answer.json<Said>().seq)).size, 1);
  const messages = (await bot.get(`${at}/messages`, 'application/json')).json<Said[]>();
  t.is(messages.length, 1);
  t.regex(messages[0]?.body ?? '', /^text [0-3]$/);
});

test('upsert: the key of an erased message cannot be used unless the erasure is undone', async (t) => {
  const { at, bot } = await newGroup();
  const { seq } = (await put(bot, `${at}/by-key/k`, 'one')).json<Said>();
  t.true((await bot.json('DELETE', `${at}/by-key/k`)).json<Said>().erased);
  const refused = await put(bot, `${at}/by-key/k`, 'two');
  t.deepEqual([refused.status, refused.json().code, refused.json().field], [410, 'gone', 'key']);
  t.true((await bot.get(`${at}/by-key/k`, 'application/json')).json<Said>().erased);
  t.is((await bot.json('DELETE', `${at}/by-key/k`)).status, 200);
  t.is((await bot.json('POST', `${at}/messages/${seq}/unerase`)).status, 200);
  t.is((await put(bot, `${at}/by-key/k`, 'two')).status, 200);
  await bot.json('DELETE', `${at}/by-key/k`);
  site.clock.turn(60_000);
  await site.server.sweep();
  t.is((await put(bot, `${at}/by-key/k`, 'three')).status, 410);
  t.is((await put(bot, `${at}/by-key/other`, 'three')).status, 201);
});

test('upsert: keys are scoped to author and group, and separate from idempotency keys', async (t) => {
  const [room, other] = [await newGroup(), await newGroup()];
  await ann.json('POST', `${other.at}/members`, { action: 'add', name: room.user.name });
  await put(room.bot, `${room.at}/by-key/k`, 'the bot’s');
  t.is((await ann.get(`${room.at}/by-key/k`, 'application/json')).status, 404);
  t.is((await ann.json('DELETE', `${room.at}/by-key/k`)).status, 404);
  t.is((await put(ann, `${room.at}/by-key/k`, 'Ann’s')).status, 201);
  t.is((await room.bot.get(`${other.at}/by-key/k`, 'application/json')).status, 404);
  const posted = await room.bot.json('POST', `${room.at}/messages`, { body: 'by key' }, { 'Idempotency-Key': 'k' });
  t.is(posted.status, 201);
  t.is((await room.bot.get(`${room.at}/by-key/k`, 'application/json')).json<Said>().body, 'the bot’s');
});

test('upsert: text, Markdown, forms and multipart are accepted', async (t) => {
  const { at, bot } = await newGroup();
  const send = (type: string, body: string | FormData) =>
    bot.send(`${at}/by-key/k`, { method: 'PUT', body, headers: { Accept: 'application/json', ...(type && { 'Content-Type': type }) } });
  const form = new FormData();
  form.set('body', 'multi');
  for (const [type, body, says, format] of [
    ['text/plain', 'plain', 'plain', 'text'],
    ['text/markdown', '**bold**', '**bold**', 'markdown'],
    ['application/x-www-form-urlencoded', 'body=form&format=text', 'form', 'text'],
    ['', form, 'multi', 'text'],
  ] as const) {
    const said = (await send(type, body)).json<Said>();
    t.deepEqual([said.body, said.format], [says, format], type);
  }
  const text = await bot.send(`${at}/by-key/k`, {
    method: 'PUT',
    body: 'x',
    headers: { Accept: 'text/plain', 'Content-Type': 'text/plain' },
  });
  t.regex(text.text, /^\/groups\/room-\d+\/messages\/\d+\n$/);
  t.regex((await bot.get(`${at}/by-key/k`, 'text/plain')).text, /^bot \d+: x\n$/);
});

test('upsert: the rules of posting apply', async (t) => {
  const { at, bot } = await newGroup();
  t.is((await put(bot, `${at}/by-key/k`, '')).status, 422);
  t.is((await put(bot, `${at}/by-key/k`, 'x'.repeat(1001))).status, 413);
  t.is((await put(bot, `${at}/by-key/${'k'.repeat(256)}`, 'x')).status, 422);
  t.is((await put(bot, `${at}/by-key/${'k'.repeat(255)}`, 'x')).status, 201);
  t.is((await bot.json('PUT', `${at}/by-key/k`, { body: 1 })).status, 400);
  t.is((await bot.get(`${at}/by-key/none`, 'application/json')).status, 404);
  t.is((await put(bot, `${at}/by-key/k`, 'x')).status, 201);
  await ann.json('POST', `${at}/settings`, { action: 'archive', on: '1' });
  t.is((await put(bot, `${at}/by-key/k`, 'y')).status, 403);
  t.is((await put(bot, `${at}/by-key/new`, 'y')).status, 403);
  t.is((await bot.json('DELETE', `${at}/by-key/k`)).status, 403);
  t.is((await bot.get(`${at}/by-key/k`, 'application/json')).status, 200);
});
