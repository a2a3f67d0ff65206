import test from 'ava';
import type { Client } from '../../helpers/client.ts';
import { EventReader, type StreamEvent } from '../../helpers/stream.ts';
import { type MessageJson, openOffers, stateIn } from './offers.ts';

const SECRET = 'the bakery is closing';
const ask = (show: 'names' | 'count' | 'nobody', more: object = {}) => ({
  ...{ id: show, label: `Tell ${show}`, show, uses: 'person', value: 'v1' },
  fields: [{ id: 'what', label: 'What', type: 'text' }],
  ...more,
});
const ALL = [ask('names'), ask('count'), ask('nobody')];

test('actions: names, numbers and values are for those whom the bot has promised them to', async (t) => {
  const { ann, bob, bot, bobUser, offer, use, read } = await openOffers(t);
  const path = await offer(ALL);
  for (const { id } of ALL) t.is((await use(bob, path, id, { what: SECRET })).status, 200);
  const seenBy = async (who: Client) => {
    const message = await read(who, path);
    return ALL.map(({ id }) => {
      const { count, by, last, waiting } = stateIn(message, id);
      return [count, by.map(({ name }) => name).join(), last?.by.name ?? null, waiting];
    });
  };
  const all = [1, 'Bob', 'Bob', true];
  t.deepEqual(await seenBy(bot), [all, all, all]);
  t.deepEqual(await seenBy(bob), [all, all, [null, 'Bob', 'Bob', true]]);
  t.deepEqual(await seenBy(ann), [all, [1, '', null, true], [null, '', null, false]]);
  const listed = (await ann.get('/groups/lobby/messages', 'application/json'))
    .json<MessageJson[]>()
    .find(({ actions }) => actions.length > 0);
  t.deepEqual(stateIn(listed ?? {}, 'count').by, []);
  await bot.json('PATCH', path, { actions: [ask('count'), ask('nobody')] });
  const pages = ['/groups/lobby', '/groups/lobby/messages', path, '/search?q=Deploy', `${path}/thread`, '/groups/lobby/pins', '/saved'];
  await ann.json('PUT', `${path}/pin`);
  await ann.form(`${path}/save`, { on: '1' });
  for (const page of pages)
    for (const type of ['text/html', 'application/json', 'text/plain']) {
      const { status, text } = await ann.get(page, type);
      t.is(status, 200, page);
      const [, row = text] =
        /(<article id="m-\d+"[^>]*data-author="[^"]*"(?:(?!<\/article>)[\s\S])*Deploy 1\.4\.2[\s\S]*?<\/article>)/.exec(text) ?? [];
      t.false(text.includes(SECRET), `${page} ${type}`);
      if (row.includes('Deploy 1.4.2')) t.false(row.includes(bobUser.id), `${page} ${type}: ${row}`);
    }
});

test('actions: a bot cannot show more of uses than was promised when they were made', async (t) => {
  const { bob, bot, offer, use } = await openOffers(t);
  const path = await offer([ask('nobody'), { ...ask('count'), id: 'other' }]);
  t.is((await bot.json('PATCH', path, { actions: [{ ...ask('names'), id: 'nobody' }] })).status, 200, 'nobody has used it');
  await bot.json('PATCH', path, { actions: [ask('nobody')] });
  await use(bob, path, 'nobody', { what: SECRET });
  for (const show of ['names', 'count'] as const) {
    const { status, json } = await bot.json('PATCH', path, {
      actions: [
        { id: 'first', label: 'First' },
        { ...ask(show), id: 'nobody' },
      ],
    });
    t.deepEqual([status, json<{ field: string }>().field], [422, 'actions.1.show']);
  }
  t.is((await bot.json('PATCH', path, { actions: [{ ...ask('names'), id: 'fresh' }, ask('nobody')] })).status, 200);
});

const actsIn = (events: readonly StreamEvent[]) =>
  events.flatMap(({ event, data }) => {
    const entry = event === 'message' && data !== '' ? JSON.parse(data) : {};
    return entry.kind === 'act' ? [entry] : [];
  });

test('actions in streams: the bot and the user read all of a use, others what everybody may know; live, replayed and of all groups', async (t) => {
  const { ann, bob, bot, bobUser, botUser, offer, use, stream } = await openOffers(t);
  const path = await offer(ALL);
  const whole = { value: 'v1', values: { what: SECRET }, author: { id: bobUser.id, name: 'Bob' } };
  const seen = (who: 'involved' | 'other') =>
    ALL.map(({ id }) => {
      if (who === 'involved') return { kind: 'act', action: id, label: `Tell ${id}`, ...whole };
      return { kind: 'act', action: id, label: `Tell ${id}`, author: id === 'names' ? { name: 'Bob' } : null };
    });
  const open = async (who: Client, url: string) => {
    const reader = await EventReader.open(who, url);
    t.teardown(() => reader.close());
    return reader;
  };
  const live = await Promise.all(
    [ann, bob, bot].flatMap((who) => [stream(who, '?as=json'), open(who, '/events?as=json'), stream(who, '?as=json&filter=mentions')]),
  );
  for (const { id } of ALL) await use(bob, path, id, { what: SECRET });
  const replayed = await Promise.all(
    [ann, bob, bot].flatMap((who) => [stream(who, '?as=json&after=0'), open(who, '/events?as=json&after=0')]),
  );
  await use(ann, path, 'names', { what: 'the end' });
  for (const [index, reader] of live.entries()) {
    const isOther = index < 3;
    if (index % 3 === 2 && index !== 8) continue; // mentions: only of the bot
    const acts = actsIn(await reader.until((events) => actsIn(events).length === 4)).slice(0, 3);
    for (const [at, act] of acts.entries()) t.like(act, seen(isOther ? 'other' : 'involved')[at] ?? {}, `live ${index}`);
    if (isOther) t.false(JSON.stringify(acts).includes(SECRET));
  }
  for (const [index, reader] of replayed.entries()) {
    const acts = actsIn(await reader.until((events) => actsIn(events).length === 4)).slice(0, 3);
    for (const [at, act] of acts.entries()) t.like(act, seen(index < 2 ? 'other' : 'involved')[at] ?? {}, `replayed ${index}`);
    if (index < 2) t.false(JSON.stringify(acts).includes(SECRET) || JSON.stringify(acts.slice(1)).includes(bobUser.id));
    for (const act of acts) for (const field of ['bot', 'hidden', 'uid', 'key', 'mac']) t.false(field in act, field);
  }
  t.deepEqual(actsIn(live[2]?.events ?? []), [], 'nobody else is called by a use');
  t.truthy(botUser);
  const [text] = await Promise.all([ann.get(path, 'text/plain')]);
  t.regex(
    text.text,
    /\[action\] Tell names \(names\), Bob, Ann, 12:00, waiting for the bot\n {2}\[action\] Tell count \(count\), used once, waiting/,
  );
});

test('actions in streams: a page gets the row, also without JavaScript, and ids are without gaps', async (t) => {
  const { ann, bob, bot, offer, use, stream } = await openOffers(t);
  const path = await offer([ask('names', { fields: [] })]);
  const rows = await stream(ann, '?as=html');
  const entries = await stream(bot, '?as=json');
  await use(bob, path, 'names');
  const rowOf = async (kind: string): Promise<string> => {
    const isRow = ({ data }: StreamEvent): boolean => data.includes(`data-follow="${kind}"`);
    return (await rows.until((events) => events.some(isRow))).find(isRow)?.data ?? '';
  };
  t.regex(await rowOf('act'), /<article data-follow="act" id="m-\d+"[\s\S]*<b>Tell names<\/b>: Bob, <time[\s\S]*Waiting for deploy/);
  await bot.json('PATCH', path, { actions: [ask('names', { fields: [] })] });
  const [last] = (await entries.until((events) => events.length === 2)).slice(-1);
  t.like(JSON.parse(last?.data ?? '{}'), { kind: 'ack', action: 'names', act: entries.ids[0] });
  t.is(entries.ids[1], (entries.ids[0] ?? 0) + 1);
  t.notRegex(await rowOf('ack'), /Waiting for/);
  const frame = await ann.open('/groups/lobby/live', { headers: { Accept: 'text/html' } });
  let html = '';
  for await (const chunk of frame.body ?? []) {
    html += Buffer.from(chunk).toString();
    if (html.includes('Tell names</b>')) break;
  }
  t.regex(html, /<base target="_top">[\s\S]*<form method="post" action="[^"]*\/actions\/names"/);
});
