import test from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import { openGroup } from '../../lib/groups/operations.ts';
import { postWithFiles } from '../../lib/messages/with-files.ts';
import { eventually } from '../helpers/eventually.ts';
import { chooseLanguage } from '../helpers/fixtures.ts';
import { devicesOf, openPushSite } from './site.ts';

const LEVELS = ['everything', 'mentions', 'nothing'] as const;

test('push: a mention reaches the device, encrypted for it and signed by this server', async (t) => {
  const site = await openPushSite(t, { env: { PUBLIC_URL: 'https://chat.example.org' } });
  const device = await site.device(site.bob);
  const seq = await site.postText(site.ann, 'hello **@Bob**, look');
  const [pushed] = device.got;
  t.is(device.got.length, 1);
  t.deepEqual(pushed?.notice, {
    group: 'lobby',
    seq,
    author: 'Ann',
    title: 'Ann in Lobby',
    body: 'hello **@Bob**, look',
    tag: 'group:lobby',
    url: `/groups/lobby/messages/${seq}`,
  });
  t.like(pushed?.headers, { ttl: '86400', urgency: 'high', 'content-encoding': 'aes128gcm', 'content-type': 'application/octet-stream' });
  t.regex(pushed?.headers.topic ?? '', /^[\w-]{1,32}$/);
  const { key } = await devicesOf(site.bob);
  t.like(pushed?.claims, { aud: site.service.url, sub: 'mailto:admin@chat.example.org', key });
  const seconds = Number(pushed?.claims.exp) - site.clock.now() / 1000;
  t.true(seconds > 0 && seconds <= 86_400, `${seconds} s`);
});

test('push: a notice is in the language that its recipient has chosen, whoever has written', async (t) => {
  const site = await openPushSite(t);
  const device = await site.device(site.bob);
  const titles = () => device.got.map(({ notice }) => notice.title);
  await chooseLanguage(site.ann, 'fr');
  await site.postText(site.ann, 'dear @Bob');
  t.deepEqual(titles(), ['Ann in Lobby']);
  await chooseLanguage(site.bob, 'fr');
  await site.postText(site.ann, 'cher @Bob');
  t.deepEqual(titles(), ['Ann in Lobby', 'Ann dans Lobby']);
});

test('push: Markdown is sent as plain text in one line', async (t) => {
  const site = await openPushSite(t);
  const device = await site.device(site.bob);
  await site.ann.form('/groups/lobby/messages', { body: '@Bob see **this**:\n\n* one\n* two', key: 'k1' });
  await site.server.pusher.idle();
  t.deepEqual(device.bodies, ['@Bob see this: - one - two']);
});

for (const level of LEVELS)
  test(`push: at level ${level}, ${{ everything: 'all messages of others', mentions: 'mentions', nothing: 'no messages' }[level]} are sent`, async (t) => {
    const site = await openPushSite(t);
    const device = await site.device(site.bob);
    await site.level(site.bob, level);
    await site.postText(site.ann, 'nobody in particular');
    await site.postText(site.ann, 'dear @Bob');
    await site.postText(site.bob, 'I, @Bob, say so');
    const expected = { everything: ['nobody in particular', 'dear @Bob'], mentions: ['dear @Bob'], nothing: [] };
    t.deepEqual(device.bodies, expected[level]);
    t.deepEqual(
      device.got.map(({ headers }) => headers.urgency),
      { everything: ['normal', 'high'], mentions: ['high'], nothing: [] }[level],
    );
  });

test('push: direct messages are sent at every level except nothing, titled with the name of the author', async (t) => {
  const site = await openPushSite(t);
  const device = await site.device(site.bob);
  const opened = await site.ann.json('POST', '/direct', { with: 'Bob' });
  const { slug } = opened.json<{ slug: string }>();
  for (const level of LEVELS) {
    await site.level(site.bob, level, slug);
    await site.postText(site.ann, level, slug);
  }
  t.deepEqual(device.bodies, ['everything', 'mentions']);
  t.deepEqual(
    device.got.map(({ notice }) => notice.title),
    ['Ann', 'Ann'],
  );
  await site.signUp('Eve');
  const three = (await site.ann.json('POST', '/direct', { with: ['Bob', 'Eve'] })).json<{ slug: string }>().slug;
  await site.postText(site.ann, 'we three', three);
  t.is(device.got.at(-1)?.notice.title, 'Ann in Ann, Eve');
});

test('push: nothing is sent to a member who has the group open, until it is closed', async (t) => {
  const site = await openPushSite(t);
  const device = await site.device(site.bob);
  const page = await site.stream(site.bob);
  await eventually(async () => (await site.core.bus.presence.list(site.lobby.id)).has(site.bobUser.id));
  await site.postText(site.ann, '@Bob sees this');
  page.close();
  await eventually(async () => !(await site.core.bus.presence.list(site.lobby.id)).has(site.bobUser.id));
  await site.postText(site.ann, '@Bob is told this');
  t.deepEqual(device.bodies, ['@Bob is told this']);
});

test('push: nothing is sent for edits and reactions, and a repeated post is sent once', async (t) => {
  const site = await openPushSite(t);
  const device = await site.device(site.bob);
  await site.level(site.bob, 'everything');
  const seq = await site.postText(site.ann, 'first');
  await site.ann.json('PATCH', `/groups/lobby/messages/${seq}`, { body: 'now with @Bob' });
  await site.ann.json('PUT', `/groups/lobby/messages/${seq}/reactions/👍`);
  for (let time = 0; time < 3; time += 1)
    await site.ann.json('POST', '/groups/lobby/messages', { body: 'again' }, { 'Idempotency-Key': 'same' });
  await site.server.pusher.idle();
  t.deepEqual(device.bodies, ['first', 'again']);
});

test('push: messages are sent from every entry point: page, API, webhook, Campfire, operations', async (t) => {
  const site = await openPushSite(t);
  const device = await site.device(site.bob);
  const bot = await createBot(site.core, site.annUser.id, { name: 'echo', group: site.lobby });
  const at = await openGroup(site.core, site.annUser, 'lobby');
  const text = (path: string, body: string, headers: Record<string, string> = {}) =>
    site.client().send(path, { method: 'POST', body, headers: { 'Content-Type': 'text/plain', ...headers } });
  await site.ann.form('/groups/lobby/messages', { body: '@Bob page', key: 'k' });
  await site.ann.json('POST', '/groups/lobby/messages', { body: '@Bob API' });
  await text(`/hooks/${bot.hook.split('/').at(-1)}`, '@Bob hook');
  await text(`/rooms/lobby/${bot.campfire}/messages`, '@Bob campfire');
  await text('/groups/lobby/messages', '@Bob token', { Authorization: `Bearer ${bot.token}` });
  await postWithFiles(site.core, at, { body: '@Bob operation' }, []);
  await site.server.pusher.idle();
  const sources = ['API', 'campfire', 'hook', 'operation', 'page', 'token'];
  t.deepEqual(
    [...device.bodies].sort(),
    sources.map((source) => `@Bob ${source}`),
  );
});

test('push: every device of every mentioned member gets one notification', async (t) => {
  const site = await openPushSite(t);
  const bobs = [await site.device(site.bob), await site.device(site.bob), await site.device(site.bob)];
  const anns = await site.device(site.ann);
  await site.level(site.ann, 'everything');
  await site.bob.json('POST', '/settings/push', bobs[0]?.subscription); // the same browser again
  await site.postText(site.ann, 'to @Bob and @Ann');
  await site.postText(site.bob, 'to nobody');
  for (const device of bobs) t.deepEqual(device.bodies, ['to @Bob and @Ann']);
  t.deepEqual(anns.bodies, ['to nobody']);
  t.is((await devicesOf(site.bob)).devices.length, 3);
});

test('push: a notice stays below 3 KB, whatever the text, author and group', async (t) => {
  const site = await openPushSite(t);
  const name = '𝒳'.repeat(64);
  const { slug } = (await site.ann.json('POST', '/groups', { name, open: true })).json<{ slug: string }>();
  await site.bob.form('/groups/join', { slug });
  await site.ann.json('POST', `/groups/${slug}/members`, { action: 'add', name: 'Bob' });
  const device = await site.device(site.bob);
  await site.level(site.bob, 'everything', slug);
  for (const body of ['👩‍👩‍👧‍👦'.repeat(2000), '"\\'.repeat(3000), 'a\u0001b'.repeat(3000), '\u2028'.repeat(9) + '漢'.repeat(9000)])
    await site.postText(site.ann, body, slug);
  t.is(device.got.length, 4);
  for (const { bytes, notice } of device.got) {
    t.true(bytes < 3072, `${bytes} bytes`);
    t.true([...notice.body].length <= 200 && notice.body.endsWith('…'));
  }
});

test('push: nothing is sent in the quiet hours of a person', async (t) => {
  const site = await openPushSite(t);
  const device = await site.device(site.bob);
  await site.bob.form('/settings/appearance', { quiet_from: '11:30', quiet_to: '12:30' });
  await site.postText(site.ann, '@Bob at noon');
  site.clock.turn(1_800_000);
  await site.postText(site.ann, '@Bob after it');
  t.deepEqual(device.bodies, ['@Bob after it']);
});
