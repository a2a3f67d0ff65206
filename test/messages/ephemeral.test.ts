import test from 'ava';
import { EPHEMERAL_MS, MAX_EPHEMERAL } from '../../lib/messages/ephemeral/operations.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { EventReader } from '../helpers/stream.ts';
import { openOffers } from './actions/offers.ts';

const AT = '/groups/lobby/ephemeral';
type Ephemeral = { readonly id: string; readonly url: string; readonly body: string; readonly [field: string]: unknown };

test('ephemeral messages: one member sees it on the page and in streams, until it is dismissed', async (t) => {
  const { ann, bob, bot, bobUser, botUser } = await openOffers(t);
  const streams = await Promise.all([bob, ann].map((who) => EventReader.open(who, '/groups/lobby/events?as=json')));
  const page = await EventReader.open(bob, '/groups/lobby/events?as=html');
  for (const stream of [...streams, page]) t.teardown(() => stream.close());
  const sent = await bot.json('POST', AT, { user: 'Bob', body: 'The *secret* is 42', format: 'markdown' });
  t.is(sent.status, 201);
  const one = sent.json<Ephemeral>();
  t.is(sent.headers.get('location'), one.url);
  t.like(one, { user: bobUser.id, author: { id: botUser.id, bot: true }, body: 'The *secret* is 42', format: 'markdown' });
  const [toBob, toAnn] = streams;
  const event = (await toBob?.until((all) => all.some(({ event: name }) => name === 'ephemeral')))?.find(
    ({ event: name }) => name === 'ephemeral',
  );
  t.deepEqual(JSON.parse(event?.data ?? '{}'), one as object);
  const [row] = (await page.until((all) => all.some(({ data }) => data.includes(`id="e-${one.id}"`)))).filter(({ data }) =>
    data.includes('id="e-'),
  );
  t.regex(row?.data ?? '', /Only you see this[\s\S]*The <i>secret<\/i> is 42/);
  t.is(row?.id ?? '', '', 'it does not move the cursor');
  t.regex((await bob.get('/groups/lobby')).text, /id="e-[\s\S]*Only you see this[\s\S]*<i>secret<\/i>/);
  t.deepEqual((await bob.get(AT, 'application/json')).json(), [one]);
  t.is((await bob.get(AT, 'text/plain')).text, 'deploy: The *secret* is 42\n');
  t.deepEqual((await ann.get(AT, 'application/json')).json(), []);
  for (const path of ['/groups/lobby', '/groups/lobby/messages']) t.false((await ann.get(path)).text.includes('secret'));
  t.is((await ann.json('DELETE', one.url)).status, 404, 'it is not hers');
  t.is((await bob.form(`${one.url}/dismiss`, {})).headers.get('location'), '/groups/lobby');
  await toBob?.until((all) => all.some(({ event: name, data }) => name === 'ephemeral_end' && data.includes(one.id)));
  await page.until((all) => all.some(({ data }) => data.includes(`id="e-${one.id}" class="ephemeral" hidden`)));
  t.false((await bob.get('/groups/lobby')).text.includes('secret'));
  await bot.json('POST', '/groups/lobby/messages', { body: 'the end' });
  const all = await toAnn?.until((events) => events.some(({ data }) => data.includes('the end')));
  t.false(
    all?.some(({ event: name }) => name.startsWith('ephemeral')),
    'nobody else hears of it',
  );
});

test('ephemeral messages: a page and a live document that open later show them', async (t) => {
  const { bob, bot } = await openOffers(t);
  await bot.json('POST', AT, { user: '@Bob', body: 'for later' });
  const page = await EventReader.open(bob, '/groups/lobby/events?as=html');
  t.teardown(() => page.close());
  await page.until((all) => all.some(({ data }) => data.includes('for later')));
  await new RawReader(t, bob, '/groups/lobby/live').read().until((text) => text.includes('for later'));
  t.pass();
});

test('ephemeral messages: a live document of a thread does not show them', async (t) => {
  const { bob, bot } = await openOffers(t);
  const root = (await bob.json('POST', '/groups/lobby/messages', { body: 'the root' })).json<{ seq: number }>().seq;
  await bot.json('POST', AT, { user: 'Bob', body: 'for the group' });
  const thread = new RawReader(t, bob, `/groups/lobby/messages/${root}/thread/live`).read();
  await thread.until((text) => text.includes('the root'));
  await new RawReader(t, bob, '/groups/lobby/live').read().until((text) => text.includes('for the group'));
  await bob.json('POST', '/groups/lobby/messages', { body: 'the reply', reply_to: root });
  t.false((await thread.until((text) => text.includes('the reply'))).includes('for the group'));
});

test('ephemeral messages: only of bots, for members, within the limits', async (t) => {
  const { ann, bob, bot, core, lobby, bobUser, signUp } = await openOffers(t);
  await signUp('Eve');
  t.is((await ann.json('POST', AT, { user: 'Bob', body: 'x' })).status, 403);
  for (const [given, status] of [
    [{ user: 'Eve', body: 'x' }, 422],
    [{ user: 'nobody', body: 'x' }, 422],
    [{ user: '', body: 'x' }, 400],
    [{ body: 'x' }, 400],
    [{ user: 'Bob' }, 400],
    [{ user: 'Bob', body: ' ' }, 422],
    [{ user: 'Bob', body: 'x', format: 'html' }, 400],
    [{ user: 'Bob', body: 'x'.repeat(70_000) }, 413],
  ] as const)
    t.is((await bot.json('POST', AT, given)).status, status, JSON.stringify(given).slice(0, 80));
  const keyed = { user: 'Bob', body: 'once', key: 'k1' };
  const [first, second] = [await bot.json('POST', AT, keyed), await bot.json('POST', AT, keyed)];
  t.deepEqual([first.status, second.status], [201, 200]);
  t.is(first.json<Ephemeral>().id, second.json<Ephemeral>().id);
  for (let number = 1; number <= MAX_EPHEMERAL; number += 1)
    await core.store.ephemerals.insert({
      ...{
        id: `x${number}`,
        group: lobby.id,
        user: bobUser.id,
        bot: bobUser.id,
        sealed: core.secrets.seal('{"body":"y","format":"text"}'),
      },
      ...{ at: core.now() + number, expiresAt: core.now() + EPHEMERAL_MS },
    });
  await bot.json('POST', AT, { user: 'Bob', body: 'newest' });
  const kept = (await bob.get(AT, 'application/json')).json<Ephemeral[]>();
  t.is(kept.length, MAX_EPHEMERAL);
  t.false(
    kept.some(({ body }) => body === 'once'),
    'the oldest made room',
  );
});

test('ephemeral messages: expire', async (t) => {
  const { bob, bot, core, lobby, bobUser } = await openOffers(t);
  const { id } = (await bot.json('POST', AT, { user: 'Bob', body: 'x' })).json<Ephemeral>();
  t.is((await bob.get(AT, 'application/json')).json<Ephemeral[]>().length, 1);
  const { ephemerals } = core.store;
  const end = (await ephemerals.byId(id))?.expiresAt ?? 0;
  t.deepEqual(await ephemerals.list(lobby.id, bobUser.id, end, 9), []);
  await ephemerals.sweep(end - 1);
  t.truthy(await ephemerals.byId(id));
  await ephemerals.sweep(end);
  t.is(await ephemerals.byId(id), undefined);
});
