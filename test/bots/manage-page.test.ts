import test, { type ExecutionContext } from 'ava';
import { createBot, type NewBot, rotateBot } from '../../lib/bots/operations.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt } from '../helpers/fixtures.ts';
import { Receiver } from '../helpers/receiver.ts';
import { startServerFor, type TestServer } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

const DAY = 86_400_000;

/** A server on which Ann administers, Bob manages a group of his own with a bot in it, Carl is in it and Eve is not. */
async function fixture(t: ExecutionContext) {
  const site = await startServerFor(t, { env: { ALLOW_OUTGOING: '127.0.0.1', PUBLIC_URL: 'https://chat.example.org' } });
  const [ann, bob, carl, eve] = [await site.signUp('Ann'), await site.signUp('Bob'), await site.signUp('Carl'), await site.signUp('Eve')];
  const { slug } = (await bob.json('POST', '/groups', { name: 'Builders' })).json<{ slug: string }>();
  await bob.form(`/groups/${slug}/members`, { action: 'add', name: 'Carl' });
  const bot = await makeBot(site, slug, 'Echo');
  return { site, ann, bob, carl, eve, bot, group: `/groups/${slug}`, page: `/groups/${slug}/bots/${bot.user.id}` };
}

async function makeBot(site: TestServer, slug: string, name: string): Promise<NewBot> {
  const group = await groupAt(site.core, slug);
  return createBot(site.core, undefined, { name, group });
}

const shownIn = (text: string, id: string): string => new RegExp(`id="made-${id}"[^>]* value="([^"]*)"`).exec(text)?.[1] ?? '';
const pathOf = (url: string): string => new URL(url).pathname;
const posted = async (site: TestServer, hook: string): Promise<string> =>
  (await site.client().send(hook, { method: 'POST', body: 'hello' })).text;
const isGood = async (site: TestServer, token: string): Promise<boolean> =>
  (await site.client().bearer(token).get('/me', '*/*')).status === 200;
const campfire = async (site: TestServer, group: string, key: string): Promise<number> =>
  (await site.client().get(`${group.replace('/groups', '/rooms')}/${key}/messages`, '*/*')).status;

test('bot page: who may see it and change it', async (t) => {
  const { site, ann, bob, carl, eve, bot, page } = await fixture(t);
  const may: readonly (readonly [who: string, client: Client, status: number])[] = [
    ['an administrator', ann, 200],
    ['who manages the group', bob, 200],
    ['a member', carl, 403],
    ['somebody else', eve, 404],
    ['the bot itself', site.client().bearer(bot.token), 403],
  ];
  for (const [who, client, status] of may) {
    t.is((await client.get(page, status === 200 ? 'text/html' : 'application/json')).status, status, who);
    for (const action of ['rotate', 'overlap', 'end', 'revoke', 'secret-add', 'secret-off', 'webhook-remove', 'test'])
      if (status !== 200) t.is((await client.json('POST', page, { action })).status, status, `${who}: ${action}`);
  }
  t.is((await bob.json('POST', page, { action: 'group', group: 'lobby' })).status, 403, 'he has no say over where else it goes');
  t.is((await site.client().get(page, 'application/json')).status, 401);
  t.is((await bob.get(`${page}x`, 'application/json')).status, 404);
  t.is(await posted(site, bot.hook), 'ok', 'nothing was changed');
});

test('bot page: after a rotation with overlap the old secrets work for exactly 24 hours', async (t) => {
  const { site, bob, bot, group, page } = await fixture(t);
  const answer = await bob.form(page, { action: 'overlap' });
  t.is(answer.status, 200);
  const [hook, token, key] = [pathOf(shownIn(answer.text, 'hook')), shownIn(answer.text, 'token'), shownIn(answer.text, 'campfire')];
  t.notDeepEqual([hook, token, key], [bot.hook, bot.token, bot.campfire]);
  const works = async () => [await posted(site, bot.hook), await isGood(site, bot.token), await campfire(site, group, bot.campfire)];
  t.deepEqual(await works(), ['ok', true, 200]);
  t.regex((await bob.get(page)).text, /last used[\s\S]*ends [\s\S]*Revoke the old ones now/);
  site.clock.turn(DAY - 1);
  t.deepEqual(await works(), ['ok', true, 200]);
  const stream = await EventReader.open(site.client().bearer(bot.token), `${group}/events`);
  site.clock.turn(1);
  site.core.lookupCache.invalidate();
  t.deepEqual(await works(), ['no_service', false, 401], 'at the very moment, whether swept or not');
  await site.server.sweep();
  t.is((await stream.ended()).at(-1)?.event, 'closed');
  t.deepEqual([await posted(site, hook), await isGood(site, token), await campfire(site, group, key)], ['ok', true, 200]);
  t.is((await site.core.store.tokens.listOf(bot.user.id)).length, 2, 'nothing is left of them');
});

test('bot page: after a rotation without overlap, or ending it early, the old secrets are revoked at once', async (t) => {
  const { site, bob, bot, group, page } = await fixture(t);
  const second = await bob.form(page, { action: 'overlap' });
  t.is((await bob.form(page, { action: 'end' })).status, 303);
  t.deepEqual(
    [await posted(site, bot.hook), await isGood(site, bot.token), await campfire(site, group, bot.campfire)],
    ['no_service', false, 401],
  );
  t.is(await posted(site, pathOf(shownIn(second.text, 'hook'))), 'ok');
  await bob.form(page, { action: 'rotate' });
  t.is(await posted(site, pathOf(shownIn(second.text, 'hook'))), 'no_service');
  t.is(await campfire(site, group, shownIn(second.text, 'campfire')), 401);
});

test('bot page: a bot in several groups keeps a webhook in each, and only administrators manage it', async (t) => {
  const { site, ann, bob, bot, page } = await fixture(t);
  const added = await ann.form(page, { action: 'group', group: 'lobby' });
  const there = pathOf(shownIn(added.text, 'hook'));
  t.is(await posted(site, there), 'ok');
  t.regex((await ann.get('/groups/lobby/messages', 'text/plain')).text, /Echo: hello/);
  t.is((await bob.get(page)).status, 403);
  const answer = await ann.form(page, { action: 'rotate' });
  const fresh = [shownIn(answer.text, 'hook'), shownIn(answer.text, 'hook-2')].map(pathOf);
  for (const hook of fresh) t.is(await posted(site, hook), 'ok');
  for (const hook of [bot.hook, there]) t.is(await posted(site, hook), 'no_service');
  const groups = (await rotateBot(site.core, bot.user.id, (await site.core.store.users.byId(bot.user.id)) ?? bot.user)).hooks.map(
    ({ group }) => group.slug,
  );
  t.deepEqual(groups.sort(), ['builders', 'lobby']);
  t.is((await ann.form(page, { action: 'group', group: 'nowhere' })).status, 422);
});

test('bot page: an administrator adds a bot from another group', async (t) => {
  const { site, ann, bob, group } = await fixture(t);
  await makeBot(site, 'lobby', 'Roamer');
  t.is((await bob.form(`${group}/bots`, { action: 'bring', name: 'Roamer' })).status, 403);
  t.notRegex((await bob.get(`${group}/bots`)).text, /Add a bot from another group/);
  const answer = await ann.form(`${group}/bots`, { action: 'bring', name: 'roamer' });
  t.is(await posted(site, pathOf(shownIn(answer.text, 'hook'))), 'ok');
  t.regex((await bob.get(`${group}/messages`, 'text/plain')).text, /Roamer: hello/);
  t.is((await ann.form(`${group}/bots`, { action: 'bring', name: 'Bob' })).status, 422);
});

test('bot page: a secret can be required, rotated and removed', async (t) => {
  const { site, bob, bot, page } = await fixture(t);
  const first = shownIn((await bob.form(page, { action: 'secret-add', secret: '' })).text, 'secret');
  t.regex(first, /^whsec_/);
  const signedWith = async (secret: string) =>
    (await site.client().send(bot.hook, { method: 'POST', body: 'x', headers: { 'X-Gitlab-Token': secret } })).status;
  t.deepEqual([await signedWith(first), await signedWith('another secret of some length')], [200, 403]);
  t.is((await bob.form(page, { action: 'secret-add', secret: 'another secret of some length' })).status, 422, 'with spaces');
  t.is((await bob.form(page, { action: 'secret-add', secret: 'a-secret-of-my-own-here' })).status, 303);
  t.deepEqual([await signedWith(first), await signedWith('a-secret-of-my-own-here')], [200, 200]);
  await bob.form(page, { action: 'secret-drop' });
  t.deepEqual([await signedWith(first), await signedWith('a-secret-of-my-own-here')], [403, 200]);
  await bob.form(page, { action: 'secret-off' });
  t.is(await posted(site, bot.hook), 'ok');
});

test('bot page: an outgoing webhook is created, tested, disabled and enabled; deliveries are shown and sent again', async (t) => {
  const { site, bob, page, bot } = await fixture(t);
  const receiver = await Receiver.open(t);
  const settled = async () => {
    site.server.deliveries.wake();
    await site.server.deliveries.idle();
  };
  const refused = await bob.form(page, { action: 'webhook', url: 'ftp://x', on: 'keyword', keywords: 'a, b' });
  t.is(refused.status, 422);
  t.regex(refused.text, /value="ftp:\/\/x"[\s\S]*id="webhook-url-error"[\s\S]*value="keyword" checked[\s\S]*value="a, b"/);
  const set = await bob.form(page, { action: 'webhook', url: receiver.url, on: 'all', keywords: '', events: 'posted' });
  const secret = shownIn(set.text, 'secret');
  t.regex(secret, /^whsec_/);
  const test = await bob.form(page, { action: 'test' });
  t.is(test.status, 303);
  const delivery = test.headers.get('location') ?? '';
  t.like((await receiver.call(1)).body, { event: 'test' });
  await settled();
  const over = await bob.get(delivery);
  t.regex(over.text, /Delivered[\s\S]*<b>204<\/b>[\s\S]*POST http:\/\/127\.0\.0\.1:\d+\/bot[\s\S]*webhook-signature: \[redacted\]/);
  t.is(over.headers.get('refresh'), null);
  t.like((await bob.get(delivery, 'application/json')).json(), { event: 'test', state: 'done', status: 204, attempts: [{ status: 204 }] });
  t.is((await bob.form(`${delivery}/again`, {})).headers.get('location'), delivery);
  await receiver.call(2);
  await settled();
  receiver.answers.push(410);
  await bob.json('POST', `${page.split('/bots')[0]}/messages`, { body: 'hello' });
  await receiver.call(3);
  await settled();
  const disabled = await bob.get(page);
  t.regex(disabled.text, /Disabled:[\s\S]*Enable again/);
  t.regex(disabled.text, /<b>posted<\/b>[\s\S]*href="\/groups\/builders\/messages\/\d+"[\s\S]*responded 410/);
  t.is((await bob.form(page, { action: 'test' })).status, 409);
  t.is((await bob.form(page, { action: 'webhook-enable' })).status, 303);
  const rotated = shownIn((await bob.form(page, { action: 'webhook-rotate' })).text, 'secret');
  t.not(rotated, secret);
  const key = (await receiver.call(1)).body.room.path.split('/')[3];
  for (const path of [page, delivery])
    for (const accept of ['text/html', 'application/json']) {
      const { text } = await bob.get(path, accept);
      for (const one of [secret, rotated, key, bot.token, bot.hook, bot.campfire]) t.false(text.includes(one), `${path} ${accept}`);
    }
  t.is((await bob.form(page, { action: 'webhook-remove' })).status, 303);
  t.is((await bob.form(page, { action: 'webhook', url: receiver.url, on: 'all', events: '' })).status, 422, 'no event');
  t.is(await site.core.store.webhooks.byBot(bot.user.id), undefined);
});

test('bot page: deliveries are paged', async (t) => {
  const { site, bob, page, group } = await fixture(t);
  const receiver = await Receiver.open(t);
  await bob.json('POST', page, { action: 'webhook', url: receiver.url, on: 'all' });
  for (let index = 0; index < 25; index += 1) {
    await bob.json('POST', `${group}/messages`, { body: `message ${index}` });
    site.clock.turn(1000);
  }
  await receiver.call(25);
  const first = (await bob.get(page, 'application/json')).json<{ deliveries: { seq: number }[]; older: string }>();
  const second = (await bob.get(`${page}?before=${first.older}`, 'application/json')).json<{
    deliveries: { seq: number }[];
    older: null;
  }>();
  t.deepEqual([first.deliveries.length, second.deliveries.length, second.older], [20, 5, null]);
  t.regex((await bob.get(page)).text, new RegExp(`before=${first.older}`));
  t.is((await bob.get(`${page}?before=msg_none`, 'application/json')).status, 404);
});

test('bot page: revoking a bot removes it', async (t) => {
  const { site, bob, bot, page, group } = await fixture(t);
  const answer = await bob.form(page, { action: 'revoke' });
  t.is(answer.headers.get('location'), `${group}/bots`);
  t.is(await posted(site, bot.hook), 'no_service');
  t.is((await bob.get(page, 'application/json')).status, 404);
});
