import test, { type ExecutionContext } from 'ava';
import { makeWorld, PASSWORD, type World } from '../../../fixtures/world.ts';
import type { User } from '../../../lib/accounts/port.ts';
import { createBot, revokeBot, rotateBot } from '../../../lib/bots/operations.ts';
import { addMember, insertGroup, removeMember, renameGroup, setArchived } from '../../../lib/groups/operations.ts';
import type { Group } from '../../../lib/groups/port.ts';
import { edit, post, react } from '../../../lib/messages/operations.ts';
import type { Answer, Client } from '../../helpers/client.ts';
import { startServer, startServerFor, type TestServer } from '../../helpers/server.ts';
import { type CampfireMessage, RecapBot } from './bot.ts';

/* Campfire's own protocol, call by call: the statuses, headers and JSON that its bots were written against. */

let site: TestServer;
let world: World;
let ann: Client;
let key: string;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0', MAX_BODY_BYTES: '2000' } });
  world = await makeWorld(site.core);
  key = world.echo.campfire;
  ann = site.client();
  await ann.form('/login', { name: 'ann', password: PASSWORD });
});
test.after.always(() => site.close());

type Sent = { readonly method?: string; readonly body?: string | Uint8Array | FormData; readonly headers?: Record<string, string> };

/** A call under `/rooms/<team>/<key of echo>/messages`. */
const call = (path = '', sent: Sent = {}): Promise<Answer> =>
  site.client().send(`/rooms/${world.team.number}/${key}/messages${path}`, sent);

const said = async (body: string, user: User = world.ann, group: Group = world.team): Promise<number> => {
  const membership = await site.core.store.memberships.get(group.id, user.id);
  return (await post(site.core, { user, group, membership }, { body })).message.seq;
};
const list = async (query = ''): Promise<CampfireMessage[]> => (await call(query)).json<CampfireMessage[]>();
const last = async (): Promise<CampfireMessage | undefined> => (await list()).at(-1);
const idFrom = (answer: Answer): number => Number(/\/messages\/(\d+)$/.exec(answer.headers.get('location') ?? '')?.[1]);

function isNever(t: ExecutionContext, answer: Answer, status: number, what: string): void {
  t.is(answer.status, status, what);
  t.is(answer.headers.get('location'), null, what);
  t.is(answer.headers.get('set-cookie'), null, what);
}

const POSTS: [what: string, sent: Sent, text: string][] = [
  ['text', { body: 'hello' }, 'hello'],
  ['curl -d', { body: 'a=1&b=2 100%', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }, 'a=1&b=2 100%'],
  ['JSON, as it stands', { body: '{"text": "raw"}', headers: { 'Content-Type': 'application/json' } }, '{"text": "raw"}'],
  ['text that looks like HTML', { body: '<b>a</b> < b & c' }, '<b>a</b> < b & c'],
  ['bytes without a type', { body: new TextEncoder().encode('héllo 👋') }, 'héllo 👋'],
  ['bytes that are no UTF-8', { body: Uint8Array.from([0x61, 0xff]) }, 'a\ufffd'],
  ['a body over the limit, cut with a mark', { body: 'x'.repeat(5000) }, `${'x'.repeat(1968)}\n[cut: 5000 bytes, 2000 at most]`],
];
for (const [what, sent, text] of POSTS)
  test.serial(`POST of ${what}: 201, no body, the id in Location`, async (t) => {
    const answer = await call('', { method: 'POST', ...sent });
    t.deepEqual([answer.status, answer.text], [201, '']);
    const message = await last();
    t.is(message?.id, idFrom(answer));
    t.is(message?.body.plain_text, text);
    const page = await ann.get(new URL(answer.headers.get('location') ?? '').pathname);
    t.is(page.status, 200, 'a member is led to it');
    t.true(page.text.includes(`id="m-${message?.id}"`));
    t.is(
      (
        await site
          .client()
          .bearer(world.echo.token)
          .get(answer.headers.get('location') ?? '', '*/*')
      ).json().seq,
      message?.id,
    );
  });

const file = (): FormData => {
  const form = new FormData();
  form.set('attachment', new File(['bytes'], 'log.txt'));
  return form;
};
const REFUSED: [what: string, method: string, path: string, sent: Sent, status: number, word: RegExp][] = [
  ['POST of nothing', 'POST', '', {}, 422, /empty/],
  ['POST of blanks', 'POST', '', { body: ' \n\u200b' }, 422, /empty/],
  ['POST over a mebibyte', 'POST', '', { body: 'x'.repeat(1024 * 1024 + 1) }, 413, /too large/],
  ['PATCH to nothing', 'PATCH', '/MINE', { body: '' }, 422, /empty/],
  ['a blank boost', 'POST', '/MINE/boosts', { body: ' ' }, 422, /empty/],
  ['a boost of a whole sentence', 'POST', '/MINE/boosts', { body: 'what a very good idea' }, 422, /too long/],
  ['a form without a file', 'POST', '', { body: new FormData() }, 422, /empty/],
  ['a file for another’s', 'PATCH', '/THEIRS', { body: file() }, 403, /Only the author/],
  ['a file as a boost', 'POST', '/MINE/boosts', { body: file() }, 422, /Only text is accepted/],
  ['PATCH of another’s', 'PATCH', '/THEIRS', { body: 'x' }, 403, /Only the author/],
  ['PUT of another’s', 'PUT', '/THEIRS', { body: 'x' }, 403, /Only the author/],
  ['DELETE of another’s', 'DELETE', '/THEIRS', {}, 403, /Only the author/],
];
test.serial('campfire: a file in `attachment` becomes a message with its name', async (t) => {
  const answer = await call('', { method: 'POST', body: file() });
  t.deepEqual([answer.status, answer.text], [201, '']);
  const path = new URL(answer.headers.get('location') ?? '').pathname;
  const [attached] = (await ann.get(path, 'application/json')).json<{ attachments: { name: string; url: string }[] }>().attachments;
  t.is(attached?.name, 'log.txt');
  t.is((await ann.get(attached?.url ?? '')).text, 'bytes');
  const listed = (await call('')).json<{ id: number; body: { plain_text: string } }[]>().find(({ id }) => id === idFrom(answer));
  t.is(listed?.body.plain_text, 'log.txt');
});

for (const [what, method, path, sent, status, word] of REFUSED)
  test.serial(`${what} is refused: ${status}`, async (t) => {
    const [mine, theirs] = [idFrom(await call('', { method: 'POST', body: 'mine' })), await said('theirs')];
    const answer = await call(path.replace('MINE', String(mine)).replace('THEIRS', String(theirs)), { method, ...sent });
    isNever(t, answer, status, what);
    t.regex(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
    t.regex(String(answer.json().detail), word);
    t.deepEqual(
      (await list()).slice(-2).map(({ body }) => body.plain_text),
      ['mine', 'theirs'],
    );
  });

test.serial("campfire: a message in JSON has Campfire's fields", async (t) => {
  const id = await said('for @bob & <all>');
  t.deepEqual(await last(), {
    id,
    created_at: '2026-01-02T12:00:00.000Z',
    body: {
      plain_text: 'for @bob & <all>',
      html: `for <span class="mention" data-user="${world.bob.id}">@bob</span> &amp; &lt;all&gt;`,
    },
    creator: {
      id: world.ann.id,
      name: 'ann',
      role: 'administrator',
      avatar_url: `${site.url}${new URL((await last())?.creator.avatar_url ?? '').pathname}`,
    },
    room: { id: world.team.number },
    url: `${site.url}/groups/field-team/messages/${id}`,
  });
  await said('by bob', world.bob);
  await call('', { method: 'POST', body: 'by echo' });
  t.deepEqual(
    (await list()).slice(-2).map(({ creator }) => [creator.name, creator.role]),
    [
      ['bob', 'member'],
      ['echo', 'bot'],
    ],
  );
  t.is((await last())?.creator.id, key.split('-')[0], 'by which a bot knows its own');
  const picture = await site.client().get(new URL((await last())?.creator.avatar_url ?? '').pathname);
  t.deepEqual([picture.status, picture.headers.get('content-type')], [200, 'image/svg+xml; charset=utf-8']);
});

for (const method of ['PATCH', 'PUT'])
  test.serial(`${method} edits, as text or whatever, and answers the message`, async (t) => {
    const id = idFrom(await call('', { method: 'POST', body: 'first' }));
    for (const text of ['second', '{"text":"third"}', 'second', 'second']) {
      const answer = await call(`/${id}`, { method, body: text, headers: { 'Content-Type': 'application/json' } });
      t.is(answer.status, 200);
      t.deepEqual(answer.json(), { ...(await last()) });
      t.deepEqual([answer.json().id, (await last())?.body.plain_text], [id, text]);
    }
    const long = await call(`/${id}`, { method, body: 'y'.repeat(3000) });
    t.regex(long.json<CampfireMessage>().body.plain_text, /^y+\n\[cut: 3000 bytes, 2000 at most\]$/);
  });

test.serial('campfire: DELETE is 204, and the message is then absent', async (t) => {
  const kept = await said('kept');
  const id = idFrom(await call('', { method: 'POST', body: 'gone' }));
  const gone = await call(`/${id}`, { method: 'DELETE' });
  t.deepEqual([gone.status, gone.text], [204, '']);
  t.is((await last())?.id, kept);
  for (const [method, path] of [
    ['DELETE', ''],
    ['PATCH', ''],
    ['POST', '/boosts'],
  ] as const)
    isNever(t, await call(`/${id}${path}`, { method, body: method === 'DELETE' ? '' : 'x' }), 404, method);
});

test.serial('campfire: a boost is 201 with its id, idempotent, and removed by its id', async (t) => {
  const id = await said('boost me');
  const boost = await call(`/${id}/boosts`, { method: 'POST', body: '👀', headers: { 'Content-Type': 'text/plain' } });
  t.is(boost.status, 201);
  const made = boost.json<{ id: number }>();
  t.true(Number.isInteger(made.id) && made.id > id);
  t.deepEqual(made as object, {
    id: made.id,
    content: '👀',
    created_at: '2026-01-02T12:00:00.000Z',
    booster: { ...(made as unknown as { booster: object }).booster, id: world.echo.user.id, name: 'echo', role: 'bot' },
    message: { id, url: `${site.url}/groups/field-team/messages/${id}` },
  });
  t.is((await call(`/${id}/boosts`, { method: 'POST', body: '👀' })).json().id, made.id);
  const other = (await call(`/${id}/boosts`, { method: 'POST', body: 'nice' })).json();
  t.is(other.content, 'nice');
  const reactions = async () =>
    (await ann.get(`/groups/field-team/messages/${id}`, 'application/json'))
      .json<{ reactions: { emoji: string }[] }>()
      .reactions.map(({ emoji }) => emoji);
  t.deepEqual(await reactions(), ['👀', 'nice']);
  const back = await call(`/${id}/boosts/${made.id}`, { method: 'DELETE' });
  t.deepEqual([back.status, back.text], [204, '']);
  t.deepEqual(await reactions(), ['nice']);
  t.is((await call(`/${id}/boosts/${made.id}`, { method: 'DELETE' })).status, 404, 'it is gone');
  const again = (await call(`/${id}/boosts`, { method: 'POST', body: '👀' })).json();
  t.true(Number(again.id) > made.id, 'a new one');
  t.is((await call(`/${id}/boosts/${made.id}`, { method: 'DELETE' })).status, 404, 'the old id is not the new one');
  t.is((await call(`/${id}/boosts/${again.id}`, { method: 'DELETE' })).status, 204);
});

test.serial('campfire: pages of at most 40, oldest first; Link has the older messages, or with `after` the newer ones', async (t) => {
  const room = await insertGroup(site.core, 'Long', false);
  await addMember(site.core, world.ann.id, room, world.ann);
  await addMember(site.core, world.ann.id, room, world.echo.user);
  const base = `/rooms/long/${key}/messages`;
  const get = (path: string) => site.client().get(path, '*/*');
  const empty = await get(base);
  t.deepEqual([empty.status, empty.text, empty.headers.get('link'), empty.headers.get('x-total-count')], [200, '[]', null, '0']);
  t.regex(empty.headers.get('content-type') ?? '', /^application\/json/);
  const ids: number[] = [];
  for (let i = 1; i <= 95; i += 1) ids.push(await said(`m${i}`, world.ann, room));
  const follow = async (start: string): Promise<number[][]> => {
    const pages: number[][] = [];
    for (let next: string | undefined = start; next !== undefined; ) {
      const answer: Answer = await get(next);
      t.is(answer.headers.get('x-total-count'), '95');
      pages.push(answer.json<{ id: number }[]>().map(({ id }) => id));
      const link = answer.headers.get('link');
      next = /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1];
      t.is(link !== null, next !== undefined);
      if (next !== undefined) t.true(next.startsWith(`${site.url}${base}?`), next);
    }
    return pages;
  };
  t.deepEqual(await follow(base), [ids.slice(55), ids.slice(15, 55), ids.slice(0, 15)]);
  t.deepEqual(await follow(`${base}?before=`), await follow(base), 'an empty cursor is none');
  t.deepEqual(await follow(`${base}?after=0`), [ids.slice(0, 40), ids.slice(40, 80), ids.slice(80)]);
  t.deepEqual(await follow(`${base}?after=${ids[54]}`), [ids.slice(55)], 'exactly the rest');
  t.deepEqual(await follow(`${base}?before=${ids[40]}`), [ids.slice(0, 40)]);
  t.deepEqual(await follow(`${base}?before=${ids[2]}&after=${ids[50]}`), [ids.slice(0, 2)], 'before goes before after');
  t.deepEqual(await follow(`${base}?after=${ids[94]}`), [[]]);
  t.deepEqual(await follow(`${base}?before=${ids[0]}`), [[]]);
  for (const cursor of ['before=x', 'before=-1', 'after=1.5', 'before=1&before=2', 'before=99999999999'])
    isNever(t, await get(`${base}?${cursor}`), 404, cursor);
});

test.serial('campfire: erased messages are on no page and shorten none', async (t) => {
  const room = await insertGroup(site.core, 'Erased', false);
  await addMember(site.core, world.ann.id, room, world.ann, 'moderator');
  await addMember(site.core, world.ann.id, room, world.echo.user);
  const ids: number[] = [];
  for (let i = 1; i <= 130; i += 1) ids.push(await said(`m${i}`, world.ann, room));
  const gone = new Set(ids.filter((_, i) => i % 7 === 3 || (i > 40 && i < 85)));
  for (const id of gone) await ann.json('DELETE', `/groups/erased/messages/${id}`);
  const left = ids.filter((id) => !gone.has(id));
  const walk = async (start: string): Promise<number[][]> => {
    const pages: number[][] = [];
    for (let next: string | undefined = start; next !== undefined; ) {
      const answer: Answer = await site.client().get(next, '*/*');
      pages.push(answer.json<{ id: number }[]>().map(({ id }) => id));
      next = /<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    return pages;
  };
  const base = `/rooms/erased/${key}/messages`;
  const back = await walk(base);
  t.deepEqual(back.toReversed().flat(), left);
  t.deepEqual(
    back.map((page) => page.length),
    [40, left.length - 40].filter((size) => size > 0),
  );
  t.deepEqual((await walk(`${base}?after=0`)).flat(), left);
});

/** Invalid keys. ID, OTHER, BOB are placeholders of user ids. */
const KEYS: [what: string, key: (right: string) => string][] = [
  ['half', (right) => `${right.split('-')[0]}-`],
  ['null', (right) => `${right.split('-')[0]}-null`],
  ['undefined', (right) => `${right.split('-')[0]}-undefined`],
  ['a dash', () => '-'],
  ['a number', () => '7-'],
  ['a number and null', () => '7-null'],
  ['another’s secret', (right) => `${world.bob.id}-${right.split('-')[1]}`],
  ['a person’s id and twelve letters', () => `${world.bob.id}-aaaaaaaaaaaa`],
  ['a letter changed', (right) => `${right.slice(0, -1)}${right.endsWith('a') ? 'b' : 'a'}`],
  ['a letter too much', (right) => `${right}a`],
  ['a letter too few', (right) => right.slice(0, -1)],
  ['three halves', (right) => `${right}-x`],
  ['in capitals', (right) => right.toUpperCase()],
  ['with a blank', (right) => `${right}%20`],
  ['with a line break', (right) => `${right}%0A`],
  ['with a null', (right) => `${right}%00`],
  ['of brackets', () => '[]'],
  ['an object', () => '%7B%22$ne%22:null%7D'],
  ['half an escape', () => '%zz'],
  ['very long', () => `${'a'.repeat(3000)}`],
];
for (const [what, made] of KEYS)
  test.serial(`a key that is ${what} is nobody’s: 401, never a redirect, in JSON or text`, async (t) => {
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['PATCH', '/1'],
      ['PUT', '/1'],
      ['DELETE', '/1'],
      ['POST', '/1/boosts'],
      ['DELETE', '/1/boosts/1'],
    ] as const) {
      const url = `/rooms/${world.team.number}/${made(key)}/messages${path}?bot_key=${key}`;
      const send = (accept: string) =>
        site.client().send(url, { method, headers: { Accept: accept }, ...(method === 'GET' ? {} : { body: 'x' }) });
      const json = await send('*/*');
      isNever(t, json, 401, `${method} ${path}`);
      t.is(json.json().code, 'unauthenticated');
      const text = await send('text/plain');
      isNever(t, text, 401, `${method} ${path}`);
      t.is(text.text, 'This bot key is unknown or was replaced.\n');
      isNever(t, await send('text/html'), 401, 'a browser');
    }
  });

test.serial('campfire: rooms of others, absent rooms and absent messages are all 404', async (t) => {
  const other = await insertGroup(site.core, 'Elsewhere', false);
  await addMember(site.core, world.ann.id, other, world.ann);
  const elsewhere = await said('elsewhere', world.ann, other);
  const here = await said('here');
  const boost = (await call(`/${here}/boosts`, { method: 'POST', body: '👍' })).json<{ id: number }>().id;
  const membership = await site.core.store.memberships.get(world.team.id, world.ann.id);
  await react(site.core, { user: world.ann, group: world.team, membership }, here, '🎉', true);
  const theirs = (await site.core.store.log.head(world.team.id)).seq;
  const another = await said('another');
  const rooms = [other.number, other.slug, 999, 'none', 'system', '0', '-1', '01', '1e0', '99999999999', '%00', 'x'.repeat(500)];
  for (const room of rooms)
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['PATCH', `/${elsewhere}`],
      ['DELETE', `/${elsewhere}`],
      ['POST', `/${elsewhere}/boosts`],
    ] as const) {
      const answer = await site
        .client()
        .send(`/rooms/${room}/${key}/messages${path}`, { method, ...(method === 'GET' ? {} : { body: 'x' }) });
      isNever(t, answer, 404, `${method} ${room} ${path}`);
      t.is(answer.json().detail, 'Not found, or you do not have access.');
    }
  const join = 1; // the first line of the log is no message
  for (const id of [join, boost, 9999, 0, -1, '01', '1.0', 'x', '%20', `${here}x`, '99999999999'])
    for (const [method, path] of [
      ['PATCH', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '/boosts'],
      ['DELETE', `/boosts/${boost}`],
    ] as const)
      isNever(t, await call(`/${id}${path}`, { method, body: 'x' }), 404, `${method} ${id}${path}`);
  for (const id of [theirs, here, join, another, 9999, 'x'])
    isNever(t, await call(`/${here}/boosts/${id}`, { method: 'DELETE' }), 404, `boost ${id}`);
  isNever(t, await call(`/${another}/boosts/${boost}`, { method: 'DELETE' }), 404, 'a boost of another message');
  t.is((await call(`/${here}/boosts/${boost}`, { method: 'DELETE' })).status, 204, 'its own');
});

test.serial('campfire: other methods are 405 with Allow', async (t) => {
  for (const [method, path, allow] of [
    ['DELETE', '', 'GET, POST'],
    ['GET', '/1', 'PATCH, PUT, DELETE'],
    ['POST', '/1', 'PATCH, PUT, DELETE'],
    ['GET', '/1/boosts', 'POST'],
    ['PATCH', '/1/boosts/1', 'DELETE'],
  ] as const) {
    const answer = await call(path, { method, ...(method === 'GET' ? {} : { body: 'x' }) });
    isNever(t, answer, 405, `${method} ${path}`);
    t.is(answer.headers.get('allow'), allow);
  }
});

test.serial('campfire: a room is its number, its slug or a former slug', async (t) => {
  const room = await insertGroup(site.core, 'Old name', false);
  await addMember(site.core, world.ann.id, room, world.echo.user);
  await renameGroup(site.core, world.ann.id, room, 'New name');
  for (const name of [room.number, 'old-name', 'new-name']) {
    const answer = await site.client().send(`/rooms/${name}/${key}/messages`, { method: 'POST', body: `by ${name}` });
    t.is(answer.status, 201);
    t.regex(answer.headers.get('location') ?? '', /\/groups\/new-name\/messages\/\d+$/);
  }
});

test.serial('campfire: an archived room can be read but not written to', async (t) => {
  const room = await insertGroup(site.core, 'Attic', false);
  await addMember(site.core, world.ann.id, room, world.echo.user);
  const base = `/rooms/attic/${key}/messages`;
  t.is((await site.client().send(base, { method: 'POST', body: 'in time' })).status, 201);
  await setArchived(site.core, world.ann.id, room, true);
  t.is((await site.client().send(base, { method: 'POST', body: 'too late' })).status, 403);
  t.deepEqual(
    (await site.client().get(base)).json<CampfireMessage[]>().map(({ body }) => body.plain_text),
    ['in time'],
  );
});

test.serial('campfire: rotating a key, or disabling or removing a bot, takes effect at once', async (t) => {
  const bot = await createBot(site.core, world.ann.id, { name: 'Passing', group: world.team });
  const send = (with_: string) => site.client().send(`/rooms/field-team/${with_}/messages`, { method: 'POST', body: 'here' });
  t.is((await send(bot.campfire)).status, 201);
  const { campfire } = await rotateBot(site.core, world.ann.id, bot.user);
  t.deepEqual([(await send(bot.campfire)).status, (await send(campfire)).status], [401, 201]);
  await removeMember(site.core, world.ann.id, world.team, bot.user);
  t.is((await send(campfire)).status, 404);
  await addMember(site.core, world.ann.id, world.team, bot.user);
  t.is((await send(campfire)).status, 201);
  await revokeBot(site.core, world.ann.id, bot.user);
  t.is((await send(campfire)).status, 401);
  t.is((await site.client().get(`/rooms/field-team/${campfire}/messages`)).status, 401);
});

test.serial('campfire: responses are no-store and no-referrer, and Idempotency-Key works', async (t) => {
  const answers = [await call(), await call('/9999', { method: 'DELETE' }), await site.client().get(`/rooms/1/7-/messages`)];
  for (const { headers } of answers)
    t.deepEqual([headers.get('referrer-policy'), headers.get('cache-control')], ['no-referrer', 'no-store']);
  const once = { method: 'POST', body: 'once', headers: { 'Idempotency-Key': 'k-1' } };
  const [first, again] = [await call('', once), await call('', once)];
  t.deepEqual([first.status, again.status, again.text], [201, 200, '']);
  t.is(again.headers.get('location'), first.headers.get('location'));
  t.is((await call('', { ...once, body: 'twice' })).status, 422);
  t.is((await call('', { ...once, headers: { 'Idempotency-Key': '' } })).status, 400);
});

test.serial("campfire: a message's path redirects members to the message, and nobody else", async (t) => {
  const id = await said('find me');
  for (const room of [world.team.number, 'field-team']) {
    const answer = await ann.get(`/rooms/${room}/@${id}`);
    t.deepEqual([answer.status, answer.headers.get('location')], [303, `/groups/field-team/messages/${id}`]);
    for (const wrong of [9999, 1, 'x', '']) t.is((await ann.get(`/rooms/${room}/@${wrong}`)).status, 404, String(wrong));
  }
  const eve = site.client();
  await eve.form('/login', { name: 'eve', password: PASSWORD });
  for (const room of ['field-team', 'none']) t.is((await eve.get(`/rooms/${room}/@${id}`)).status, 404);
  t.is((await site.client().get(`/rooms/field-team/@${id}`, 'application/json')).status, 401);
});

test.serial('campfire: an edit by its author on the page is shown in its format', async (t) => {
  const id = await said('before');
  const membership = await site.core.store.memberships.get(world.team.id, world.ann.id);
  await edit(site.core, { user: world.ann, group: world.team, membership }, id, 'after');
  t.is((await last())?.body.plain_text, 'after');
});

test('campfire: too many posts get 429 with Retry-After, and later posts succeed', async (t) => {
  const small = await startServerFor(t);
  const { echo } = await makeWorld(small.core);
  const send = () => small.client().send(`/rooms/field-team/${echo.campfire}/messages`, { method: 'POST', body: 'x' });
  const burst = await Promise.all(Array.from({ length: 60 }, send));
  t.true(burst.every(({ status }) => status === 201));
  const refused = await send();
  isNever(t, refused, 429, 'the 61st');
  t.is(refused.headers.get('retry-after'), '1');
  t.is((await small.client().get(`/rooms/field-team/${echo.campfire}/messages`)).status, 200, 'it may read');
  small.clock.turn(1000);
  t.is((await send()).status, 201);
});

test.serial('campfire: a bot written for Campfire reads, boosts, replies and edits', async (t) => {
  const room = await insertGroup(site.core, 'Bots', false);
  await addMember(site.core, world.ann.id, room, world.ann);
  await addMember(site.core, world.ann.id, room, world.echo.user);
  const bot = new RecapBot(site.url, room.number, key);
  t.is(await bot.poll(), 0);
  for (const text of ['one', 'two < three', 'three', 'four']) await said(text, world.ann, room);
  const asked = await said('!recap please', world.ann, room);
  t.is(await bot.poll(), 1);
  t.is(await bot.poll(), 0, 'it does not answer itself, or twice');
  for (let i = 0; i < 50; i += 1) await said(`later ${i}`, world.ann, room);
  await said('!recap', world.ann, room);
  t.is(await bot.poll(), 1, 'over two pages');
  const all = (await ann.get('/groups/bots/messages?limit=200', 'application/json')).json<
    { author: { name: string }; body: string; seq: number; reactions: object[] }[]
  >();
  t.deepEqual(
    all.filter(({ author }) => author.name === 'echo').map(({ body }) => body),
    ['ann: two < three\nann: three\nann: four', 'ann: later 47\nann: later 48\nann: later 49'],
  );
  t.deepEqual(all.find(({ seq }) => seq === asked)?.reactions, [], 'the eyes are taken back');
});
