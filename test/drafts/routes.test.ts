import test from 'ava';
import { setArchived } from '../../lib/groups/operations.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { newGroup, postAs } from '../helpers/fixtures.ts';
import { Receiver } from '../helpers/receiver.ts';
import { LOBBY, numbers } from '../helpers/site.ts';
import { append, begin, commit, DRAFTS, idOf, newBot, openDrafting } from './drafting.ts';

type Written = {
  readonly seq: number;
  readonly body: string;
  readonly format: string;
  readonly reply_to: number | null;
  readonly notified: readonly { readonly name: string }[];
};
type Problem = { readonly code: string; readonly field?: string; readonly detail: string };

test('drafts: the text of several requests becomes one message: one entry, one call of a bot, mentions resolved once', async (t) => {
  const site = await openDrafting(t, { env: { ALLOW_OUTGOING: '127.0.0.1' } });
  const { core, server, bot, lobby, botUser } = site;
  const receiver = await Receiver.open(t);
  const { botUser: other } = await newBot(site, 'Echo');
  await setWebhook(core, other, { url: receiver.url, on: 'all', events: ['posted', 'edited'] });
  const before = await core.store.log.head(lobby.id);
  const begun = await bot.json('POST', DRAFTS, { body: 'For @B', format: 'markdown' });
  const { id, url, ...state } = begun.json<{ id: string; url: string }>();
  t.is(begun.status, 201);
  t.regex(id, /^[0-9a-z]{16}$/);
  t.is(url, `${DRAFTS}/${id}`);
  t.is(begun.headers.get('location'), url);
  t.deepEqual(state, { group: 'lobby', rev: 1, bytes: 6, format: 'markdown', reply_to: null });
  t.like((await append(bot, url, 'ob: **ni')).json(), { rev: 2, bytes: 14 });
  t.like((await append(bot, url, 'ne**')).json(), { rev: 3, bytes: 18 });
  t.deepEqual(await core.store.log.head(lobby.id), before, 'nothing of it is in the log');
  const posted = await commit(bot, url);
  t.is(posted.status, 201);
  const message = posted.json<Written>();
  t.like(message, { seq: before.seq + 1, body: 'For @Bob: **nine**', format: 'markdown' });
  t.deepEqual(
    message.notified.map(({ name }) => name),
    ['Bob'],
  );
  t.is(posted.headers.get('location'), `${LOBBY}/messages/${message.seq}`);
  t.is((await core.store.log.head(lobby.id)).seq, message.seq);
  const entry = await core.store.log.message(lobby.id, message.seq);
  t.like(entry, { author: botUser.id, key: `d:${id}` });
  server.deliveries.wake();
  await server.deliveries.idle();
  t.deepEqual(
    receiver.received.map(({ body }) => body.event),
    ['posted'],
  );
});

test('drafts: however often one is committed, at once or later, one message is posted', async (t) => {
  const { core, bot, lobby, clock } = await openDrafting(t);
  const draft = await begin(bot, { body: 'once' });
  const answers = await Promise.all(numbers(1, 5).map((n) => commit(bot, draft, n > 3 ? { body: `or ${n}` } : {})));
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 200, 200, 201]);
  const [first] = answers.map((answer) => answer.json<Written>());
  clock.turn(3_600_000);
  const again = await commit(bot, draft, { body: 'much later' });
  t.deepEqual([again.status, again.json<Written>().seq, again.json<Written>().body], [200, first?.seq, first?.body]);
  t.is((await core.store.log.head(lobby.id)).n, 1);
});

test('drafts: one without an update for 60 s has ended: it is committed with its text, once, or not at all', async (t) => {
  const { bot, clock, core, lobby } = await openDrafting(t);
  const draft = await begin(bot, { body: 'half a' });
  clock.turn(59_999);
  t.is((await append(bot, draft, '')).status, 200, 'an empty update keeps it open');
  clock.turn(59_999);
  t.like((await append(bot, draft, ' sentence')).json(), { rev: 3, bytes: 15 });
  clock.turn(60_000);
  for (const answer of [await append(bot, draft, '.'), await commit(bot, draft)]) {
    t.is(answer.status, 410);
    t.like(answer.json<Problem>(), { code: 'gone' });
    t.regex(answer.json<Problem>().detail, /no update for 60 s/);
  }
  const posted = await commit(bot, draft, { body: 'half a sentence, and the rest', format: 'markdown' });
  t.like(posted.json<Written>(), { body: 'half a sentence, and the rest', format: 'markdown' });
  t.is(posted.status, 201);
  t.is((await commit(bot, draft)).status, 200, 'now it is known what it became');
  t.is((await append(bot, draft, 'more')).status, 410);
  const late = await begin(bot, { body: 'what there is' });
  clock.turn(59_999);
  t.like((await commit(bot, late)).json<Written>(), { body: 'what there is' }, 'a bot that comes back in time posts what there is');
  t.deepEqual(await core.bus.texts.list(lobby.id), []);
});

test('drafts: a replaced text, a reply, other formats of requests', async (t) => {
  const { bot, ann } = await openDrafting(t);
  const { seq } = await postAs(ann, 'How many?');
  const draft = await begin(bot, { reply_to: seq });
  t.like((await bot.json('PATCH', draft, { body: 'Twelve' })).json(), { rev: 2, bytes: 6, format: 'text', reply_to: seq });
  t.like((await bot.json('PATCH', draft, { body: 'Eleven' })).json(), { rev: 3 });
  t.like((await commit(bot, draft)).json<Written>(), { body: 'Eleven', reply_to: seq, format: 'text' });

  const send = (method: string, path: string, body: string, type: string) =>
    bot.send(path, { method, body, headers: { Accept: 'text/plain', 'Content-Type': type } });
  const begun = await send('POST', DRAFTS, '*so*', 'text/markdown');
  t.is(begun.status, 201);
  const path = begun.text.trim();
  t.regex(begun.text, /^\/groups\/lobby\/drafts\/[0-9a-z]{16}\n$/);
  t.is((await send('PATCH', path, '*so* far', 'text/plain')).text, begun.text);
  t.is((await send('PATCH', path, 'append=%2C+and+on', 'application/x-www-form-urlencoded')).status, 200);
  const posted = await send('POST', `${path}/commit`, '', 'text/plain');
  t.is(posted.status, 422, 'a text of nothing is a text');
  const committed = await bot.send(`${path}/commit`, { method: 'POST', headers: { Accept: 'text/plain' } });
  t.is(committed.status, 201);
  t.regex(committed.text, /^\/groups\/lobby\/messages\/\d+\n$/);
  t.like((await bot.get(committed.text.trim(), 'application/json')).json(), { body: '*so* far, and on', format: 'markdown' });

  const emoji = await begin(bot);
  for (const half of ['\ud83d', '\ude00']) await append(bot, emoji, half);
  t.is((await commit(bot, emoji)).json<Written>().body, '😀', 'a character may arrive in two pieces');
});

test('drafts: only its author changes one, from any kind of session', async (t) => {
  const { bot, ann, bob, core, annUser, lobby } = await openDrafting(t);
  const draft = await begin(bot, { body: 'mine' });
  for (const who of [ann, bob]) {
    t.is((await append(who, draft, '!')).status, 410);
    t.is((await commit(who, draft)).status, 410);
    t.is((await who.json('DELETE', draft)).status, 204, 'it was none of theirs');
  }
  t.like((await append(bot, draft, '!')).json(), { rev: 2 });
  for (const id of ['x', 'X'.repeat(16), '%7B%7D', '..%2F..%2F']) t.is((await append(bot, `${DRAFTS}/${id}`, '!')).status, 404, id);
  const hers = await begin(ann, { body: 'by hand' });
  t.is((await append(bot, hers, '!')).status, 410);
  t.is((await ann.json('DELETE', hers)).status, 204);
  t.is((await commit(ann, hers)).status, 410);
  await setArchived(core, annUser.id, lobby, true);
  t.is((await bot.json('POST', DRAFTS, {})).status, 403);
  t.is((await append(bot, draft, '!')).status, 403);
  t.is((await commit(bot, draft, { body: 'anyway' })).status, 403);
});

test('drafts: an author has five open ones in a group and a group twenty; each end makes room', async (t) => {
  const site = await openDrafting(t);
  const { bot, ann } = site;
  const refused = async (who = bot, drafts = DRAFTS) => {
    const answer = await who.json('POST', drafts, {});
    t.is(answer.status, 429);
    t.is(answer.headers.get('retry-after'), '5');
    const { field, detail } = answer.json<Problem>();
    return `${field}: ${detail}`;
  };
  const mine = await Promise.all(numbers(1, 5).map(() => begin(bot, { body: 'x' })));
  t.regex(await refused(), /^drafts: You have 5 open drafts in this group/);
  await bot.json('DELETE', mine[0] ?? '');
  await begin(bot);
  await refused();
  await commit(bot, mine[1] ?? '');
  await begin(bot);
  const elsewhere = await newGroup(ann, 'Elsewhere');
  await Promise.all(numbers(1, 5).map(() => begin(ann)));
  await begin(ann, {}, `/groups/${elsewhere}/drafts`);
  for (const name of ['One', 'Two']) {
    const { bot: another } = await newBot(site, name);
    await Promise.all(numbers(1, 5).map(() => begin(another)));
  }
  const { bot: last } = await newBot(site, 'Last');
  t.regex(await refused(last), /^drafts: This group has 20 open drafts/);
  site.clock.turn(60_000);
  t.is((await last.json('POST', DRAFTS, {})).status, 201);
});

test('drafts: a text is as long as a message may be, and updates come twenty times a second', async (t) => {
  const { bot, clock } = await openDrafting(t, { env: { MAX_BODY_BYTES: '1000' } });
  const long = await bot.json('POST', DRAFTS, { body: 'ü'.repeat(501) });
  t.is(long.status, 413);
  t.like(long.json<Problem>(), { field: 'body', detail: 'The draft would be too long: 1002 bytes, 1000 at most.' });
  const draft = await begin(bot, { body: 'ü'.repeat(500) });
  t.is((await append(bot, draft, 'x')).status, 413);
  for (let n = 2; n <= 20; n += 1) t.is((await bot.json('PATCH', draft, { body: `${n}` })).status, 200);
  const refused = await bot.json('PATCH', draft, { body: 'too soon' });
  t.is(refused.status, 429);
  t.is(refused.headers.get('retry-after'), '1');
  t.regex(refused.json<Problem>().detail, /20 a second at most/);
  clock.turn(100);
  t.is((await bot.json('PATCH', draft, { body: '21' })).status, 200);
  t.is((await commit(bot, draft)).json<Written>().body, '21', 'a commit is never too soon');
});

test('drafts: beginning one counts as the post that it becomes', async (t) => {
  const { bot } = await openDrafting(t, { env: { POSTS_PER_SECOND: '1' } });
  for (let n = 1; n <= 3; n += 1) t.is((await commit(bot, await begin(bot, { body: `${n}` }))).status, 201);
  const refused = await bot.json('POST', DRAFTS, { body: '4' });
  t.is(refused.status, 429);
  t.regex(refused.json<Problem>().detail, /^Too many messages at once/);
});

test('drafts: what is missing, too much or unknown in a request is refused by name', async (t) => {
  const { bot } = await openDrafting(t);
  const draft = await begin(bot);
  for (const fields of [{}, { append: 'a', body: 'b' }]) {
    const answer = await bot.json('PATCH', draft, fields);
    t.deepEqual([answer.status, answer.json<Problem>().field], [400, 'append']);
  }
  const reply = await bot.json('POST', DRAFTS, { reply_to: 4711 });
  t.deepEqual([reply.status, reply.json<Problem>().field], [422, 'reply_to']);
  const empty = await commit(bot, draft);
  t.deepEqual([empty.status, empty.json<Problem>().field], [422, 'body']);
  t.is((await append(bot, draft, 'still open')).status, 200);
  t.is((await bot.json('POST', `/groups/none/drafts/${idOf(draft)}/commit`, {})).status, 404);
});
